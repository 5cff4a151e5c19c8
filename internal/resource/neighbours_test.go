package resource_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// together checks each step, then applies all of them at the same time in two
// agents of one machine, and returns their errors.
func together(t *testing.T, m resource.Options, steps []step) []error {
	t.Helper()
	agents := []*resource.Service{resource.NewService(resource.NewMachine(m), kinds.Lookup), resource.NewService(resource.NewMachine(m), kinds.Lookup)}
	errs := make([]error, len(steps))
	fingerprints := make([]string, len(steps))
	for i, st := range steps {
		fingerprints[i] = mustCheck(t, agents[i%2], "p", st).Fingerprint
	}
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, st := range steps {
		wg.Go(func() {
			<-start
			_, errs[i] = agents[i%2].Apply(t.Context(), resource.ApplyRequest{
				Session: "r", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: fingerprints[i], Key: planKey,
			})
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// TestDirectoriesThatShareAMissingParent: directories are made at the same time,
// each with its own permissions. Whichever comes first makes the missing directory
// above.
func TestDirectoriesThatShareAMissingParent(t *testing.T) {
	for name, o := range map[string]resource.Options{"": {}, "without such a rename": {Fault: withoutNoReplace}} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				f := newTestDir(t)
				f.Empty(t)
				var steps []step
				for p := range 10 {
					for _, below := range []string{"a", "b", "c/d"} {
						steps = append(steps, step{Kind: "directory", Address: fmt.Sprint(p, below),
							Args: args{"path": f.Arg(fmt.Sprintf("new/%d/%s", p, below)), "mode": "0700"}})
					}
				}
				for i, err := range together(t, o, steps) {
					if err != nil {
						t.Fatalf("%s: %v", steps[i].Address, err)
					}
				}
				for i, st := range steps {
					f.HasMode(t, fmt.Sprintf("new/%d/%s", i/3, []string{"a", "b", "c/d"}[i%3]), 0o700|os.ModeDir)
					if c := mustCheck(t, newService(), "again", st); c.Op != resource.NoOp {
						t.Errorf("%s is planned as %s again, want no-op", st.Address, c.Op)
					}
				}
				f.HasMode(t, "new/0", 0o755|os.ModeDir)
				f.NothingLeft(t)
			}
		})
	}
}

// TestWhatTurnsUpIsNotReplaced: something is put at the path at the last moment,
// after the check and before the new file gets its name. It stays, and the apply is
// refused.
func TestWhatTurnsUpIsNotReplaced(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		args       args
		put        func(p string) error
	}{
		{"an empty directory by a directory", "directory", args{}, func(p string) error { return os.Mkdir(p, 0o711) }},
		{"a file by a directory", "directory", args{}, func(p string) error { return os.WriteFile(p, nil, 0o600) }},
		{"a file by a file", "file", args{"content": text("mine")}, func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) }},
		{"a link by a file", "file", args{"content": text("mine")}, func(p string) error { return os.Symlink("x", p) }},
		{"an empty directory by a file", "file", args{"content": text("mine")}, func(p string) error { return os.Mkdir(p, 0o711) }},
		{"a file by a link", "link", args{"target": text("y")}, func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) }},
		{"a link by a link", "link", args{"target": text("y")}, func(p string) error { return os.Symlink("x", p) }},
		{"an empty directory by a link", "link", args{"target": text("y")}, func(p string) error { return os.Mkdir(p, 0o711) }},
		{"a file by a line", "line", args{"line": text("mine"), "create": true}, func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) }},
	} {
		for _, plainly := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, plainly), func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				done := false
				m := resource.NewMachine(resource.Options{Fault: func(op, p string) error {
					if op == "rename" && !done {
						done = true
						must(t, c.put(f.At("thing")))
					}
					if plainly {
						return withoutNoReplace(op, p)
					}
					return nil
				}})
				a := args{"path": f.Arg("thing")}
				for name, v := range c.args {
					a[name] = v
				}
				want := f
				want.Path += "-want"
				want.Empty(t)
				must(t, c.put(want.At("thing")))
				wantProblem(t, apply(t, resource.NewService(m, kinds.Lookup), c.kind, a), "path", "moved")
				is, was := resourcetest.Tree(t, f.At("thing"), false), resourcetest.Tree(t, want.At("thing"), false)
				if !done || is[f.At("thing")] != was[want.At("thing")] {
					t.Errorf("what was put at the path is now %v, and was %v", is, was)
				}
				f.NothingLeft(t)
			})
		}
	}
}

// TestATreeThatOthersWorkIn: a directory tree is removed, or gets permissions,
// while other programs make and remove files in it.
func TestATreeThatOthersWorkIn(t *testing.T) {
	for _, c := range []struct {
		name string
		args args
		// op is the step at which the others come, and how often they do. code is
		// the problem that this causes.
		op    string
		times int
		code  kind.Code
	}{
		{"made once", args{"state": "absent"}, "remove", 1, ""},
		{"made three times", args{"state": "absent"}, "remove", 3, ""},
		{"made all the time", args{"state": "absent"}, "remove", 1 << 30, "busy"},
		{"gone", args{"mode": "0755"}, "chmod", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			must(t, os.MkdirAll(f.At("d/b/c"), 0o700))
			f.Write(t, "d/a", "", 0o600)
			f.Write(t, "d/b/c/e", "", 0o600)
			times := 0
			m := resource.NewMachine(resource.Options{Fault: func(op, p string) error {
				if op != c.op || times == c.times {
					return nil
				}
				if op == "remove" && p == f.At("d") {
					times++
					f.Write(t, fmt.Sprint("d/new", times), "", 0o600)
				}
				if op == "chmod" {
					times++
					must(t, os.Remove(f.At("d/a")))
				}
				return nil
			}})
			a := args{"path": f.Arg("d"), "recurse": true}
			for name, v := range c.args {
				a[name] = v
			}
			err := apply(t, resource.NewService(m, kinds.Lookup), "directory", a)
			if c.code != "" {
				wantProblem(t, err, "path", c.code)
				return
			}
			must(t, err)
			if _, err := os.Lstat(f.At("d")); (err == nil) != (c.args["state"] == nil) {
				t.Errorf("after the apply, Lstat of d gave %v", err)
			}
		})
	}
}
