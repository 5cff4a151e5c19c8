package filesystem_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestCheckPath(t *testing.T) {
	for path, want := range map[kind.Text]string{
		"/":       "",
		"/etc/x":  "",
		"/\xff":   "",
		"":        "The path is empty",
		"~":       `write "${on.home}"`,
		"~/x":     `write "${on.home}/x"`,
		"x":       `"x" could be relative to`,
		"~bob/x":  `"~bob/x" could be relative to`,
		"/a\x00b": "The path contains a zero byte",
	} {
		got := filesystem.CheckPath("dir", path)
		if want == "" {
			if len(got) != 0 {
				t.Errorf("%q: %v", path, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Attr != "dir" || got[0].Code != kind.CodePath || !strings.Contains(got[0].Error(), want) {
			t.Errorf("%q: %v, want %s", path, got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	for mode, want := range map[uint32]string{
		unix.S_IFREG: "file", unix.S_IFDIR: "directory", unix.S_IFLNK: "link", unix.S_IFIFO: "pipe",
		unix.S_IFSOCK: "socket", unix.S_IFBLK: "block device", unix.S_IFCHR: "character device", 0: "special file",
	} {
		if got := filesystem.TypeOf(mode | 0o644).Noun(); got != want {
			t.Errorf("%o is a %q, want %q", mode, got, want)
		}
	}
}

// For each error of the system that a person can act on, the problem has the code of
// the cause, names the argument and the path, and says which operation failed.
func TestExplain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		path string
		code kind.Code
		want string
	}{
		{syscall.EACCES, file, kind.CodePermission, "may change " + file},
		{syscall.EPERM, file, kind.CodePermission, "may change " + file},
		{syscall.EACCES, filepath.Join(dir, "none"), kind.CodePermission, "may change " + filepath.Join(dir, "none")},
		{syscall.ENOTDIR, file + "/x", kind.CodeNotADirectory, file + " is a file, so there can be no " + file + "/x in it."},
		{syscall.ELOOP, file, kind.CodeLinkLoop, "lead to each other"},
		{syscall.ENAMETOOLONG, file, kind.CodeNameTooLong, "bytes. Systems allow 4096 for a path"},
		{syscall.EROFS, file, kind.CodeReadOnly, "Cannot change " + file},
		{syscall.ENOSPC, file, kind.CodeNoSpace, "Free some space"},
		{syscall.EDQUOT, file, kind.CodeNoSpace, "Raise the quota"},
		{syscall.EMFILE, file, kind.CodeSystem, "see ulimit -n"},
		{syscall.EBUSY, file, kind.CodeBusy, "Unmount it first."},
		{syscall.ENOTDIR, file, kind.CodeNotADirectory, file + " is a file and no directory."},
		{syscall.ETXTBSY, file, kind.CodeBusy, "Stop the program"},
		{syscall.EISDIR, file, kind.CodeInTheWay, "Remove it"},
		{syscall.ENOTEMPTY, file, kind.CodeNotEmpty, "set recurse"},
	} {
		p := filesystem.Explain("path", "change", c.path, &os.PathError{Op: "open", Path: c.path, Err: c.err})
		if p == nil || p.Attr != "path" || p.Code != c.code || !strings.Contains(strings.ReplaceAll(p.Detail, "may not", "may"), strings.ReplaceAll(c.want, "may not", "may")) {
			t.Errorf("%v: %v, want %s", c.err, p, c.want)
		}
	}
	for _, err := range []error{syscall.ENOENT, syscall.EIO, errors.New("odd")} {
		if p := filesystem.Explain("path", "change", file, err); p != nil {
			t.Errorf("%v: %v", err, p)
		}
	}
	for _, err := range []error{syscall.EIO, errors.New("odd")} {
		if p := filesystem.Unexplained("path", "read", file, err); p.Code != kind.CodeSystem || !strings.Contains(p.Detail, "Cannot read "+file) {
			t.Errorf("%v: %v", err, p)
		}
	}
}

// If something is missing, the message names the first missing part of the path, or the
// link that leads nowhere.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("gone", filepath.Join(dir, "l")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"x":   dir + "/x does not exist. Ask.",
		"x/y": dir + "/x/y does not exist: there is no " + dir + "/x. Ask.",
		"l":   dir + "/l is a link to gone, which does not exist. Ask.",
	} {
		if p := filesystem.Missing("path", filepath.Join(dir, name), " Ask."); p.Code != kind.CodeMissing || p.Detail != want {
			t.Errorf("%s: %q, want %q", name, p.Detail, want)
		}
	}
}
