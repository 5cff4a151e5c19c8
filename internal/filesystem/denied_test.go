//go:build unix

package filesystem_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// If the directory of a file forbids a change, the message names the directory. It does
// not name the owner and mode of the file, which have no part in it. The error of the
// system names the directory, or a temporary file that would have been made in it.
func TestTheDirectoryIsToBlame(t *testing.T) {
	if os.Geteuid() == 0 {
		dir, err := os.MkdirTemp("", "plain")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		childtest.RunAsPlainUser(t, dir) // Root may do everything.
		return
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	ofDir := fmt.Sprintf("the directory %s belongs to user %d", dir, os.Geteuid())
	ofFile := fmt.Sprintf("it belongs to user %d", os.Geteuid())
	for name, c := range map[string]struct {
		err        error
		says, mode string
	}{
		"the directory":         {&os.PathError{Op: "write in", Path: dir, Err: syscall.EACCES}, ofDir, "0555"},
		"a temporary file":      {&os.PathError{Op: "open", Path: filepath.Join(dir, ".mitoplan-x.tmp"), Err: syscall.EACCES}, ofDir, "0555"},
		"a rename":              {&os.LinkError{Op: "rename", Old: file, New: filepath.Join(dir, "f.bak"), Err: syscall.EACCES}, ofDir, "0555"},
		"the file":              {&os.PathError{Op: "open", Path: file, Err: syscall.EACCES}, ofFile, "0640"},
		"another owner":         {&os.PathError{Op: "chown", Path: filepath.Join(dir, ".mitoplan-x.tmp"), Err: syscall.EPERM}, ofFile, "0640"},
		"the file, by a number": {syscall.EPERM, ofFile, "0640"},
	} {
		p := filesystem.Explain("path", "change", file, c.err)
		if p == nil || !strings.Contains(p.Detail, c.says) || !strings.Contains(p.Detail, c.mode) {
			t.Errorf("%s: %v, want %s and %s", name, p, c.says, c.mode)
		}
	}
}
