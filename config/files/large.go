package files

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Large names a file that is too long to be kept: by what it held when it was read.
type Large struct {
	Sum  [sha256.Size]byte // SHA-256
	Size int64             // bytes
}

// Opener opens a large file from an offset on. Any goroutine may call it, several at
// once. The error of a file that is not what was named is a *ChangedError; so may be
// that of the last Read.
type Opener func(offset int64) (io.ReadCloser, error)

// ChangedError is a large file that is not any more what it was when it was named.
type ChangedError struct {
	Was Large
	// Now is what is there. Its Sum is zero if only the time or the length was looked
	// at. At is when it was last written.
	Now Large
	At  time.Time
}

func (e *ChangedError) Error() string {
	at := e.At.Format("2006-01-02 15:04:05 -0700")
	switch {
	case e.Now.Size != e.Was.Size:
		return fmt.Sprintf("it has changed: it had %d bytes when it was read for the plan, and has %d now, written at %s", e.Was.Size, e.Now.Size, at)
	case e.Now.Sum != [sha256.Size]byte{}:
		return fmt.Sprintf("it has changed: its SHA-256 was %x when it was read for the plan, and is %x now, written at %s", e.Was.Sum, e.Now.Sum, at)
	}
	return fmt.Sprintf("it has changed since it was read for the plan: it was written again, at %s", at)
}

// large is what a Reader knows of a large file.
type large struct {
	Large
	open    Opener // nil of a file whose name the plan file does not have, until it is read
	written time.Time
}

// confirmed opens what is there now, if it is what a plan file names.
func (l Large) confirmed(now *large, err error) (Opener, error) {
	switch {
	case errors.Is(err, errWatch):
		return nil, err // nothing was found out
	case err != nil:
		return nil, fmt.Errorf("%w. The plan file has only its name: when the plan was made it had %d bytes, and its SHA-256 was %x. Bring that file back, or make a new plan, with -bundle if the plan should hold it", Cause(err), l.Size, l.Sum)
	case now.Large != l:
		return nil, fmt.Errorf("%w. The plan file has only its name. Bring that file back, or make a new plan, with -bundle if the plan should hold it", &ChangedError{Was: l, Now: now.Large, At: now.written})
	}
	return now.open, nil
}

// errWatch is an end of the reading that is not the file's fault.
var errWatch = errors.New("interrupted")

var errWritten = errors.New("it was written while it was read. Wait until whoever writes it is done")

// identity tells whether a file is still the same, and has not been written since.
type identity struct {
	dev, ino     uint64
	size         int64
	mtime, ctime unix.Timespec
}

func identityOf(f *os.File) (identity, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return identity{}, err
	}
	return identity{uint64(st.Dev), st.Ino, st.Size, st.Mtim, st.Ctim}, nil
}

// changed compares what a file is with what it was.
func (id identity) changed(f *os.File, was Large) error {
	now, err := identityOf(f)
	if err != nil || now == id {
		return err
	}
	return &ChangedError{Was: was, Now: Large{Size: now.size}, At: time.Unix(now.mtime.Unix())}
}

// nameFile reads a file once, in little memory. A file that is written meanwhile is an
// error. tell is called all the time, and may end it with an error.
func nameFile(path string, tell func(done, of int64) error) (*large, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	id, err := identityOf(f)
	if err != nil {
		return nil, err
	}
	sum, buf, n := sha256.New(), make([]byte, 1<<20), int64(0)
	for err == nil {
		var k int
		k, err = f.Read(buf)
		sum.Write(buf[:k])
		if n += int64(k); n > id.size {
			return nil, errWritten
		}
		if told := tell(n, id.size); told != nil {
			return nil, fmt.Errorf("%w: %w", errWatch, told)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	was := Large{[sha256.Size]byte(sum.Sum(nil)), n}
	if changed := (*ChangedError)(nil); errors.As(id.changed(f, was), &changed) || n != id.size {
		return nil, errWritten
	}
	return &large{Large: was, open: id.opener(path, was), written: time.Unix(id.mtime.Unix())}, nil
}

// opener opens the file that has been named, and no other.
func (id identity) opener(path string, was Large) Opener {
	return func(offset int64) (io.ReadCloser, error) {
		f, err := openRegular(path)
		if err == nil {
			err = id.changed(f, was)
		}
		if err == nil {
			_, err = f.Seek(offset, io.SeekStart)
		}
		if err != nil {
			if f != nil {
				f.Close()
			}
			return nil, err
		}
		return &largeReader{f, id, was}, nil
	}
}

// largeReader reads a large file that does not change meanwhile.
type largeReader struct {
	file *os.File // not embedded: no other method of it may read past Read
	id   identity
	was  Large
}

// Close closes the file.
func (r *largeReader) Close() error { return r.file.Close() }

// Read gives a *ChangedError in place of io.EOF if the file was written meanwhile.
func (r *largeReader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	if err == io.EOF {
		if changed := r.id.changed(r.file, r.was); changed != nil {
			err = changed
		}
	}
	return n, err
}
