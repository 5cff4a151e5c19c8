package system_test

import (
	"cmp"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// alternativesIn is a directory with candidates, and a program that manages alternatives there
// and writes no log of the machine.
func alternativesIn(t *testing.T, f testDir, program string) {
	t.Helper()
	real, err := exec.LookPath("update-alternatives")
	if err != nil {
		t.Skip("no update-alternatives here")
	}
	bin := t.TempDir()
	must(t, os.WriteFile(bin+"/"+program, []byte("#!/bin/sh\nexec "+real+" --log /dev/null \"$@\"\n"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// farm empties a directory, makes candidates in it, and runs the program for each line.
func farm(t *testing.T, f testDir, runs ...string) {
	t.Helper()
	f.Empty(t)
	for _, dir := range []string{"alt", "admin", "bin"} {
		must(t, os.Mkdir(f.At(dir), 0o755))
	}
	for _, name := range []string{"one", "two", "three", "one.1", "two.1"} {
		f.Write(t, name, "", 0o755)
	}
	for _, argv := range runs {
		inFarm(t, f, argv)
	}
}

// inFarm runs the program.
func inFarm(t *testing.T, f testDir, argv string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(argv, "DIR", f.Path))
	out, err := exec.Command("update-alternatives", append([]string{"--altdir", f.At("alt"), "--admindir", f.At("admin")}, words...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", argv, err, out)
	}
}

// addOne and the others have the program add a candidate.
const (
	addOne   = "--install DIR/bin/ed ed DIR/one 10 --slave DIR/bin/ed.1 ed.1 DIR/one.1"
	addOdd   = "--install DIR//bin/ed ed DIR//one 10 --slave DIR/bin//ed.1 ed.1 DIR//one.1"
	addTwo   = "--install DIR/bin/ed ed DIR/two 20"
	addThree = "--install DIR/bin/ed ed DIR/three 30"
)

func alternatives(f testDir, more args) args {
	out := args{"name": "ed", "path": f.Arg("one"), "altdir": f.Arg("alt"), "admindir": f.Arg("admin")}
	for k, v := range more {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// TestAlternatives has the cases, with the real program of Debian.
func TestAlternatives(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	manual := func(f testDir, path string) []any {
		return []any{args{"name": "ed.1", "link": f.Arg("bin/ed.1"), "path": f.Arg(path)}}
	}
	alone := func(t *testing.T) { must(t, os.Remove(f.At("alt/ed"))) }
	leading := func(to string) func(t *testing.T) {
		return func(t *testing.T) {
			alone(t)
			must(t, os.Symlink(f.At(to), f.At("alt/ed")))
		}
	}
	for _, c := range []struct {
		name        string
		args        args
		runs        []string
		before      func(t *testing.T)
		want        resource.Op
		made, whole bool
		// mode begins the file of the name, choice is where the link leads; "" is nowhere. holds
		// is in the file.
		mode, choice string
		holds        []string
		gone         []string
		there        string // leads to the follower of the first
	}{
		{name: "makes the name", whole: true, args: args{"link": f.Arg("bin/ed"), "priority": 10, "followers": manual(f, "one.1")}, want: resource.Create, mode: "manual", choice: "one", holds: []string{"/one\n10\n"}},
		{name: "makes the name, in the mode auto", args: args{"link": f.Arg("bin/ed"), "priority": 10, "state": "auto"}, want: resource.Create, mode: "auto", choice: "one"},
		{name: "adds a candidate and chooses it", args: args{"priority": 10}, runs: []string{addTwo}, want: resource.Update, made: true, mode: "manual", choice: "one", holds: []string{"/one\n10\n", "/two\n20\n"}},
		{name: "adds a candidate where another was chosen", whole: true, args: args{"priority": 10}, runs: []string{addTwo, addThree, "--set ed DIR/two"}, want: resource.Update, made: true, mode: "manual", choice: "one"},
		{name: "adds a candidate", args: args{"priority": 10, "state": "present"}, runs: []string{addTwo}, want: resource.Update, made: true, mode: "auto", choice: "two"},
		{name: "adds the best candidate", args: args{"priority": 50, "state": "present"}, runs: []string{addTwo}, want: resource.Update, made: true, mode: "auto", choice: "one"},
		{name: "adds one to a group that stays manual", args: args{"priority": 50, "state": "present"}, runs: []string{addTwo, addThree, "--set ed DIR/two"}, want: resource.Update, made: true, mode: "manual", choice: "two"},
		{name: "chooses", whole: true, runs: []string{addOne, addTwo}, want: resource.Update, mode: "manual", choice: "one", holds: []string{"/one.1\n"}},
		{name: "is chosen", runs: []string{addOne, addTwo, "--set ed DIR/one"}, want: resource.NoOp, mode: "manual", choice: "one"},
		{name: "is the best, and not chosen", runs: []string{addOne}, want: resource.Update, mode: "manual", choice: "one"},
		{name: "auto", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo, "--set ed DIR/one"}, want: resource.Update, mode: "auto", choice: "two"},
		{name: "is auto", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo}, want: resource.NoOp, mode: "auto", choice: "two"},
		{name: "auto with a candidate that is added", args: args{"priority": 50, "state": "auto"}, runs: []string{addTwo, addThree, "--set ed DIR/three"}, want: resource.Update, made: true, mode: "auto", choice: "one"},
		{name: "auto with one that is as good as the chosen one", args: args{"priority": 20, "state": "auto"}, runs: []string{addTwo}, want: resource.Update, made: true, mode: "auto", choice: "two"},
		{name: "auto of two as good, of which the second is chosen", args: args{"path": nil, "state": "auto"}, runs: []string{addTwo, "--install DIR/bin/ed ed DIR/one 20"}, want: resource.NoOp, mode: "auto", choice: "two"},
		{name: "auto of two as good, neither of which is chosen", args: args{"path": nil, "state": "auto"}, runs: []string{addTwo, "--install DIR/bin/ed ed DIR/one 20", addThree, "--set ed DIR/three", "--install DIR/bin/ed ed DIR/three 1"}, want: resource.Update, mode: "auto", choice: "one"},
		{name: "auto, and the link was changed by hand", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo}, before: func(t *testing.T) {
			must(t, os.Remove(f.At("alt/ed")))
			must(t, os.Symlink(f.At("one"), f.At("alt/ed")))
		}, want: resource.Update, mode: "auto", choice: "two"},
		{name: "the link is gone", runs: []string{addOne, addTwo, "--set ed DIR/one"}, before: func(t *testing.T) { must(t, os.Remove(f.At("bin/ed"))) }, want: resource.Update, mode: "manual", choice: "one"},
		{name: "the link leads elsewhere", runs: []string{addOne}, args: args{"state": "present"}, before: func(t *testing.T) {
			must(t, os.Remove(f.At("bin/ed")))
			must(t, os.Symlink(f.At("three"), f.At("bin/ed")))
		}, want: resource.Update, mode: "auto", choice: "one"},
		{name: "another priority", args: args{"priority": 40, "state": "present"}, runs: []string{addOne, addTwo}, want: resource.Update, mode: "auto", choice: "one", holds: []string{"/one\n40\n", "/one.1\n"}},
		{name: "other followers", args: args{"followers": manual(f, "two.1")}, runs: []string{addOne, "--set ed DIR/one"}, want: resource.Update, mode: "manual", choice: "one", holds: []string{"/one\n10\n", "/two.1\n"}},
		{name: "no followers", args: args{"followers": []any{}}, runs: []string{addOne, "--set ed DIR/one"}, want: resource.Update, mode: "manual", choice: "one", gone: []string{"bin/ed.1", "alt/ed.1"}},
		{name: "followers as they should be", args: args{"followers": manual(f, "one.1")}, runs: []string{addOne, "--set ed DIR/one"}, want: resource.NoOp, mode: "manual", choice: "one"},
		{name: "another link", args: args{"link": f.Arg("bin/ed2")}, runs: []string{addOne, "--set ed DIR/one"}, want: resource.Update, mode: "manual", choice: "one", gone: []string{"bin/ed"}},
		{name: "goes", args: args{"state": "absent"}, runs: []string{addOne, addTwo, "--set ed DIR/one"}, want: resource.Update, mode: "auto", choice: "two", gone: []string{"bin/ed.1"}},
		{name: "goes, not chosen", args: args{"state": "absent"}, runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, want: resource.Update, mode: "manual", choice: "two"},
		{name: "goes as the last", whole: true, args: args{"state": "absent"}, runs: []string{addOne}, want: resource.Delete, gone: []string{"bin/ed", "bin/ed.1", "alt/ed", "admin/ed"}},
		{name: "is no candidate", args: args{"state": "absent"}, runs: []string{addTwo}, want: resource.NoOp, mode: "auto", choice: "two"},
		{name: "is gone with its name", args: args{"state": "absent"}, want: resource.NoOp},
		{name: "nowhere, in the mode auto", args: args{"state": "present", "priority": 10}, runs: []string{addTwo}, before: alone, want: resource.Update, made: true, mode: "auto", choice: "two"},
		{name: "nowhere, in the mode manual", args: args{"state": "present", "priority": 10}, runs: []string{addTwo, addThree, "--set ed DIR/two"}, before: alone, want: resource.Update, made: true, mode: "auto", choice: "three"},
		{name: "to nothing", args: args{"state": "present", "priority": 10}, runs: []string{addTwo}, before: leading("nothing"), want: resource.Update, made: true, mode: "auto", choice: "two"},
		{name: "nowhere, and is chosen", runs: []string{addOne, addTwo, "--set ed DIR/one"}, before: alone, want: resource.Update, mode: "manual", choice: "one"},
		{name: "nowhere, and goes", args: args{"state": "absent"}, runs: []string{addOne, addTwo, "--set ed DIR/two"}, before: alone, want: resource.Update, mode: "auto", gone: []string{"alt/ed"}},
		{name: "to nothing, and goes", args: args{"state": "absent"}, runs: []string{addOne, addTwo}, before: leading("nothing"), want: resource.Update, mode: "auto", choice: "nothing"},
		{name: "by hand, and goes", args: args{"state": "absent", "path": f.Arg("three")}, runs: []string{addOne, addTwo, addThree}, before: leading("one"), want: resource.Update, mode: "auto", choice: "one"},
		{name: "to no candidate", args: args{"state": "present", "priority": 10}, runs: []string{addTwo}, before: leading("three"), want: resource.Update, made: true, mode: "manual", choice: "three"},
		{name: "to no candidate, and the link is gone", args: args{"state": "present", "priority": 10}, runs: []string{addTwo}, before: func(t *testing.T) {
			leading("three")(t)
			must(t, os.Remove(f.At("bin/ed")))
		}, want: resource.Update, made: true, mode: "auto", choice: "two"},
		{name: "the chosen one is lost, and another goes", args: args{"state": "absent"}, runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, before: func(t *testing.T) { must(t, os.Remove(f.At("two"))) }, want: resource.Update, mode: "auto", choice: "two"},
		{name: "auto, and the best is lost", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo}, before: func(t *testing.T) { must(t, os.Remove(f.At("two"))) }, want: resource.Update, mode: "auto", choice: "one"},
		{name: "auto, and another is lost", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo}, before: func(t *testing.T) { must(t, os.Remove(f.At("one"))) }, want: resource.NoOp, mode: "auto", choice: "two"},
		{name: "the link of a follower is gone", runs: []string{addOne, "--set ed DIR/one"}, before: func(t *testing.T) { must(t, os.Remove(f.At("bin/ed.1"))) }, want: resource.Update, mode: "manual", choice: "one", there: "bin/ed.1"},
		{name: "a follower leads elsewhere", args: args{"followers": manual(f, "one.1")}, runs: []string{addOne, "--set ed DIR/one"}, before: func(t *testing.T) {
			must(t, os.Remove(f.At("alt/ed.1")))
			must(t, os.Symlink(f.At("two.1"), f.At("alt/ed.1")))
		}, want: resource.Update, mode: "manual", choice: "one", there: "alt/ed.1"},
		{name: "a follower of another candidate is linked", runs: []string{addOne, addTwo, "--set ed DIR/two"}, args: args{"path": f.Arg("two")}, before: func(t *testing.T) { must(t, os.Symlink(f.At("one.1"), f.At("alt/ed.1"))) }, want: resource.Update, mode: "manual", choice: "two", gone: []string{"alt/ed.1"}},
		{name: "auto, and the link of a follower is gone", args: args{"path": nil, "state": "auto"}, runs: []string{addOne}, before: func(t *testing.T) { must(t, os.Remove(f.At("bin/ed.1"))) }, want: resource.Update, mode: "auto", choice: "one", there: "bin/ed.1"},
		{name: "a follower that does not exist has no link", runs: []string{addOne, "--set ed DIR/one"}, before: func(t *testing.T) {
			for _, p := range []string{"one.1", "bin/ed.1", "alt/ed.1"} {
				must(t, os.Remove(f.At(p)))
			}
		}, want: resource.NoOp, mode: "manual", choice: "one"},
		{name: "something else is in the place of a follower", runs: []string{addOne, "--set ed DIR/one"}, before: func(t *testing.T) {
			must(t, os.Remove(f.At("bin/ed.1")))
			f.Write(t, "bin/ed.1", "", 0o644)
		}, want: resource.NoOp, mode: "manual", choice: "one"},
		{name: "written with two slashes, and chosen", runs: []string{addTwo, addOdd}, want: resource.Update, mode: "manual", choice: "/one", holds: []string{"//one\n10\n", "/one.1\n"}},
		{name: "written with two slashes, and is chosen", args: args{"priority": 10, "link": f.Arg("bin/ed")}, runs: []string{addTwo, addOdd, "--set ed DIR//one"}, want: resource.NoOp, mode: "manual", choice: "/one"},
		{name: "written with two slashes, and another priority", args: args{"priority": 11, "link": f.Arg("bin/ed"), "followers": manual(f, "one.1")}, runs: []string{addTwo, addOdd, "--set ed DIR//one"}, want: resource.Update, mode: "manual", choice: "/one", holds: []string{"//ed.1\n", "//one\n11\n"}},
		{name: "written with two slashes, and goes", args: args{"state": "absent"}, runs: []string{addTwo, addOdd, "--set ed DIR//one"}, want: resource.Update, mode: "auto", choice: "two"},
		{name: "another candidate is lost", runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, before: func(t *testing.T) { must(t, os.Remove(f.At("two"))) }, want: resource.Update, mode: "manual", choice: "one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			holding := briefly
			if c.whole {
				holding = resourcetest.Run
			}
			holding(t, resourcetest.Case{
				Kind: "alternatives", Args: alternatives(f, c.args), Want: c.want, Made: c.made, Snapshot: f.Snapshot, Halves: true,
				Setup: func(t *testing.T) {
					farm(t, f, c.runs...)
					if c.before != nil {
						c.before(t)
					}
				},
				Neighbours: func() []resourcetest.Neighbour {
					return []resourcetest.Neighbour{{Kind: "file", Make: args{"path": f.Arg("y")}, Undo: args{"path": f.Arg("y"), "state": "absent"}, Elsewhere: true}}
				},
				Verify: func(t *testing.T) {
					b, _ := os.ReadFile(f.At("admin/ed"))
					if !strings.HasPrefix(string(b), c.mode) || c.mode == "" && len(b) > 0 {
						t.Errorf("the mode should be %s:\n%s", c.mode, b)
					}
					for _, has := range c.holds {
						if !strings.Contains(string(b), has) {
							t.Errorf("the file of the name lacks %q:\n%s", has, b)
						}
					}
					if c.choice != "" {
						f.Leads(t, "alt/ed", f.Path+"/"+c.choice)
					}
					for _, gone := range c.gone {
						f.Gone(t, gone)
					}
					if at, err := filepath.EvalSymlinks(f.At(c.there)); c.there != "" && at != f.At("one.1") {
						t.Errorf("%s leads to %q, %v", c.there, at, err)
					}
				},
			})
		})
	}
}

// TestAlternativesProblems: what cannot be is told while planning.
func TestAlternativesProblems(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	farm(t, f, addTwo, "--install DIR/bin/broken broken DIR/three 30")
	f.Write(t, "admin/broken", "auto\n", 0o644)
	with := func(more args) args { return alternatives(f, more) }
	follower := func(name, link, path string) []any {
		return []any{args{"name": name, "link": f.Arg(link), "path": f.Arg(path)}}
	}
	follows := func(name, link, path string) args { return with(args{"followers": follower(name, link, path)}) }
	problems(t, "alternatives", []badArgs{
		{with(args{"name": "a b"}), "name", "name"},
		{with(args{"name": "/usr/bin/ed"}), "name", "name"},
		{with(args{"name": "-f"}), "name", "name"},
		{with(args{"path": nil}), "path", "path"},
		{with(args{"path": nil, "state": "auto", "priority": 1}), "path", kind.CodeExcluded},
		{with(args{"path": text("one")}), "path", kind.CodePath},
		{with(args{"path": text("/one\n")}), "path", "path"},
		{with(args{"link": f.Arg("one")}), "link", kind.CodeExcluded},
		{with(args{"priority": 1 << 40}), "priority", "priority"},
		{follows("a b", "l", "p"), "followers", "followers"},
		{follows("ed", "l", "p"), "followers", "followers"},
		{follows("a", "l", "l"), "followers", "followers"},
		{follows("a", "l\n", "p"), "followers", "followers"},
		{with(nil), "path", kind.CodeNoAlternative},
		{with(args{"name": "other"}), "name", kind.CodeNoAlternative},
		{with(args{"name": "other", "path": nil, "state": "auto"}), "name", kind.CodeNoAlternative},
		{with(args{"name": "other", "priority": 1}), "link", kind.CodeNoAlternative},
		{with(args{"path": f.Arg("four"), "priority": 1}), "path", kind.CodeMissing},
		{with(args{"name": "broken"}), "name", kind.CodeAlternativesFile},
		{with(args{"name": "other", "link": f.Arg("bin/no/x"), "priority": 1}), "link", kind.CodeNoParent},
		{with(args{"name": "other", "link": f.Arg("two"), "priority": 1}), "link", kind.CodeInTheWay},
	})
	inFarm(t, f, "--install DIR/bin/vi vi DIR/one 10 --slave DIR/bin/vi.1 vi.1 DIR/one.1")
	f.Write(t, "admin/other.dpkg-tmp", "auto\n"+f.At("bin/new")+"\n\n"+f.At("one")+"\n1\n\n", 0o644)
	another := func(attr string, more args) badArgs { return badArgs{with(more), attr, kind.Code(attr)} }
	problems(t, "alternatives", []badArgs{
		another("name", args{"name": "vi.1", "link": f.Arg("bin/new"), "priority": 1}),
		another("link", args{"name": "new", "link": f.Arg("bin/vi"), "priority": 1}),
		another("link", args{"name": "new", "link": f.Arg("bin/vi.1"), "priority": 1}),
		another("link", args{"path": f.Arg("two"), "link": f.Arg("bin/vi")}),
		another("followers", args{"priority": 1, "followers": follower("vi", "bin/new", "two.1")}),
		another("followers", args{"priority": 1, "followers": follower("vi.1", "bin/new", "two.1")}),
		another("followers", args{"priority": 1, "followers": follower("new", "bin/vi", "two.1")}),
		another("followers", args{"priority": 1, "followers": follower("new", "bin/vi.1", "two.1")}),
		another("followers", args{"priority": 1, "followers": follower("new", "bin/ed", "two.1")}),
		another("followers", args{"name": "vi", "priority": 11, "followers": follower("new", "bin/vi.1", "two.1")}),
	})
	if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "alternatives", Args: with(args{"name": "new", "link": f.Arg("bin/new"), "priority": 1, "followers": follower("new.1", "bin/new.1", "two.1")})}); c.Op != resource.Create {
		t.Errorf("what nobody else has is planned as %s", c.Op)
	}

	must(t, os.Remove(f.At("two")))
	resourcetest.Problem(t, "alternatives", with(args{"path": nil, "state": "auto"}), "name", kind.CodeMissing)
	f.Write(t, "two", "", 0o755)
	must(t, os.Remove(f.At("bin/ed")))
	f.Write(t, "bin/ed", "", 0o755)
	resourcetest.Problem(t, "alternatives", with(args{"path": f.Arg("two")}), "link", kind.CodeInTheWay)

	// What comes before may bring the name and the candidate.
	s := newService()
	mustCheck(t, s, "q", step{Address: "m", Kind: "file", Args: args{"path": f.Arg("m")}})
	c := mustCheck(t, s, "q", step{Address: "a", Kind: "alternatives", Args: with(args{"name": "other"}), After: []string{"m"}})
	if c.Op != resource.Update || c.Fingerprint != "" || !strings.Contains(warned(c), string(kind.CodeNoAlternative)) {
		t.Errorf("a name that may come is planned as %s, %q", c.Op, warned(c))
	}
}

// TestAlternativesMoved: an apply is refused if what the plan showed no longer follows from the
// candidates that there are.
func TestAlternativesMoved(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	for _, c := range []struct {
		name  string
		args  args
		since func(t *testing.T)
		moved string
	}{
		{"goes, and another is the best", args{"state": "absent"}, func(t *testing.T) { inFarm(t, f, addThree) }, "candidates"},
		{"auto, and another is the best", args{"path": nil, "state": "auto"}, func(t *testing.T) { inFarm(t, f, addThree) }, "candidates"},
		{"another is lost", args{"priority": 11}, func(t *testing.T) { must(t, os.Remove(f.At("two"))) }, "missing candidates"},
	} {
		t.Run(c.name, func(t *testing.T) {
			farm(t, f, addOne, addTwo, "--set ed DIR/one")
			st := step{Address: "a", Kind: "alternatives", Args: alternatives(f, c.args)}
			planned := mustCheck(t, newService(), "p", st)
			c.since(t)
			before := f.Snapshot(t, true)
			_, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "p", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: planned.Fingerprint, Key: resourcetest.PlanKey})
			wantMoved(t, err, c.moved)
			if !maps.Equal(before, f.Snapshot(t, true)) {
				t.Error("and yet something was written")
			}
		})
	}
}

// TestAlternativesInAPlan: the second block of a plan sees what the first does, and an apply of
// both finds it so.
func TestAlternativesInAPlan(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	farm(t, f)
	one := step{Address: "a", Kind: "alternatives", Args: alternatives(f, args{"link": f.Arg("bin/ed"), "priority": 10, "state": "present"})}
	two := step{Address: "b", Kind: "alternatives", Args: alternatives(f, args{"path": f.Arg("two"), "priority": 20, "state": "present"}), After: []string{"a"}}
	chosen := step{Address: "c", Kind: "alternatives", Args: alternatives(f, nil), After: []string{"a", "b"}}
	s := newService()
	var prints []string
	for _, st := range []step{one, two, chosen} {
		c := mustCheck(t, s, "p", st)
		prints = append(prints, c.Fingerprint)
		if wants := map[string]resource.Op{"a": resource.Create, "b": resource.Update, "c": resource.Update}; c.Op != wants[st.Address] {
			t.Errorf("%s is planned as %s", st.Address, c.Op)
		}
		if st.Address == "c" && (resourceText(c.Before["choice"]) != f.At("two") || c.Before["mode"] != "auto") {
			t.Errorf("the last sees %v", c.Before)
		}
	}
	for i, st := range []step{one, two, chosen} {
		_, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "p", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: prints[i], Key: resourcetest.PlanKey})
		must(t, err)
	}
	f.Leads(t, "alt/ed", f.At("one"))
	for _, st := range []step{one, two, chosen} {
		st.After = nil
		if again := mustCheck(t, newService(), "r", st); again.Op != resource.NoOp {
			t.Errorf("after the apply %s is %s: %v, %v", st.Address, again.Op, again.Before, again.After)
		}
	}
}

// TestAlternativesEnd: the end puts back what was chosen, unless somebody has chosen since.
func TestAlternativesEnd(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	for _, c := range []struct {
		name         string
		runs         []string
		args         args
		since        string // a run of the program after the apply
		later        args   // of the block since
		op           resource.Op
		stays        string
		choice, mode string
	}{
		{name: "another path since", args: args{"priority": 10}, runs: []string{addTwo}, since: "--set ed DIR/two", later: args{"path": f.Arg("two")}, op: resource.Update, choice: "two", mode: "auto"},
		{name: "auto again", runs: []string{addOne, addTwo}, op: resource.Update, choice: "two", mode: "auto"},
		{name: "the choice of before", runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, op: resource.Update, choice: "two", mode: "manual"},
		{name: "the choice of before is gone", runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, since: "--remove ed DIR/two", op: resource.Update, choice: "three", mode: "auto"},
		{name: "another was chosen", runs: []string{addOne, addTwo, addThree, "--set ed DIR/two"}, since: "--set ed DIR/three", op: resource.NoOp, stays: "chosen", choice: "three", mode: "manual"},
		{name: "an added one, another was chosen", args: args{"priority": 10}, runs: []string{addTwo, addThree, "--set ed DIR/two"}, since: "--set ed DIR/three", op: resource.Update, choice: "three", mode: "manual"},
		{name: "auto was set", args: args{"path": nil, "state": "auto"}, runs: []string{addOne, addTwo, "--set ed DIR/one"}, op: resource.Update, choice: "one", mode: "manual"},
		{name: "only the priority", args: args{"priority": 11}, runs: []string{addOne, addTwo, "--set ed DIR/one"}, op: resource.NoOp, stays: "before", choice: "one", mode: "manual"},
	} {
		t.Run(c.name, func(t *testing.T) {
			farm(t, f, c.runs...)
			a := alternatives(f, c.args)
			reply, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "alternatives", Args: resourcetest.Encode(t, a)})
			must(t, err)
			if c.since != "" {
				inFarm(t, f, c.since)
			}
			if c.later != nil {
				a = alternatives(f, c.later)
			}
			e := ending{Kind: "alternatives", Args: a, End: resource.End{Adopted: !reply.Change.Made}}
			if reply.Change.Kept != nil {
				e.End.Kept = *reply.Change.Kept
			}
			planned, err := e.Check(t, newService(), "z")
			must(t, err)
			resourcetest.EndOf(t, f, e, c.op, c.stays)
			f.Leads(t, "alt/ed", f.At(c.choice))
			if before, after := resourceText(planned.Before["candidates"]), resourceText(planned.After["candidates"]); c.later != nil && (!strings.Contains(before, f.At("one")) || after != f.At("two")) {
				t.Errorf("the plan should name the candidate that goes: %q, and then %q", before, after)
			}
			if b, err := os.ReadFile(f.At("admin/ed")); err != nil || !strings.HasPrefix(string(b), c.mode+"\n") {
				t.Errorf("the mode should be %s: %q, %v", c.mode, b, err)
			}
			if b, _ := os.ReadFile(f.At("admin/ed")); c.later != nil && (strings.Contains(string(b), f.At("one")) || !strings.Contains(string(b), f.At("two"))) {
				t.Errorf("the candidate that was added should be gone, and no other: %q", b)
			}
		})
	}
}

// TestAlternativesEndOfMany: the end removes each candidate that an apply added, and the plan names
// them. One whose file is gone is forgotten by the first run. It is so, too, where the block was
// first about a candidate that was there.
func TestAlternativesEndOfMany(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "update-alternatives")
	for _, adopted := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			farm(t, f, addThree, addOne, addTwo, "--set ed DIR/two")
			if lost {
				must(t, os.Remove(f.At("one")))
			}
			e := ending{Kind: "alternatives", Args: alternatives(f, args{"path": f.Arg("two"), "priority": 20}), End: resource.End{Adopted: adopted, Kept: resource.Kept{
				Backup: "auto", Along: []kind.Thing{kind.PathThing(f.At("one")), kind.PathThing(f.At("two"))},
			}}}
			planned, err := e.Check(t, newService(), "z")
			must(t, err)
			if before, after := resourceText(planned.Before["candidates"]), resourceText(planned.After["candidates"]); !strings.Contains(before, f.At("one")) || !strings.Contains(before, f.At("two")) || after != f.At("three") {
				t.Errorf("adopted %v, lost %v: the plan should name the candidates that go: %q, and then %q", adopted, lost, before, after)
			}
			resourcetest.EndOf(t, f, e, resource.Update, "")
			f.Leads(t, "alt/ed", f.At("three"))
		}
	}
}

// TestAlternativesOfRedHat: where a program named alternatives is, the files are in the form of
// Red Hat, with families and services, and a name is not moved to another link. The program of
// Debian speaks for it, which takes the same arguments.
func TestAlternativesOfRedHat(t *testing.T) {
	f := newTestDir(t)
	alternativesIn(t, f, "alternatives")
	farm(t, f)
	content := strings.ReplaceAll("manual\nDIR/bin/ed\ned.1\nDIR/bin/ed.1\n\nDIR/two\n@java@20 cups\nDIR/two.1\nDIR/one\n010\n\n\n", "DIR", f.Path)
	f.Write(t, "admin/ed", content, 0o644)
	must(t, os.Symlink(f.At("two"), f.At("alt/ed")))
	must(t, os.Symlink(f.At("alt/ed"), f.At("bin/ed")))
	must(t, os.Symlink(f.At("two.1"), f.At("alt/ed.1")))
	must(t, os.Symlink(f.At("alt/ed.1"), f.At("bin/ed.1")))
	check := func(more args) resource.Change {
		t.Helper()
		return mustCheck(t, newService(), "p", step{Address: "a", Kind: "alternatives", Args: alternatives(f, more)})
	}
	if c := check(args{"path": f.Arg("two"), "priority": 20}); c.Op != resource.NoOp {
		t.Errorf("what is chosen is planned as %s: %v, %v", c.Op, c.Before, c.After)
	}
	if c := check(args{"priority": 10}); c.Op != resource.Update || resourceText(c.After["choice"]) != f.At("one") {
		t.Errorf("another candidate is planned as %s: %v, %v", c.Op, c.Before, c.After)
	}
	resourcetest.Problem(t, "alternatives", alternatives(f, args{"link": f.Arg("bin/ed2")}), "link", "link")
	// The mode is manual if the link does not lead to the best, whatever the file says.
	f.Write(t, "admin/ed", strings.Replace(content, "manual", "auto", 1), 0o644)
	must(t, os.Remove(f.At("alt/ed")))
	must(t, os.Symlink(f.At("one"), f.At("alt/ed")))
	must(t, os.Remove(f.At("alt/ed.1")))
	must(t, os.Remove(f.At("bin/ed.1")))
	if c := check(nil); c.Op != resource.NoOp {
		t.Errorf("a link that was changed by hand is planned as %s: %v, %v", c.Op, c.Before, c.After)
	}
	f.Write(t, "admin/ed", strings.Replace(strings.Replace(content, "@java@20 cups", "20", 1), "manual", "auto", 1), 0o644)
	must(t, apply(t, newService(), "alternatives", alternatives(f, args{"path": nil, "state": "auto"})))
	f.Leads(t, "alt/ed", f.At("two"))

	must(t, os.Remove(f.At("alt/ed")))
	must(t, os.Remove(f.At("admin/ed")))
	must(t, os.Remove(f.At("bin/ed")))
	t.Setenv("PATH", f.At("bin"))
	resourcetest.Problem(t, "alternatives", alternatives(f, args{"link": f.Arg("bin/ed"), "priority": 1}), "", kind.CodeToolMissing)
}

// TestAlternativesNotDone: a program that ends well and did nothing is told, whatever it was run
// for. What it was run with has what the file says of a candidate and no block does.
func TestAlternativesNotDone(t *testing.T) {
	f := newTestDir(t)
	if _, err := exec.LookPath("update-alternatives"); err != nil {
		t.Skip("no update-alternatives here")
	}
	bin := t.TempDir()
	for _, c := range []struct {
		name    string
		program string
		args    args
		before  func(t *testing.T)
		argv    string
	}{
		{"chooses", "", nil, nil, "--set ed DIR/one"},
		{"auto", "", args{"path": nil, "state": "auto"}, nil, "--auto ed"},
		{"goes", "", args{"state": "absent"}, nil, "--remove ed DIR/one"},
		{"another priority", "", args{"state": "present", "priority": 11}, nil, "--install DIR/bin/ed ed DIR/one 11 --slave DIR/bin/ed.1 ed.1 DIR/one.1"},
		{"another link", "", args{"state": "present", "link": f.Arg("bin/ed2")}, nil, "--install DIR/bin/ed2 ed DIR/one 10 --slave DIR/bin/ed.1 ed.1 DIR/one.1"},
		{"no followers", "", args{"state": "present", "followers": []any{}}, nil, "--install DIR/bin/ed ed DIR/one 10"},
		{"the link is gone", "", args{"path": f.Arg("two")}, func(t *testing.T) { must(t, os.Remove(f.At("bin/ed"))) }, "--set ed DIR/two"},
		{"the link of a follower is gone", "", args{"path": f.Arg("three")}, func(t *testing.T) {
			inFarm(t, f, "--install DIR/bin/ed ed DIR/three 30 --slave DIR/bin/ed.1 ed.1 DIR/one.1")
			inFarm(t, f, "--set ed DIR/three")
			must(t, os.Remove(f.At("bin/ed.1")))
		}, "--set ed DIR/three"},
		{"of Red Hat", "alternatives", args{"state": "present", "priority": 11}, func(t *testing.T) {
			f.Write(t, "admin/ed", strings.ReplaceAll("manual\nDIR/bin/ed\n\nDIR/two\n20\nDIR/one\n@java@10 cups\n", "DIR", f.Path), 0o644)
		}, "--install DIR/bin/ed ed DIR/one 11 --family java --initscript cups"},
	} {
		t.Run(c.name, func(t *testing.T) {
			farm(t, f, addOne, addTwo, "--set ed DIR/two")
			if c.before != nil {
				c.before(t)
			}
			program := bin + "/" + cmp.Or(c.program, "update-alternatives")
			must(t, os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s' \"$*\" >"+bin+"/argv\n"), 0o755))
			t.Cleanup(func() { must(t, os.Remove(program)) })
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			wantProblem(t, apply(t, newService(), "alternatives", alternatives(f, c.args)), "name", kind.CodeNotIdempotent)
			argv, err := os.ReadFile(bin + "/argv")
			must(t, err)
			if _, run, _ := strings.Cut(string(argv), f.At("admin")+" "); run != strings.ReplaceAll(c.argv, "DIR", f.Path) {
				t.Errorf("it was run with %q", run)
			}
		})
	}
}

// TestAlternativesOfOneName: two blocks that choose for one name undo each other, and two that
// add one candidate do. A block that chooses what another adds does not.
func TestAlternativesOfOneName(t *testing.T) {
	k, _ := kinds.Lookup("alternatives")
	adds := func(path, state string) args {
		return args{"name": "ed", "path": text(path), "priority": 1, "state": state}
	}
	for _, c := range []struct {
		a, b args
		want resource.Clash
	}{
		{args{"name": "ed", "path": text("/a")}, args{"name": "ed", "path": text("/b")}, resource.SameEntry},
		{args{"name": "ed", "path": text("/a")}, args{"name": "ed", "state": "auto"}, resource.SameEntry},
		{args{"name": "ed", "path": text("/a")}, args{"name": "ex", "path": text("/a")}, resource.Agree},
		{args{"name": "ed", "path": text("/a")}, adds("/a", "present"), resource.Agree},
		{adds("/a", "present"), adds("/b", "present"), resource.Agree},
		{adds("/a", "present"), adds("//a", "selected"), resource.SameEntry},
		{adds("/a", "present"), adds("/a", "absent"), resource.SameEntry},
		{adds("/a", "absent"), adds("/a", "absent"), resource.Agree},
	} {
		parts := &resource.Parts{}
		if got := parts.Of(&k, c.a, nil).Clashes(parts.Of(&k, c.b, nil)); got != c.want {
			t.Errorf("%v and %v: %q", c.a, c.b, got)
		}
	}
	if p := (&resource.Parts{}).Of(&k, args{"path": text("/a")}, []string{"name"}); len(p.Entries) > 0 {
		t.Errorf("of a name that is not known yet there are %q", p.Entries)
	}
}

// TestAlternativesOfOneBlock: whatever state a block with a candidate of its own asks for, it is
// about that candidate: what an apply with one state recorded is no other part under another.
func TestAlternativesOfOneBlock(t *testing.T) {
	def, _ := kinds.Lookup("alternatives")
	var parts resource.Parts
	of := func(state string) resource.Part {
		kept, _ := def.EndArgs(args{"name": "pager", "path": text("/bin/cat"), "link": text("/usr/bin/pager"), "priority": int64(1), "state": state}, nil)
		return parts.Of(&def, kept, nil)
	}
	for _, was := range []string{"present", "selected", "auto"} {
		for _, is := range []string{"present", "selected", "auto"} {
			if !of(is).Same(of(was)) {
				t.Errorf("a block that had the state %s and has %s is about another part", was, is)
			}
		}
	}
}
