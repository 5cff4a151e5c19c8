package resource_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// removals are directories in which something is mounted or not. Each row says what
// becomes of removing the directory with everything in it.
var removals = []struct {
	name  string
	setup func(t *testing.T, f testDir)
	code  kind.Code // of the problem; "" where it is removed
}{
	{"nothing is mounted", func(t *testing.T, f testDir) {}, ""},
	{"a directory of the same file system", func(t *testing.T, f testDir) { f.Bind(t, "other", "d/deep/er") }, "busy"},
	{"a file of the same file system", func(t *testing.T, f testDir) { f.Bind(t, "other/x", "d/deep/file") }, "busy"},
	{"another file system", func(t *testing.T, f testDir) { f.Tmpfs(t, "d/deep/er") }, "busy"},
	{"a name with blanks", func(t *testing.T, f testDir) {
		must(t, mkdir(f.At("d/a b\\c\n")))
		f.Tmpfs(t, "d/a b\\c\n")
	}, "busy"},
	{"the directory itself", func(t *testing.T, f testDir) { f.Bind(t, "other", "d") }, "busy"},
	{"beside it", func(t *testing.T, f testDir) {
		must(t, mkdir(f.At("d2")))
		f.Tmpfs(t, "d2")
	}, ""},
	{"a mount that another one covers", func(t *testing.T, f testDir) {
		f.Tmpfs(t, "top")
		must(t, os.MkdirAll(f.At("top/d/in"), 0o755))
		f.Tmpfs(t, "top/d/in")
		f.Tmpfs(t, "top")
		must(t, os.MkdirAll(f.At("top/d/in/x"), 0o755))
	}, ""},
	{"an overlay with other devices for files than for directories", func(t *testing.T, f testDir) {
		f.Tmpfs(t, "top")
		for _, dir := range []string{"lower/d/in", "top/upper", "top/work", "top/merged"} {
			must(t, os.MkdirAll(f.At(dir), 0o755))
		}
		f.Write(t, "lower/d/in/x", "below", 0o644)
		mount(t, "test", f.At("top/merged"), "overlay", 0, fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", f.At("lower"), f.At("top/upper"), f.At("top/work")))
		f.Write(t, "top/merged/d/in/y", "above", 0o644)
	}, ""},
}

// A directory in which something is mounted is not removed, even if it is a bind
// mount of the same file system. A different device number alone does not prevent
// the removal. The check finds the mount. If the system has no list of mounts, the
// apply finds it.
func TestRemovingWhereSomethingIsMounted(t *testing.T) {
	for _, list := range []string{"", "/no/list"} {
		for _, c := range removals {
			t.Run(c.name+list, func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				must(t, os.MkdirAll(f.At("d/deep/er"), 0o755))
				must(t, os.MkdirAll(f.At("other"), 0o755))
				must(t, os.MkdirAll(f.At("top"), 0o755))
				f.Write(t, "d/deep/file", "", 0o644)
				f.Write(t, "other/x", "kept", 0o644)
				c.setup(t, f)
				dir := f.At("d")
				for _, at := range []string{"top/merged/d", "top/d"} {
					if _, err := os.Stat(f.At(at)); err == nil {
						dir = f.At(at)
						break
					}
				}
				a := args{"path": text(dir), "state": "absent", "recurse": true}
				s := resource.NewService(resource.NewMachine(resource.Options{Mounts: list}), kinds.Lookup)
				_, checked := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "directory", Args: resourcetest.Encode(t, a)})
				applied := apply(t, s, "directory", a)
				if list != "" && c.name != "the directory itself" {
					checked = applied
				}
				for when, err := range map[string]error{"check": checked, "apply": applied} {
					if c.code == "" {
						if err != nil {
							t.Errorf("%s was refused: %v", when, err)
						}
						continue
					}
					var p *kind.Problem
					if !errors.As(err, &p) || p.Code != c.code || p.Attr != "path" {
						t.Errorf("%s says %v, want a problem with the code %s", when, err, c.code)
					}
				}
				if _, err := os.Lstat(dir); (err == nil) != (c.code != "") {
					t.Errorf("that the directory is still there is %v", err == nil)
				}
				f.Holds(t, "other/x", "kept", 0o644)
			})
		}
	}
}

// TestHardLinkOnAnOverlay holds that a file of an overlay gets another name though its device is
// another one than that of its directory.
func TestHardLinkOnAnOverlay(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("top")))
	f.Tmpfs(t, "top")
	for _, dir := range []string{"lower", "top/upper", "top/work", "top/merged"} {
		must(t, os.MkdirAll(f.At(dir), 0o755))
	}
	f.Write(t, "top/upper/x", "text", 0o644)
	mount(t, "test", f.At("top/merged"), "overlay", 0, fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", f.At("lower"), f.At("top/upper"), f.At("top/work")))
	link := step{Address: "a", Kind: "link", Args: args{"path": f.Arg("top/merged/y"), "target": f.Arg("top/merged/x"), "hard": true}}
	mustCheck(t, newService(), "p", link)
	must(t, apply(t, newService(), "link", link.Args))
	if c := mustCheck(t, newService(), "q", link); c.Op != resource.NoOp {
		t.Errorf("after the apply the link is planned as %s", c.Op)
	}
}

// Planning a directory with very many entries has bounds. Later checks on the same
// agent see all of the entries, but the answer stays short.
func TestVeryManyBelow(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("d")))
	const many = 10_050
	for i := range many {
		f.Write(t, fmt.Sprintf("d/%06d", i), "", 0o600)
	}
	s := newService()
	c := mustCheck(t, s, "p", step{Address: "d", Kind: "directory", Args: args{"path": f.Arg("d"), "mode": "u=rwX,go=rX", "recurse": true}})
	if c.Along == nil || c.Along.Count != many || len(c.Along.Entries) != resource.MaxAlong || len(c.Effects) != 10_000 || len(c.Warnings) != 1 {
		t.Errorf("got %d effects, the warnings %v and along %+v", len(c.Effects), c.Warnings, c.Along)
	}
	last := mustCheck(t, s, "p", step{Address: "l", Kind: "file", Args: args{"path": f.Arg("d/010049"), "mode": "0644"}, After: []string{"d"}})
	if last.Op != resource.NoOp {
		t.Errorf("the last entry is planned as %s, want no-op", last.Op)
	}
	gone := mustCheck(t, s, "q", step{Address: "d", Kind: "directory", Args: args{"path": f.Arg("d"), "state": "absent", "recurse": true}})
	if gone.Along == nil || gone.Along.Count != many || len(gone.Effects) != 1 {
		t.Errorf("got %d effects and along %+v, want one effect for all", len(gone.Effects), gone.Along)
	}
}
