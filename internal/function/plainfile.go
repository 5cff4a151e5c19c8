package function

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// plainFile is a regular file that is open for reading. A read never blocks until
// somebody else writes. Some streams of the kernel look like a regular file, such as
// /proc/kmsg; a read of one that has nothing to give returns an error.
type plainFile struct {
	fd   int
	size int64
}

// openPlain opens a regular file and refuses anything else.
func openPlain(p kind.Text, follow bool) (*plainFile, error) {
	at, err := reach(string(p), follow)
	if err != nil {
		return nil, explain("path", "read", p, err)
	}
	defer at.close()
	f, err := at.openPlain(p)
	if err != nil {
		return nil, explain("path", "read", p, err)
	}
	return f, nil
}

// openPlain opens a regular file and refuses anything else; p is its path, for messages. It looks at
// the place before it opens it, because opening some devices has an effect. It looks again
// afterwards, because something else may have been put there meanwhile.
func (l place) openPlain(p kind.Text) (*plainFile, error) {
	var st unix.Stat_t
	if err := l.stat(&st); err != nil {
		return nil, err
	}
	if err := plain(p, &st); err != nil {
		return nil, err
	}
	fd, err := l.open(unix.O_RDONLY | noAccessTime)
	if err == unix.EPERM { // only the owner and root may read without that
		fd, err = l.open(unix.O_RDONLY)
	}
	if err != nil {
		return nil, err
	}
	f := &plainFile{fd: fd}
	if err := unix.Fstat(fd, &st); err != nil {
		f.Close()
		return nil, err
	}
	if err := plain(p, &st); err != nil {
		f.Close()
		return nil, err
	}
	f.size = st.Size
	return f, nil
}

// plain returns a problem if something is not a regular file.
func plain(p kind.Text, st *unix.Stat_t) error {
	switch typ := filesystem.TypeOf(uint32(st.Mode)); typ {
	case filesystem.Plain:
		return nil
	case filesystem.Directory:
		return kind.NewProblem("path", kind.CodeNotAFile, "Not a file", "%s is a directory, which has no content. Name a file in it.", string(p))
	default:
		return kind.NewProblem("path", kind.CodeNotAFile, "Not a file", "%s is a %s. Only the content of regular files is read: a pipe or a device might keep the call waiting for ever. If that is meant, use a call of command.", string(p), typ.Noun())
	}
}

// Read implements io.Reader.
func (f *plainFile) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(f.fd, p)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Close implements io.Closer.
func (f *plainFile) Close() error { return unix.Close(f.fd) }
