package resource_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// leads holds where a link leads.
func (f testDir) leads(t *testing.T, name, want string) {
	t.Helper()
	if to, err := os.Readlink(f.at(name)); err != nil || to != want {
		t.Errorf("%s leads to %q, want %q: %v", name, to, want, err)
	}
}

// owned holds who owns what is at a path itself.
func (f testDir) owned(t *testing.T, name string, uid, gid uint32) {
	t.Helper()
	st, err := os.Lstat(f.at(name))
	must(t, err)
	if is := st.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && (is.Uid != uid || is.Gid != gid) {
		t.Errorf("%s belongs to %d:%d, want %d:%d", name, is.Uid, is.Gid, uid, gid)
	}
}

func TestLink(t *testing.T) {
	for _, c := range []fileCase{
		{
			name: "is made, and a relative target stays relative", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.arg("l"), "target": text("d/../x")} },
			setup:  func(t *testing.T, f testDir) { plainFile(t, f); must(t, os.Mkdir(f.at("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.leads(t, "l", "d/../x"); f.holds(t, "x", "a\nb\n", 0o644) },
		}, {
			name: "is made with an owner, over a leftover", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.arg("l"), "target": f.arg("x"), "owner": "12345", "group": "54321"}
			},
			setup: func(t *testing.T, f testDir) {
				plainFile(t, f)
				must(t, os.Mkdir(f.at(".mitoplan-OLD.tmp"), 0o700))
				must(t, os.Symlink("half", f.at(".mitoplan-OLD.tmp/link")))
			},
			verify: func(t *testing.T, f testDir) {
				f.leads(t, "l", f.at("x"))
				f.owned(t, "l", 12345, 54321)
				f.owned(t, "x", 0, 0)
				f.gone(t, ".mitoplan-OLD.tmp")
			},
		}, {
			name: "is made and leads nowhere", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.arg("l"), "target": text("/no/such thing/")} },
			verify: func(t *testing.T, f testDir) { f.leads(t, "l", "/no/such thing/") },
		}, {
			name: "is made with a target that is no text", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.arg("l"), "target": text("caf\xe9")} },
			verify: func(t *testing.T, f testDir) { f.leads(t, "l", "caf\xe9") },
		}, {
			name: "is made, and another link leads away from it", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.arg("l"), "target": text("d/../l")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.at("r/1"), 0o755))
				must(t, os.Symlink("r/1", f.at("d")))
				f.write(t, "r/l", "a\n", 0o644)
			},
			verify: func(t *testing.T, f testDir) { f.leads(t, "l", "d/../l") },
		}, {
			name: "leads elsewhere from now on, and keeps its owner", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.arg("l"), "target": text("y")} },
			setup: func(t *testing.T, f testDir) {
				linked(t, f)
				must(t, os.Lchown(f.at("l"), 12345, 54321))
			},
			verify: func(t *testing.T, f testDir) {
				f.leads(t, "l", "y")
				f.owned(t, "l", 12345, 54321)
				f.holds(t, "x", "a\nb\n", 0o644)
			},
		}, {
			name: "gets an owner, and what it leads to does not", want: resource.Update,
			args:  func(f testDir) args { return args{"path": f.arg("l"), "target": text("x"), "owner": "12345"} },
			setup: linked,
			verify: func(t *testing.T, f testDir) {
				f.leads(t, "l", "x")
				f.owned(t, "l", 12345, 0)
				f.owned(t, "x", 0, 0)
			},
		}, {
			name: "is not followed if it leads to a directory", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.arg("l"), "target": text("y")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.at("d/inside"), 0o755))
				must(t, os.Symlink("d", f.at("l")))
			},
			verify: func(t *testing.T, f testDir) { f.leads(t, "l", "y"); f.is(t, "d/inside", 0o755|os.ModeDir) },
		}, {
			name: "replaces a file by force", want: resource.Replace,
			args:   func(f testDir) args { return args{"path": f.arg("x"), "target": text("y"), "force": true} },
			setup:  plainFile,
			verify: func(t *testing.T, f testDir) { f.leads(t, "x", "y") },
		}, {
			name: "replaces an empty directory by force", want: resource.Replace,
			args:   func(f testDir) args { return args{"path": f.arg("d"), "target": text("y"), "force": true} },
			setup:  func(t *testing.T, f testDir) { must(t, os.Mkdir(f.at("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.leads(t, "d", "y") },
		}, {
			name: "is in a directory that gives its group", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.arg("s/l"), "target": text("../x")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.at("s"), 0o755))
				must(t, os.Chown(f.at("s"), -1, os.Getegid()))
				if os.Geteuid() == 0 {
					must(t, os.Chown(f.at("s"), 0, 54321))
				}
				must(t, os.Chmod(f.at("s"), 0o775|os.ModeSetgid))
			},
			verify: func(t *testing.T, f testDir) { f.leads(t, "s/l", "../x"); f.owned(t, "s/l", 0, 54321) },
		}, {
			name: "is as it should be", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.arg("l"), "target": text("x"), "force": true} },
			setup: linked,
		}, {
			name: "goes, and what it leads to does not", want: resource.Delete,
			args:   func(f testDir) args { return args{"path": f.arg("l"), "state": "absent", "target": text("other")} },
			setup:  linked,
			verify: func(t *testing.T, f testDir) { f.gone(t, "l"); f.holds(t, "x", "a\nb\n", 0o644) },
		}, {
			name: "goes though it leads to a directory", want: resource.Delete,
			args: func(f testDir) args { return args{"path": f.arg("l"), "state": "absent"} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.at("d/inside"), 0o755))
				must(t, os.Symlink("d", f.at("l")))
			},
			verify: func(t *testing.T, f testDir) { f.gone(t, "l"); f.is(t, "d/inside", 0o755|os.ModeDir) },
		}, {
			name: "is gone", want: resource.NoOp,
			args: func(f testDir) args { return args{"path": f.arg("no/l"), "state": "absent"} },
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
	f.empty(t)
	linked(t, f)
	s := newService()
	c := mustCheck(t, s, "p", step{address: "a", kind: "link", args: args{"path": f.arg("l"), "target": text("no")}})
	if c.Before["target"] != kind.Text("x") || c.After["target"] != kind.Text("no") {
		t.Errorf("the target is %v and then %v", c.Before["target"], c.After["target"])
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeDangling || !strings.Contains(c.Warnings[0].Detail, f.at("no")) {
		t.Errorf("the warnings are %v, want that nothing is at no", c.Warnings)
	}
	f.write(t, "no", "", 0o644)
	for what, target := range map[string]string{"a file": "no", "a link": "l", "a directory": "/", "what it cannot look at": "/proc/1/root/../.."} {
		if c := mustCheck(t, s, what, step{address: "a", kind: "link", args: args{"path": f.arg("k"), "target": text(target)}}); len(c.Warnings) > 0 {
			t.Errorf("a link to %s warns: %v", what, c.Warnings)
		}
	}
	must(t, os.Symlink("round", f.at("round")))
	c = mustCheck(t, s, "r", step{address: "a", kind: "link", args: args{"path": f.arg("k"), "target": text("round")}})
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Detail, "lead to each other") {
		t.Errorf("the warnings are %v, want that the links lead to each other", c.Warnings)
	}
}

// TestLinkInAPlan: what comes before a link is seen by it, and what comes after goes
// through it, though none of it is there yet.
func TestLinkInAPlan(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	s := newService()
	steps := []step{
		{address: "dir", kind: "directory", args: args{"path": f.arg("d")}},
		{address: "file", kind: "file", args: args{"path": f.arg("d/x"), "content": text("a\n")}, after: []string{"dir"}},
		{address: "to-dir", kind: "link", args: args{"path": f.arg("l"), "target": text("d")}, after: []string{"dir"}},
		{address: "to-file", kind: "link", args: args{"path": f.arg("m"), "target": text("l/x")}, after: []string{"file", "to-dir"}},
		{address: "line", kind: "line", args: args{"path": f.arg("m"), "line": text("b")}, after: []string{"to-file"}},
		{address: "behind", kind: "file", args: args{"path": f.arg("l/y"), "content": text("y")}, after: []string{"to-dir"}},
	}
	var planned []resource.Change
	for _, st := range steps {
		c := mustCheck(t, s, "p", st)
		if len(c.Warnings) > 0 {
			t.Errorf("%s warns: %v", st.address, c.Warnings)
		}
		planned = append(planned, c)
	}
	loop := step{address: "loop", kind: "link", args: args{"path": f.arg("k"), "target": text("back")}, after: []string{"back"}}
	mustCheck(t, s, "p", step{address: "back", kind: "link", args: args{"path": f.arg("back"), "target": text("k")}})
	_, err := check(t, s, "p", loop)
	wantProblem(t, err, "target", kind.CodeLinkLoop)

	for i, st := range steps {
		_, err := s.Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Address: st.address, Kind: st.kind, Args: resourcetest.Encode(t, st.args),
			Fingerprint: planned[i].Fingerprint, Key: planKey,
		})
		if err != nil {
			t.Fatalf("apply %s: %v", st.address, err)
		}
	}
	f.leads(t, "m", "l/x")
	f.holds(t, "d/x", "a\nb\n", 0o644)
	f.holds(t, "d/y", "y", 0o644)
}

// TestLinkWithATargetThatIsNotKnownYet: it is planned without the target. What would go
// through it cannot be, and the message says why.
func TestLinkWithATargetThatIsNotKnownYet(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	linked(t, f)
	s := newService()
	for name, want := range map[string]resource.Op{"l": resource.Update, "new": resource.Create} {
		c := mustCheck(t, s, "p", step{address: name, kind: "link", args: args{"path": f.arg(name)}, unknown: []string{"target"}})
		if _, shown := c.After["target"]; c.Op != want || shown || len(c.Warnings) > 0 {
			t.Errorf("%s is %s to %v, with %v, want %s and no target", name, c.Op, c.After, c.Warnings, want)
		}
		_, err := check(t, s, "p", step{address: "b", kind: "file", args: args{"path": f.arg(name + "/x"), "content": text("x")}, after: []string{name}})
		wantProblem(t, err, "path", kind.CodeUnknownTarget)
	}
}

// TestEndOfALinkThatWasChanged: a link that leads elsewhere by now, and what took its
// place, stays, and the plan says so.
func TestEndOfALinkThatWasChanged(t *testing.T) {
	for name, change := range map[string]func(f testDir) error{
		"leads elsewhere": func(f testDir) error { return os.Symlink("theirs", f.at("l")) },
		"is no link":      func(f testDir) error { return os.WriteFile(f.at("l"), []byte("theirs"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.empty(t)
			must(t, change(f))
			s, a := newService(), resourcetest.Encode(t, args{"path": f.arg("l"), "target": text("mine")})
			before := resourcetest.Tree(t, f.path, true)
			reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "link", Args: a, End: &resource.End{}, Key: planKey})
			must(t, err)
			if c := reply.Change; c.Op != resource.NoOp || len(c.Stays) != 1 || c.Stays[0].Code != kind.CodeStays {
				t.Errorf("the end is %s: %v, want that it stays", c.Op, c.Stays)
			}
			_, err = s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Address: "a", Kind: "link", Args: a, End: &resource.End{}, Key: planKey})
			must(t, err)
			if after := resourcetest.Tree(t, f.path, true); before[f.at("l")] != after[f.at("l")] {
				t.Errorf("%s became %s", before[f.at("l")], after[f.at("l")])
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
		"a link": {func(f testDir) error { return os.Symlink("a", f.at("l")) }, func(f testDir) error { return errors.Join(os.Remove(f.at("l")), os.Symlink("b", f.at("l"))) }, "target"},
		"a file": {func(f testDir) error { return os.WriteFile(f.at("l"), []byte("a"), 0o600) }, func(f testDir) error { return os.WriteFile(f.at("l"), []byte("b"), 0o600) }, "content"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.empty(t)
			must(t, c.setup(f))
			s, a := newService(), args{"path": f.arg("l"), "target": text("new"), "force": true}
			said := mustCheck(t, s, "p", step{address: "a", kind: "link", args: a})
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
		f.empty(t)
		linked(t, f)
		m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
			if op == "symlink" {
				return err
			}
			return nil
		}})
		wantProblem(t, apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.arg("l"), "target": text("y")}), want.attr, want.code)
		f.leads(t, "l", "x")
		f.nothingLeft(t)
	}
}

// TestLinkWhereRenameReplaces: on a file system that cannot rename without replacing, a new
// link still takes the place of nothing that turned up, and it is not followed.
func TestLinkWhereRenameReplaces(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	plainFile(t, f)
	m := resource.NewMachine(resource.Options{Fault: withoutNoReplace})
	must(t, apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.arg("l"), "target": text("x")}))
	f.leads(t, "l", "x")
	f.nothingLeft(t)
}

// plainLinks is set in the process that runs as an ordinary user.
const plainLinks = "MITOPLAN_TEST_LINKS"

// A plan says what its apply as an ordinary user would meet.
func TestLinkAsAPlainUser(t *testing.T) {
	if dir := os.Getenv(plainLinks); dir != "" {
		testPlainLinks(t, testDir{dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it links of others")
	}
	dir, err := os.MkdirTemp("", "links")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{dir}
	must(t, os.Chmod(dir, 0o755))
	for name, mode := range map[string]os.FileMode{"open": 0o777, "sticky": 0o777 | os.ModeSticky, "shut": 0o755} {
		must(t, os.Mkdir(f.at(name), 0o755))
		must(t, os.Symlink("a", f.at(name+"/roots")))
		must(t, os.Symlink("a", f.at(name+"/mine")))
		must(t, os.Lchown(f.at(name+"/mine"), childtest.PlainUser, childtest.PlainUser))
		must(t, os.Chmod(f.at(name), mode))
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
		c.args["path"] = f.arg(c.name)
		_, err := check(t, newService(), "p", step{address: "a", kind: "link", args: c.args})
		if c.attr != "" {
			wantProblem(t, err, c.attr, kind.CodePermission)
			continue
		}
		must(t, err)
		must(t, apply(t, newService(), "link", c.args))
		f.leads(t, c.name, string(c.args["target"].(cbor.ByteString)))
	}
}

// TestLinkInADirectoryOfOthers: whoever may write in the directory exchanges what root
// makes there, before it has its owner. Nothing else gets that owner.
func TestLinkInADirectoryOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives things away")
	}
	f := newTestDir(t)
	f.empty(t)
	must(t, os.Chmod(f.path, 0o777))
	f.write(t, "secret", "", 0o600)
	m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
		if op == "chown" {
			temps, _ := filepath.Glob(f.at(".mitoplan-*.tmp"))
			for _, temp := range temps {
				must(t, os.Rename(temp, temp+".away"))
				must(t, os.Mkdir(temp, 0o777))
				must(t, os.Link(f.at("secret"), temp+"/link"))
			}
		}
		return nil
	}})
	_ = apply(t, resource.NewService(m, kinds.Lookup), "link", args{"path": f.arg("l"), "target": text("x"), "owner": "12345"})
	f.owned(t, "secret", 0, 0)
}
