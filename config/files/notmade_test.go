package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWhyAFileIsNotMade holds that what the system refuses is said of the directory that
// is to blame, and never with the path.
func TestWhyAFileIsNotMade(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "plain"), 1)
	makes := func(path string) error {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			f.Close()
		}
		return err
	}
	for path, c := range map[string]struct {
		err  error // nil: what the system says
		want string
	}{
		dir + "/no/x":                          {nil, "its directory does not exist. Make it first"},
		dir + "/plain/x":                       {nil, "its directory is, or would be in, a file"},
		dir:                                    {nil, "it is a directory"},
		dir + "/" + strings.Repeat("x", 300):   {nil, "its name is too long"},
		dir + "/kernel":                        {&fs.PathError{Op: "open", Path: dir + "/kernel", Err: syscall.ENOENT}, "which is the kernel's"},
		dir + "/read-only":                     {&fs.PathError{Op: "open", Path: dir + "/read-only", Err: syscall.EROFS}, "is mounted read-only"},
		dir + "/full":                          {&fs.PathError{Op: "open", Path: dir + "/full", Err: syscall.ENOSPC}, "no space left on device. Free some space"},
		dir + "/denied":                        {&fs.PathError{Op: "open", Path: dir + "/denied", Err: syscall.EACCES}, "may make files in its directory"},
		dir + "/anything that nobody knows of": {errors.New("odd"), "odd"},
	} {
		err := c.err
		if err == nil {
			err = makes(path)
		}
		if got := NotMade(path, err); !strings.Contains(got, c.want) || strings.Contains(got, dir) {
			t.Errorf("of %v it says %q, want %q", err, got, c.want)
		}
	}
	if err := makes("/proc/x"); errors.Is(err, fs.ErrNotExist) { // on Linux
		if got := NotMade("/proc/x", err); !strings.Contains(got, "which is the kernel's") {
			t.Errorf("of /proc it says %q", got)
		}
	}
}
