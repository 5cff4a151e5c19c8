package resource

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A new home directory is a copy of the skeleton: files, directories and links with
// their modes, and no pipe. It gets its name when it is complete. If the copy
// fails, nothing of it is left.
func TestCopyOfADirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	from := t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(from, "file"), []byte("content"), 0o640),
		os.Mkdir(filepath.Join(from, "dir"), 0o710), os.WriteFile(filepath.Join(from, "dir", "deep"), []byte("deep"), 0o600),
		os.Symlink("dir/deep", filepath.Join(from, "link")), unix.Mkfifo(filepath.Join(from, "pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	id, mode := int64(54321), int64(0o700)
	want := Meta{UID: &id, GID: &id, Mode: &mode}
	for name, c := range map[string]struct {
		from  string
		ended bool
		files []string
	}{
		"all of it":       {from, false, []string{"dir", "dir/deep", "file", "link"}},
		"nothing to copy": {filepath.Join(from, "none"), false, nil},
		"cancelled":       {from, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if c.ended {
				cancel()
			}
			defer cancel()
			above := t.TempDir()
			to := filepath.Join(above, "home")
			err := NewMachine(Options{}).copyDir(ctx, c.from, to, want)
			if c.ended {
				left, _ := os.ReadDir(above)
				if !errors.Is(err, context.Canceled) || len(left) != 0 {
					t.Errorf("the copy ended with %v and left %v, want that it was cancelled and nothing", err, left)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			_ = filepath.WalkDir(to, func(p string, d os.DirEntry, err error) error {
				var st unix.Stat_t
				if err := errors.Join(err, unix.Lstat(p, &st)); err != nil || st.Uid != 54321 || st.Gid != 54321 {
					t.Errorf("%s belongs to %d and %d, %v", p, st.Uid, st.Gid, err)
				}
				if rel, _ := filepath.Rel(to, p); rel != "." {
					got = append(got, rel)
				}
				return nil
			})
			if len(got) != len(c.files) {
				t.Errorf("the copy holds %v, want %v", got, c.files)
			}
			for rel, mode := range map[string]os.FileMode{"file": 0o640, "dir": 0o710, "dir/deep": 0o600} {
				if fi, err := os.Lstat(filepath.Join(to, rel)); c.files != nil && (err != nil || fi.Mode().Perm() != mode) {
					t.Errorf("%s has %v, %v", rel, fi, err)
				}
			}
		})
	}
	to := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := NewMachine(Options{}).copyDir(t.Context(), from, to, want); err == nil {
		t.Error("the copy replaced a directory that was there")
	}
}
