package filesystem_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// TestWaysThroughProc: what a process has open is not where the target of its link in /proc says,
// which is a name for people. All other links of /proc lead on as everywhere.
func TestWaysThroughProc(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Rename(dir+".away", dir) })
	own := "/proc/" + strconv.Itoa(os.Getpid())
	open := "/fd/" + strconv.Itoa(int(d.Fd()))
	for p, want := range map[string]string{
		"/proc/self" + open + "/f": own + open + "/f",
		"/proc/mounts":             own + "/mounts",
	} {
		if got, err := filesystem.Resolve(p, true, filesystem.Look); err != nil || got != want {
			t.Errorf("%s leads to %s, %v, want %s", p, got, err, want)
		}
	}
	held, err := filesystem.OpenDirectory(own + open)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := os.Lstat(filesystem.Through(held) + "/f"); err != nil {
		t.Error(err)
	}
}
