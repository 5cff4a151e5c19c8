package temporary

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// What a killed agent has left is removed, and nothing that an agent still has, that is new, or
// that is of others.
func TestSweep(t *testing.T) {
	tmp := t.TempDir()
	used, err := New("", tmp, "", 0o700)
	must(t, err)
	defer used.Remove()
	prefix := "mitoplan-temp-" + strconv.Itoa(os.Geteuid()) + "-"
	dead, linked := filepath.Join(tmp, prefix+"dead"), filepath.Join(tmp, prefix+"link")
	must(t, os.MkdirAll(filepath.Join(dead, "x"), 0o700))
	must(t, os.Symlink(dead, linked))
	sweep(tmp, prefix)
	if !isThere(dead) {
		t.Error("a new one was removed")
	}
	sweepOlder(tmp, prefix, 0)
	var left []string
	entries, _ := os.ReadDir(tmp)
	for _, e := range entries {
		left = append(left, filepath.Join(tmp, e.Name()))
	}
	slices.Sort(left)
	if want := slices.Sorted(maps.Keys(map[string]bool{used.Path: true, linked: true})); !slices.Equal(left, want) {
		t.Errorf("left: %q, want %q", left, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isThere(p string) bool {
	_, err := os.Lstat(p)
	return err == nil
}
