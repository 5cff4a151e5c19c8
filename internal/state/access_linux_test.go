package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestARecordThatCanNotBeWrittenIsFoundFirst: whatever prevents an apply from
// recording is found by Lock or Ready, which come before the plan.
func TestARecordThatCanNotBeWrittenIsFoundFirst(t *testing.T) {
	const nobody = 65534
	for name, c := range map[string]struct {
		do   func(dir string) error // dir is the directory of the state file
		as   int                    // uid to run as, 0 for that of the test
		want []string
	}{
		"a file in place of the directory": {
			do:   func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
			want: []string{"cannot be there: ", ".mitoplan is a file", "mv "},
		},
		"a directory in place of the state":   {do: directory("state.json"), want: []string{"state.json is a directory"}},
		"a directory in place of the journal": {do: directory("state.journal.jsonl"), want: []string{"state.journal.jsonl is a directory", "mv "}},
		"a directory in place of the backup":  {do: directory("state.json.backup"), want: []string{"state.json.backup is a directory", "mv "}},
		"a directory in place of the lock":    {do: directory("state.lock"), want: []string{"state.lock is a directory", "mv "}},
		"a pipe in place of the lock": {
			do: func(dir string) error {
				return errors.Join(os.MkdirAll(dir, 0o700), syscall.Mkfifo(filepath.Join(dir, "state.lock"), 0o600))
			},
			want: []string{"state.lock is a named pipe"},
		},
		"a directory of another user": {
			do:   func(dir string) error { return os.Mkdir(dir, 0o700) },
			as:   nobody,
			want: []string{"permission denied", ".mitoplan has the mode drwx------"},
		},
		"a directory that nobody may write to, with a lock": {
			do: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "state.lock"), nil, 0o666),
					os.Chmod(filepath.Join(dir, "state.lock"), 0o666))
			},
			as:   nobody,
			want: []string{"cannot be written: permission denied", "has the mode drwxr-xr-x"},
		},
		"a configuration in a directory of another user": {
			do:   func(string) error { return nil },
			as:   nobody,
			want: []string{"cannot be written: permission denied"},
		},
		"a link into the void": {
			do: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o700), os.Symlink("/nonexistent/x", filepath.Join(dir, "state.json")))
			},
			want: []string{"is a link to /nonexistent/x"},
		},
		"nothing":                {do: func(string) error { return nil }},
		"a directory of its own": {do: func(dir string) error { return os.Mkdir(dir, 0o700) }},
	} {
		t.Run(name, func(t *testing.T) {
			if c.as != 0 && os.Getuid() != 0 {
				t.Skip("needs root, to be somebody else")
			}
			dir := filepath.Join(t.TempDir(), ".mitoplan")
			open(t, filepath.Dir(dir))
			if err := c.do(dir); err != nil {
				t.Fatal(err)
			}
			err := as(c.as, func() error { return lockAndReady(t, Open(filepath.Join(dir, "state.json"), "test")) })
			if (err != nil) != (c.want != nil) {
				t.Fatalf("got %v, want a problem with %q", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the problem lacks %q: %v", want, err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
				t.Errorf("these files are left behind: %v", left)
			}
		})
	}
}

// open lets every user look into a directory of the test and reach it.
func open(t *testing.T, dir string) {
	t.Helper()
	for ; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func directory(name string) func(string) error {
	return func(dir string) error { return os.MkdirAll(filepath.Join(dir, name), 0o700) }
}

func lockAndReady(t *testing.T, st *Store) error {
	l, err := st.Lock(t.Context(), Holder{}, 0)
	if err != nil {
		return err
	}
	return errors.Join(st.Ready(), l.Unlock())
}

// as runs f with the rights of another user in the file system, or with the present
// ones if uid is 0. The thread that loses the rights of root ends with the
// goroutine.
func as(uid int, f func() error) error {
	if uid == 0 {
		return f()
	}
	got := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, err := unix.SetfsuidRetUid(uid); err != nil {
			got <- err
			return
		}
		got <- f()
	}()
	return <-got
}

// TestAFullDiskIsSaidSo covers errors that a test cannot provoke without a mount.
func TestAFullDiskIsSaidSo(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "cannot be written: no space left on device. Free space there",
		syscall.EDQUOT: "cannot be written: disk quota exceeded. Free space there",
		syscall.EROFS:  "cannot be written: read-only file system. The file system is mounted read-only.",
		syscall.EIO:    "cannot be written: input/output error.",
	} {
		err := inaccessible("write", "/srv/.mitoplan/state.json", &fs.PathError{Op: "write", Path: "/srv/.mitoplan/.probe-1", Err: errno})
		if err == nil || !strings.HasPrefix(err.Error(), "the file /srv/.mitoplan/state.json "+want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestAReadableRecordIsNeverTakenForNone: a record that may not be read is an
// error. It is not taken for a first apply.
func TestAReadableRecordIsNeverTakenForNone(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be somebody else")
	}
	for _, name := range []string{"state.json", "state.journal.jsonl"} {
		st := newStore(t)
		twoApplies(t, st)
		open(t, filepath.Dir(st.Path()))
		for _, other := range []string{"state.json", "state.journal.jsonl"} {
			if err := os.Chmod(filepath.Join(filepath.Dir(st.Path()), other), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(filepath.Join(filepath.Dir(st.Path()), name), 0o600); err != nil {
			t.Fatal(err)
		}
		err := as(65534, func() error { _, err := st.Load(); return err })
		if err == nil || !strings.Contains(err.Error(), name+" cannot be read: permission denied") || !strings.Contains(err.Error(), "has the mode -rw-------") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
