package files_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// Directories above a new one that are made with it are named in the change: a plan shows all
// that an apply makes.
func TestDirectoriesAboveAreNamed(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "directory", Args: args{"path": f.Arg("a/b/c"), "mode": "0700"}})
	if got.Op != resource.Create || got.Along == nil || len(got.Along.Entries) != 2 {
		t.Fatalf("the change is %s, and along with it %+v", got.Op, got.Along)
	}
	for k, name := range []string{"a", "a/b"} {
		if e := got.Along.Entries[k]; string(e.Path) != f.At(name) || e.Op != resource.Create || e.After["mode"] != "0755" {
			t.Errorf("along with it %+v is made, want %s with 0755", e, f.At(name))
		}
	}
}
