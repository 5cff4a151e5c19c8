package resource

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWhatIsSyncedLater holds that each file system on which something new is gets synced in the
// end, and that no other is opened for that, such as one that is mounted there and excluded.
func TestWhatIsSyncedLater(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"used", "excluded"} {
		at := filepath.Join(dir, name)
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("test", at, "tmpfs", 0, "size=1m"); err != nil {
			t.Skipf("nothing can be mounted here: %v", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	}
	m := NewMachine(Options{})
	later := func(path string) (is bool) {
		t.Helper()
		if err := m.in(filepath.Join(dir, path), func(p anchored) error { is = m.syncsLater(p); return nil }); err != nil {
			t.Fatal(err)
		}
		return is
	}
	if later("a") {
		t.Error("nobody syncs it later")
	}
	m.syncLater(dir, true)
	if !later("a") || !later("b") || !later("used/c") {
		t.Error("what is new is synced by itself")
	}
	if n := len(m.later[dir].on); n != 2 {
		t.Errorf("%d file systems are synced in the end, want 2", n)
	}
	if err := m.syncAll(dir); err != nil {
		t.Error(err)
	}
	l := m.later[dir]
	if l.notes(filepath.Join(dir, "none")) {
		t.Error("a directory that cannot be opened is synced later")
	}
	m.syncLater(dir, false)
	if len(m.later) > 0 {
		t.Error("it goes on after the end")
	}
	for _, f := range l.on {
		if _, err := f.Stat(); err == nil {
			t.Errorf("%s is still open", f.Name())
		}
	}
}
