package resourcetest

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"
)

// Dir is the directory of one case, in which its files are named by their paths from there.
// It is emptied before each test of the case.
type Dir struct{ Path string }

// NewDir returns a directory that the end of the test removes. Empty makes it.
func NewDir(t *testing.T) Dir {
	return Dir{filepath.Join(t.TempDir(), "f")}
}

// At returns the absolute path of a name in the directory.
func (f Dir) At(name string) string { return filepath.Join(f.Path, name) }

// Arg returns At as an argument goes over the wire.
func (f Dir) Arg(name string) cbor.ByteString { return Text(f.At(name)) }

// Empty makes the directory anew.
func (f Dir) Empty(t *testing.T) {
	Must(t, os.RemoveAll(f.Path))
	Must(t, os.Mkdir(f.Path, 0o755))
}

// Write writes a file.
func (f Dir) Write(t *testing.T, name, content string, mode os.FileMode) {
	Must(t, os.WriteFile(f.At(name), []byte(content), 0o600))
	Must(t, os.Chmod(f.At(name), mode))
}

// backupTime is the time in the name of a backup.
var backupTime = regexp.MustCompile(`\.\d{8}T\d{6}\.\d{9}Z\.bak$`)

// Snapshot returns what is in the directory. All backups have the same name in it,
// whenever they were made.
func (f Dir) Snapshot(t *testing.T, times bool) map[string]string {
	out := map[string]string{}
	for name, is := range Tree(t, f.Path, times) {
		out[backupTime.ReplaceAllString(name, ".TIME.bak")] = is
	}
	return out
}

// Kept returns the contents of the backups of a file.
func (f Dir) Kept(t *testing.T, name string) []string {
	t.Helper()
	names, err := filepath.Glob(f.At(name) + ".*.bak")
	Must(t, err)
	var out []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		Must(t, err)
		out = append(out, string(b))
	}
	return out
}

// Gone holds that nothing is at a path.
func (f Dir) Gone(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Lstat(f.At(name)); err == nil {
		t.Errorf("%s is still there", name)
	}
}

// NothingLeft holds that no temporary file is left anywhere below the directory.
func (f Dir) NothingLeft(t *testing.T) {
	t.Helper()
	Must(t, filepath.WalkDir(f.Path, func(p string, _ os.DirEntry, err error) error {
		if ok, _ := filepath.Match(".mitoplan-*", filepath.Base(p)); ok {
			t.Errorf("%s is left", p)
		}
		return err
	}))
}

// Holds holds what is in a file, and its mode.
func (f Dir) Holds(t *testing.T, name, want string, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(f.At(name))
	Must(t, err)
	if string(b) != want {
		t.Errorf("%s holds %q, want %q", name, b, want)
	}
	st, err := os.Lstat(f.At(name))
	Must(t, err)
	if st.Mode() != mode {
		t.Errorf("%s has the permissions %v, want %v", name, st.Mode(), mode)
	}
}

// HasMode holds the type and the permissions of what is at a path itself.
func (f Dir) HasMode(t *testing.T, name string, want os.FileMode) {
	t.Helper()
	st, err := os.Lstat(f.At(name))
	Must(t, err)
	if st.Mode() != want {
		t.Errorf("%s is %v, want %v", name, st.Mode(), want)
	}
}

// HasGroup holds the group of what is at a path itself, for tests that root runs.
func (f Dir) HasGroup(t *testing.T, name string, want uint32) {
	t.Helper()
	st, err := os.Lstat(f.At(name))
	Must(t, err)
	if got := st.Sys().(*syscall.Stat_t).Gid; got != want && os.Geteuid() == 0 {
		t.Errorf("%s belongs to group %d, want %d", name, got, want)
	}
}

// Owned holds who owns what is at a path itself, for tests that root runs.
func (f Dir) Owned(t *testing.T, name string, uid, gid uint32) {
	t.Helper()
	st, err := os.Lstat(f.At(name))
	Must(t, err)
	if is := st.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && (is.Uid != uid || is.Gid != gid) {
		t.Errorf("%s belongs to %d:%d, want %d:%d", name, is.Uid, is.Gid, uid, gid)
	}
}

// Leads holds where a link leads.
func (f Dir) Leads(t *testing.T, name, want string) {
	t.Helper()
	if to, err := os.Readlink(f.At(name)); err != nil || to != want {
		t.Errorf("%s leads to %q, want %q: %v", name, to, want, err)
	}
}

// Inode returns the number of a file. Writing in place keeps it.
func (f Dir) Inode(t *testing.T, name string) uint64 {
	t.Helper()
	var st unix.Stat_t
	Must(t, unix.Lstat(f.At(name), &st))
	return st.Ino
}

// On returns the arguments of a block whose path is a name in the directory of its case.
func On(path string, more Args) func(Dir) Args {
	return func(f Dir) Args {
		out := Args{"path": f.Arg(path)}
		for name, v := range more {
			out[name] = v
		}
		return out
	}
}

// PlainFile makes the file x with the lines a and b.
func PlainFile(t *testing.T, f Dir) { f.Write(t, "x", "a\nb\n", 0o644) }

// Linked makes that file, and l, which leads to it.
func Linked(t *testing.T, f Dir) {
	PlainFile(t, f)
	Must(t, os.Symlink("x", f.At("l")))
}
