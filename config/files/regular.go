package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// MaxSize is the most bytes that are read of a file into a value: more could not be
// sent to a host, whose arguments go in one message of at most transport.MaxMessage.
// The rest of the message is for what else is in it. A Source has no such bound.
const MaxSize = 63 << 20

// ReadRegular returns the content of a regular file of at most limit bytes. What
// has no end, such as a device or a pipe, is refused before it is opened.
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("it is larger than %d MiB, the most that this version of mitoplan reads and sends", limit>>20)
	}
	return b.Bytes(), nil
}

// openRegular opens a regular file, and nothing else.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	// Somebody may put a pipe there now, which would be waited for without end.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return sameFile(f, info)
}

// sameFile is an open file that is the one that was looked at before, and closes any other.
func sameFile(f *os.File, was fs.FileInfo) (*os.File, error) {
	now, err := f.Stat()
	if err == nil && (!now.Mode().IsRegular() || !os.SameFile(now, was)) {
		err = errWritten
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Cause is an error of package os without the operation and the path, which the
// message around it names already.
func Cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// ExpandHome puts the home directory of the user in the place of a ~ at the
// beginning of a path. Other paths come back as they are.
func ExpandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home directory for %s: %w", path, err)
	}
	return filepath.Join(home, path[1:]), nil
}
