package files_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// ownFileSystem makes a directory on a file system of its own, with the given options.
func ownFileSystem(t *testing.T, options string) testDir {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount something")
	}
	f := newTestDir(t)
	f.Empty(t)
	resourcetest.Mount(t, "test", f.Path, "tmpfs", 0, options)
	return f
}

// TestLinkWhereNoneCanBeMade: on a disk that has room for no more files, the reason is told and
// what was there stays. With room again, the same apply does it.
func TestLinkWhereNoneCanBeMade(t *testing.T) {
	for name, c := range map[string]struct {
		at, then string
		force    bool
	}{
		"new":             {"new", "x", false},
		"leads elsewhere": {"l", "y", false},
		"by force":        {"x", "y", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := ownFileSystem(t, "size=1m,nr_inodes=24")
			linked(t, f)
			a := args{"path": f.Arg(c.at), "target": text(c.then), "force": c.force}
			var full []string
			for {
				at := f.At(fmt.Sprint("filler", len(full)))
				if err := os.WriteFile(at, nil, 0o600); err != nil {
					break
				}
				full = append(full, at)
			}
			before := resourcetest.Tree(t, f.Path, true)
			for range 2 {
				wantProblem(t, apply(t, newService(), "link", a), "path", kind.CodeNoSpace)
				if diff := len(resourcetest.Tree(t, f.Path, true)) - len(before); diff != 0 {
					t.Errorf("%d names came or went", diff)
				}
				f.NothingLeft(t)
			}
			f.Leads(t, "l", "x")
			for _, at := range full {
				must(t, os.Remove(at))
			}
			must(t, apply(t, newService(), "link", a))
			if c := mustCheck(t, newService(), "again", step{Address: "a", Kind: "link", Args: a}); c.Op != resource.NoOp {
				t.Errorf("the second plan says %s", c.Op)
			}
			f.Leads(t, c.at, c.then)
		})
	}
}

// TestLinkOnAReadOnlyFileSystem: that nothing can be made, changed or removed is told while
// planning, and what is as it should be is no change.
func TestLinkOnAReadOnlyFileSystem(t *testing.T) {
	f := ownFileSystem(t, "size=1m")
	linked(t, f)
	f.MakeReadOnly(t, "")
	for _, a := range []args{
		{"path": f.Arg("new"), "target": text("x")},
		{"path": f.Arg("l"), "target": text("y")},
		{"path": f.Arg("l"), "state": "absent"},
		{"path": f.Arg("x"), "target": text("y"), "force": true},
	} {
		resourcetest.Problem(t, "link", a, "path", kind.CodeReadOnly)
	}
	_, err := resourcetest.Ending{Kind: "link", Args: args{"path": f.Arg("l"), "target": text("x")}}.Check(t, newService(), "a")
	wantProblem(t, err, "path", kind.CodeReadOnly)
	must(t, apply(t, newService(), "link", args{"path": f.Arg("l"), "target": text("x")}))
	must(t, apply(t, newService(), "link", args{"path": f.Arg("new"), "state": "absent"}))
}

// TestManyLinksAtOnce: a thousand links in one directory are made at once by two agents, each
// of which has all of them to make. Every one is made, whole, and by nobody twice.
func TestManyLinksAtOnce(t *testing.T) {
	f := ownFileSystem(t, "size=16m")
	const many = 1000
	agents := []*resource.Service{newService(), newService()}
	block := func(i int) args {
		return args{"path": f.Arg(fmt.Sprint("l", i)), "target": text(fmt.Sprint("to", i))}
	}
	var wg sync.WaitGroup
	failed := make([]error, 2*many)
	for i := range 2 * many {
		wg.Go(func() { failed[i] = apply(t, agents[i%2], "link", block(i/2)) })
	}
	wg.Wait()
	for i, err := range failed {
		// Whoever comes second finds it made, or that it was made since it looked.
		if p := resourcetest.AsProblem(err); err != nil && (p == nil || p.Code != kind.CodeMoved) {
			t.Errorf("link %d: %v", i/2, err)
		}
	}
	for i := range many {
		f.Leads(t, fmt.Sprint("l", i), fmt.Sprint("to", i))
	}
	if names, err := os.ReadDir(f.Path); err != nil || len(names) != many {
		t.Errorf("there are %d names, want %d: %v", len(names), many, err)
	}
	s := newService()
	for i := range many {
		if c := mustCheck(t, s, "again", step{Address: fmt.Sprint(i), Kind: "link", Args: block(i)}); c.Op != resource.NoOp {
			t.Fatalf("link %d is planned as %s again", i, c.Op)
		}
	}
}
