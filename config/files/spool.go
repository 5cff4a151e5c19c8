package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// spool holds what the files of an archive hold, in its order: little of it in memory, and much in
// a temporary file without a name, which is gone with this process. It is written first, and then
// any goroutine may read it.
type spool struct {
	most int64 // bytes
	size int64
	data []byte
	file *os.File
}

var errUnpacked = fmt.Errorf("what it holds is more than %d GiB, the most that this version of mitoplan takes. Unpack it, and name the directory with the kind directory_sync", maxUnpacked>>30)

func (s *spool) Write(p []byte) (int, error) {
	if int64(len(p)) > s.most-s.size {
		return 0, errUnpacked
	}
	if s.file == nil && s.size+int64(len(p)) > Kept {
		if err := s.onDisk(); err != nil {
			return 0, err
		}
	}
	s.size += int64(len(p))
	if s.file == nil {
		s.data = append(s.data, p...)
		return len(p), nil
	}
	n, err := s.file.Write(p)
	return n, noSpool(err)
}

// onDisk moves what is in memory into a file.
func (s *spool) onDisk() error {
	f, err := os.CreateTemp("", "mitoplan-archive-")
	if err != nil {
		return noSpool(err)
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = f.Write(s.data)
	}
	if err != nil {
		f.Close()
		return noSpool(err)
	}
	s.file, s.data = f, nil // it is closed when nobody has it any more
	return nil
}

// close gives the file back. Nothing is read any more.
func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// noSpool says that it is not the archive that is wrong.
func noSpool(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the contents cannot be put into a temporary file of the machine that mitoplan runs on (TMPDIR or /tmp): %w", err)
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	return bytes.NewReader(s.data).ReadAt(p, at)
}

// spooledFile is where in a spool and where in the contents of a tree a file begins, and its
// length, which is not 0.
type spooledFile struct{ from, at, size int64 }

// spooled are the contents of a tree that are in a spool.
type spooled struct {
	from  *spool
	files []spooledFile
	size  int64
}

func (c *spooled) open(offset int64) io.ReadCloser {
	first, _ := slices.BinarySearchFunc(c.files, offset, func(f spooledFile, at int64) int {
		if f.at+f.size <= at {
			return -1
		}
		return 1
	})
	return &spooledReader{c.from, c.files[first:], offset}
}

// spooledReader reads them, one file after the other.
type spooledReader struct {
	from *spool
	rest []spooledFile
	at   int64
}

func (r *spooledReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	f := r.rest[0]
	done := r.at - f.at
	n, err := r.from.ReadAt(p[:min(int64(len(p)), f.size-done)], f.from+done)
	if r.at += int64(n); r.at == f.at+f.size {
		r.rest = r.rest[1:]
		return n, nil
	}
	if errors.Is(err, io.EOF) && n > 0 {
		err = nil
	} else if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (*spooledReader) Close() error { return nil }
