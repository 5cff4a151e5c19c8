package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

func TestLink(t *testing.T) {
	for _, c := range []fileCase{
		{
			name: "is made, and a relative target stays relative", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("l"), "target": text("d/../x")} },
			setup:  func(t *testing.T, f testDir) { plainFile(t, f); must(t, os.Mkdir(f.At("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.Leads(t, "l", "d/../x"); f.Holds(t, "x", "a\nb\n", 0o644) },
		}, {
			name: "is made with an owner, over a leftover", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("l"), "target": f.Arg("x"), "owner": "12345", "group": "54321"}
			},
			setup: func(t *testing.T, f testDir) {
				plainFile(t, f)
				must(t, os.Mkdir(f.At(".mitoplan-OLD.tmp"), 0o700))
				must(t, os.Symlink("half", f.At(".mitoplan-OLD.tmp/link")))
			},
			verify: func(t *testing.T, f testDir) {
				f.Leads(t, "l", f.At("x"))
				f.Owned(t, "l", 12345, 54321)
				f.Owned(t, "x", 0, 0)
				f.Gone(t, ".mitoplan-OLD.tmp")
			},
		}, {
			name: "is made and leads nowhere", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("l"), "target": text("/no/such thing/")} },
			verify: func(t *testing.T, f testDir) { f.Leads(t, "l", "/no/such thing/") },
		}, {
			name: "is made with a target that is no text", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("l"), "target": text("caf\xe9")} },
			verify: func(t *testing.T, f testDir) { f.Leads(t, "l", "caf\xe9") },
		}, {
			name: "is made, and another link leads away from it", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "target": text("d/../l")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("r/1"), 0o755))
				must(t, os.Symlink("r/1", f.At("d")))
				f.Write(t, "r/l", "a\n", 0o644)
			},
			verify: func(t *testing.T, f testDir) { f.Leads(t, "l", "d/../l") },
		}, {
			name: "leads elsewhere from now on, and keeps its owner", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "target": text("y")} },
			setup: func(t *testing.T, f testDir) {
				linked(t, f)
				must(t, os.Lchown(f.At("l"), 12345, 54321))
			},
			verify: func(t *testing.T, f testDir) {
				f.Leads(t, "l", "y")
				f.Owned(t, "l", 12345, 54321)
				f.Holds(t, "x", "a\nb\n", 0o644)
			},
		}, {
			name: "gets an owner, and what it leads to does not", want: resource.Update,
			args:  func(f testDir) args { return args{"path": f.Arg("l"), "target": text("x"), "owner": "12345"} },
			setup: linked,
			verify: func(t *testing.T, f testDir) {
				f.Leads(t, "l", "x")
				f.Owned(t, "l", 12345, 0)
				f.Owned(t, "x", 0, 0)
			},
		}, {
			name: "is not followed if it leads to a directory", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "target": text("y")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("d/inside"), 0o755))
				must(t, os.Symlink("d", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Leads(t, "l", "y"); f.HasMode(t, "d/inside", 0o755|os.ModeDir) },
		}, {
			name: "replaces a file by force", want: resource.Replace,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "target": text("y"), "force": true} },
			setup:  plainFile,
			verify: func(t *testing.T, f testDir) { f.Leads(t, "x", "y") },
		}, {
			name: "replaces an empty directory by force", want: resource.Replace,
			args:   func(f testDir) args { return args{"path": f.Arg("d"), "target": text("y"), "force": true} },
			setup:  func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.Leads(t, "d", "y") },
		}, {
			name: "is in a directory that gives its group", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("s/l"), "target": text("../x")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.At("s"), 0o755))
				must(t, os.Chown(f.At("s"), -1, os.Getegid()))
				if os.Geteuid() == 0 {
					must(t, os.Chown(f.At("s"), 0, 54321))
				}
				must(t, os.Chmod(f.At("s"), 0o775|os.ModeSetgid))
			},
			verify: func(t *testing.T, f testDir) { f.Leads(t, "s/l", "../x"); f.Owned(t, "s/l", 0, 54321) },
		}, {
			name: "is as it should be", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.Arg("l"), "target": text("x"), "force": true} },
			setup: linked,
		}, {
			name: "goes, and what it leads to does not", want: resource.Delete,
			args:   func(f testDir) args { return args{"path": f.Arg("l"), "state": "absent", "target": text("other")} },
			setup:  linked,
			verify: func(t *testing.T, f testDir) { f.Gone(t, "l"); f.Holds(t, "x", "a\nb\n", 0o644) },
		}, {
			name: "goes though it leads to a directory", want: resource.Delete,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "state": "absent"} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("d/inside"), 0o755))
				must(t, os.Symlink("d", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Gone(t, "l"); f.HasMode(t, "d/inside", 0o755|os.ModeDir) },
		}, {
			name: "is gone", want: resource.NoOp,
			args: func(f testDir) args { return args{"path": f.Arg("no/l"), "state": "absent"} },
		},
	} {
		c.kind = "link"
		c.run(t)
	}
}

// TestLinkPlansOldAndNew: a plan shows where a link leads now and where it would, and
// warns if nothing is there.
func TestLinkPlansOldAndNew(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	linked(t, f)
	s := newService()
	c := mustCheck(t, s, "p", step{Address: "a", Kind: "link", Args: args{"path": f.Arg("l"), "target": text("no")}})
	if c.Before["target"] != kind.Text("x") || c.After["target"] != kind.Text("no") {
		t.Errorf("the target is %v and then %v", c.Before["target"], c.After["target"])
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeDangling || !strings.Contains(c.Warnings[0].Detail, f.At("no")) {
		t.Errorf("the warnings are %v, want that nothing is at no", c.Warnings)
	}
	f.Write(t, "no", "", 0o644)
	for what, target := range map[string]string{"a file": "no", "a link": "l", "a directory": "/", "what it cannot look at": "/proc/1/root/../.."} {
		if c := mustCheck(t, s, what, step{Address: "a", Kind: "link", Args: args{"path": f.Arg("k"), "target": text(target)}}); len(c.Warnings) > 0 {
			t.Errorf("a link to %s warns: %v", what, c.Warnings)
		}
	}
	must(t, os.Symlink("round", f.At("round")))
	c = mustCheck(t, s, "r", step{Address: "a", Kind: "link", Args: args{"path": f.Arg("k"), "target": text("round")}})
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Detail, "lead to each other") {
		t.Errorf("the warnings are %v, want that the links lead to each other", c.Warnings)
	}
}

// TestLinkInAPlan: what comes before a link is seen by it, and what comes after goes
// through it, though none of it is there yet.
func TestLinkInAPlan(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	steps := []step{
		{Address: "dir", Kind: "directory", Args: args{"path": f.Arg("d")}},
		{Address: "file", Kind: "file", Args: args{"path": f.Arg("d/x"), "content": text("a\n")}, After: []string{"dir"}},
		{Address: "to-dir", Kind: "link", Args: args{"path": f.Arg("l"), "target": text("d")}, After: []string{"dir"}},
		{Address: "to-file", Kind: "link", Args: args{"path": f.Arg("m"), "target": text("l/x")}, After: []string{"file", "to-dir"}},
		{Address: "line", Kind: "line", Args: args{"path": f.Arg("m"), "line": text("b")}, After: []string{"to-file"}},
		{Address: "behind", Kind: "file", Args: args{"path": f.Arg("l/y"), "content": text("y")}, After: []string{"to-dir"}},
	}
	var planned []resource.Change
	for _, st := range steps {
		c := mustCheck(t, s, "p", st)
		if len(c.Warnings) > 0 {
			t.Errorf("%s warns: %v", st.Address, c.Warnings)
		}
		planned = append(planned, c)
	}
	loop := step{Address: "loop", Kind: "link", Args: args{"path": f.Arg("k"), "target": text("back")}, After: []string{"back"}}
	mustCheck(t, s, "p", step{Address: "back", Kind: "link", Args: args{"path": f.Arg("back"), "target": text("k")}})
	_, err := check(t, s, "p", loop)
	wantProblem(t, err, "target", kind.CodeLinkLoop)

	for i, st := range steps {
		_, err := s.Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Address: st.Address, Kind: st.Kind, Args: resourcetest.Encode(t, st.Args),
			Fingerprint: planned[i].Fingerprint, Key: planKey,
		})
		if err != nil {
			t.Fatalf("apply %s: %v", st.Address, err)
		}
	}
	f.Leads(t, "m", "l/x")
	f.Holds(t, "d/x", "a\nb\n", 0o644)
	f.Holds(t, "d/y", "y", 0o644)
}

// TestLinkWithATargetThatIsNotKnownYet: it is planned without the target. What would go
// through it cannot be, and the message says why.
func TestLinkWithATargetThatIsNotKnownYet(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	linked(t, f)
	s := newService()
	for name, want := range map[string]resource.Op{"l": resource.Update, "new": resource.Create} {
		c := mustCheck(t, s, "p", step{Address: name, Kind: "link", Args: args{"path": f.Arg(name)}, Unknown: []string{"target"}})
		if _, shown := c.After["target"]; c.Op != want || shown || len(c.Warnings) > 0 {
			t.Errorf("%s is %s to %v, with %v, want %s and no target", name, c.Op, c.After, c.Warnings, want)
		}
		_, err := check(t, s, "p", step{Address: "b", Kind: "file", Args: args{"path": f.Arg(name + "/x"), "content": text("x")}, After: []string{name}})
		wantProblem(t, err, "path", kind.CodeUnknownTarget)
	}
}

// TestEndOfALinkThatWasChanged: a link that leads elsewhere by now, and what took its
// place, stays, and the plan says so.
func TestEndOfALinkThatWasChanged(t *testing.T) {
	for name, change := range map[string]func(f testDir) error{
		"leads elsewhere": func(f testDir) error { return os.Symlink("theirs", f.At("l")) },
		"is no link":      func(f testDir) error { return os.WriteFile(f.At("l"), []byte("theirs"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			must(t, change(f))
			s, a := newService(), resourcetest.Encode(t, args{"path": f.Arg("l"), "target": text("mine")})
			before := resourcetest.Tree(t, f.Path, true)
			reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "link", Args: a, End: &resource.End{}, Key: planKey})
			must(t, err)
			if c := reply.Change; c.Op != resource.NoOp || len(c.Stays) != 1 || c.Stays[0].Code != kind.CodeStays {
				t.Errorf("the end is %s: %v, want that it stays", c.Op, c.Stays)
			}
			_, err = s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Address: "a", Kind: "link", Args: a, End: &resource.End{}, Key: planKey})
			must(t, err)
			if after := resourcetest.Tree(t, f.Path, true); before[f.At("l")] != after[f.At("l")] {
				t.Errorf("%s became %s", before[f.At("l")], after[f.At("l")])
			}
		})
	}
}

// TestLinkMovedMeanwhile: a link that leads elsewhere since the plan, and a file in the
// way with something else in it, are not replaced.
func TestLinkMovedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		setup, move func(f testDir) error
		what        string
	}{
		"a link": {func(f testDir) error { return os.Symlink("a", f.At("l")) }, func(f testDir) error { return errors.Join(os.Remove(f.At("l")), os.Symlink("b", f.At("l"))) }, "target"},
		"a file": {func(f testDir) error { return os.WriteFile(f.At("l"), []byte("a"), 0o600) }, func(f testDir) error { return os.WriteFile(f.At("l"), []byte("b"), 0o600) }, "content"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			must(t, c.setup(f))
			s, a := newService(), args{"path": f.Arg("l"), "target": text("new"), "force": true}
			said := mustCheck(t, s, "p", step{Address: "a", Kind: "link", Args: a})
			must(t, c.move(f))
			_, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "link", Args: resourcetest.Encode(t, a), Fingerprint: said.Fingerprint, Key: planKey})
			wantMoved(t, err, c.what)
		})
	}
}

// TestLinkOnAFullDisk: the reason is told in words, the old link stays, and nothing is
// left.
func TestLinkOnAFullDisk(t *testing.T) {
	for err, want := range map[error]struct {
		attr string
		code kind.Code
	}{
		unix.ENOSPC: {"path", kind.CodeNoSpace}, unix.EDQUOT: {"path", kind.CodeNoSpace}, unix.EROFS: {"path", kind.CodeReadOnly},
		unix.ENAMETOOLONG: {"target", kind.CodeNameTooLong}, unix.EPERM: {"path", kind.CodePermission},
	} {
		f := newTestDir(t)
		f.Empty(t)
		linked(t, f)
		m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
			if op == "symlink" {
				return err
			}
			return nil
		}})
		wantProblem(t, apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.Arg("l"), "target": text("y")}), want.attr, want.code)
		f.Leads(t, "l", "x")
		f.NothingLeft(t)
	}
}

// TestLinkWhereRenameReplaces: on a file system that cannot rename without replacing, a new
// link still takes the place of nothing that turned up, and it is not followed.
func TestLinkWhereRenameReplaces(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	plainFile(t, f)
	m := resource.NewMachine(resource.Options{Fault: withoutNoReplace})
	must(t, apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.Arg("l"), "target": text("x")}))
	f.Leads(t, "l", "x")
	f.NothingLeft(t)
}

// plainLinks is set in the process that runs as an ordinary user.
const plainLinks = "MITOPLAN_TEST_LINKS"

// A plan says what its apply as an ordinary user would meet.
func TestLinkAsAPlainUser(t *testing.T) {
	if dir := os.Getenv(plainLinks); dir != "" {
		testPlainLinks(t, testDir{Path: dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it links of others")
	}
	dir, err := os.MkdirTemp("", "links")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{Path: dir}
	must(t, os.Chmod(dir, 0o755))
	for name, mode := range map[string]os.FileMode{"open": 0o777, "sticky": 0o777 | os.ModeSticky, "shut": 0o755} {
		must(t, os.Mkdir(f.At(name), 0o755))
		must(t, os.Symlink("a", f.At(name+"/roots")))
		must(t, os.Symlink("a", f.At(name+"/mine")))
		must(t, os.Lchown(f.At(name+"/mine"), childtest.PlainUser, childtest.PlainUser))
		must(t, os.Chmod(f.At(name), mode))
	}
	childtest.RunAsPlainUser(t, dir, plainLinks+"="+dir)
}

func testPlainLinks(t *testing.T, f testDir) {
	for _, c := range []struct {
		name string
		args args
		attr string
	}{
		{"open/new", args{"target": text("b")}, ""},
		{"open/mine", args{"target": text("b")}, ""},
		{"open/roots", args{"target": text("b")}, "path"},
		{"open/other", args{"target": text("b"), "owner": "root"}, "owner"},
		{"open/other", args{"target": text("b"), "group": "root"}, "group"},
		{"sticky/mine", args{"target": text("b")}, ""},
		{"sticky/roots", args{"target": text("b")}, "path"},
		{"sticky/roots", args{"state": "absent"}, "path"},
		{"shut/new", args{"target": text("b")}, "path"},
		{"shut/mine", args{"state": "absent"}, "path"},
		{"shut/mine", args{"target": text("a")}, ""}, // It is as it should be.
	} {
		c.args["path"] = f.Arg(c.name)
		_, err := check(t, newService(), "p", step{Address: "a", Kind: "link", Args: c.args})
		if c.attr != "" {
			wantProblem(t, err, c.attr, kind.CodePermission)
			continue
		}
		must(t, err)
		must(t, apply(t, newService(), "link", c.args))
		f.Leads(t, c.name, string(c.args["target"].(cbor.ByteString)))
	}
}

// TestLinkInADirectoryOfOthers: whoever may write in the directory exchanges what root
// makes there, before it has its owner. Nothing else gets that owner.
func TestLinkInADirectoryOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives things away")
	}
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Chmod(f.Path, 0o777))
	f.Write(t, "secret", "", 0o600)
	m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
		if op == "chown" {
			temps, _ := filepath.Glob(f.At(".mitoplan-*.tmp"))
			for _, temp := range temps {
				must(t, os.Rename(temp, temp+".away"))
				must(t, os.Mkdir(temp, 0o777))
				must(t, os.Link(f.At("secret"), temp+"/link"))
			}
		}
		return nil
	}})
	_ = apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.Arg("l"), "target": text("x"), "owner": "12345"})
	f.Owned(t, "secret", 0, 0)
}
