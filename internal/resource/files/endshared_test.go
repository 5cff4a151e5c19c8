package files_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// What is at two paths by a bind mount goes with neither while a block manages the other. Hard
// links, and files of the same name, are others: they go.
func TestEndsLeaveWhatIsAtAnotherPathToo(t *testing.T) {
	kinds := map[string]map[string]any{
		"file": {}, "directory": {}, "link": {"target": text("y")}, "line": {"line": text("ours")},
	}
	put := map[string]func(at string) error{
		"file":      func(at string) error { return os.WriteFile(at, []byte("ours\n"), 0o644) },
		"line":      func(at string) error { return os.WriteFile(at, []byte("ours\n"), 0o644) },
		"directory": func(at string) error { return os.Mkdir(at, 0o755) },
		"link":      func(at string) error { return os.Symlink("y", at) },
	}
	for name, more := range kinds {
		for how, c := range map[string]struct {
			with  func(t *testing.T, f testDir)
			other string
			stays bool
		}{
			"its directory is there, too":   {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))); f.Bind(t, "a", "b") }, "b/x", true},
			"its path is written otherwise": {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))); f.Bind(t, "a", "b") }, "b/../b/x", true},
			"it is mounted by itself": {func(t *testing.T, f testDir) {
				must(t, put[name](f.At("a/x")))
				must(t, put[name](f.At("b/x")))
				f.Bind(t, "a/x", "b/x")
			}, "b/x", true},
			"it is mounted under another name": {func(t *testing.T, f testDir) {
				must(t, put[name](f.At("a/x")))
				must(t, put[name](f.At("b/X")))
				f.Bind(t, "a/x", "b/X")
			}, "b/X", true},
			"one of two names is there, too": {func(t *testing.T, f testDir) {
				must(t, put[name](f.At("a/x")))
				_ = os.Link(f.At("a/x"), f.At("a/y"))
				f.Bind(t, "a", "b")
			}, "b/x", true},
			"another of the same name":          {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))); must(t, put[name](f.At("b/x"))) }, "b/x", false},
			"the other is in upper case":        {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))); must(t, put[name](f.At("a/X"))) }, "a/X", false},
			"nothing is at the other":           {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))) }, "b/x", false},
			"the directory of the other is not": {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))) }, "c/x", false},
			"a hard link":                       {func(t *testing.T, f testDir) { must(t, put[name](f.At("a/x"))); _ = os.Link(f.At("a/x"), f.At("b/x")) }, "b/x", false},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				if name == "link" && (how == "it is mounted by itself" || how == "it is mounted under another name") {
					t.Skip("a mount follows links")
				}
				if name == "line" && how == "a hard link" {
					t.Skip("it asks what becomes of the other name: see links")
				}
				root, err := filepath.EvalSymlinks(t.TempDir())
				must(t, err)
				f := testDir{Path: root}
				must(t, os.Mkdir(f.At("a"), 0o755))
				must(t, os.Mkdir(f.At("b"), 0o755))
				c.with(t, f)
				given := map[string]any{"path": text(f.At("a/x"))}
				maps.Copy(given, more)
				end := &resource.End{Thing: kind.PathThing(f.At("a/x")), Others: []kind.Text{kind.Text(f.At(c.other))}}
				if c.stays {
					before := resourcetest.Tree(t, root, true)
					checkStays(t, name, given, end)
					if after := resourcetest.Tree(t, root, true); !maps.Equal(before, after) {
						t.Errorf("before\n%v\nafter\n%v", before, after)
					}
					return
				}
				s, e := newService(), ending{Kind: name, Args: given, End: *end}
				change, err := e.Check(t, s, "a")
				if must(t, err); change.Op == resource.NoOp {
					t.Fatalf("it stays: %v", change.Stays)
				}
				must(t, e.Apply(t, s, change.Fingerprint))
			})
		}
	}
}
