package resource_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Names of files need not be UTF-8, but every text on the wire is. So answers about
// such files are escaped, and a later check still sees what an earlier action does
// to them.
func TestNamesThatAreNoText(t *testing.T) {
	f := newTestDir(t)
	for _, c := range []struct {
		name, kind string
		args       args
	}{
		{"through a link", "file", args{"path": f.Arg("link"), "content": text("new\n"), "follow": true}},
		{"an edit through a link", "line", args{"path": f.Arg("link"), "line": text("new")}},
		{"a link replaced", "file", args{"path": f.Arg("link"), "content": text("new\n"), "force": true}},
		{"below a linked directory", "file", args{"path": f.Arg("in/x"), "content": text("new\n")}},
		{"recursive mode", "directory", args{"path": f.Arg(""), "mode": "u=rwX,go=", "recurse": true}},
		{"recursive removal", "directory", args{"path": f.Arg(""), "state": "absent", "recurse": true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.Empty(t)
			must(t, os.WriteFile(f.At("caf\xe9"), []byte("old\n"), 0o644))
			must(t, mkdir(f.At("d\xff")))
			must(t, os.Symlink("caf\xe9", f.At("link")))
			must(t, os.Symlink(f.At("d\xff"), f.At("in")))
			s := newService()
			change := mustCheck(t, s, "p", step{Address: "a", Kind: c.kind, Args: c.args})
			wire, err := cbor.Marshal(change)
			must(t, err)
			must(t, cbor.Unmarshal(wire, &resource.Change{}))
			for _, e := range change.Effects {
				if p, _ := e.Thing.Path(); !utf8.ValidString(string(e.Thing)) || !strings.HasPrefix(p, f.Path) {
					t.Errorf("an effect is on the thing %q, which is no text or not in the directory", e.Thing)
				}
			}
			after := mustCheck(t, s, "p", step{Address: "b", Kind: c.kind, Args: c.args, After: []string{"a"}})
			if after.Op != resource.NoOp {
				t.Errorf("the second check does not see the first: %s, %+v", after.Op, after.Along)
			}
			must(t, apply(t, s, c.kind, c.args))
			if got := mustCheck(t, s, "q", step{Address: "a", Kind: c.kind, Args: c.args}); got.Op != resource.NoOp {
				t.Errorf("after the apply the check says %s, want no-op", got.Op)
			}
		})
	}
}

// A problem that quotes such a name is valid UTF-8.
func TestProblemsAreText(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Symlink(f.At("\xe9\ufffd"), f.At("link")))
	must(t, mkdir(f.At("\xe9\ufffd")))
	_, err := check(t, newService(), "p", step{Address: "a", Kind: "line", Args: args{"path": f.Arg("link"), "line": text("x")}})
	var p *kind.Problem
	if !errors.As(err, &p) || !strings.Contains(p.Detail, "/\\xE9\ufffd") || !utf8.ValidString(p.Detail) {
		t.Errorf("got %q", err)
	}
}
