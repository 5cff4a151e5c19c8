package files_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/files"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/internal/tree"
)

// sent are the arguments that bring a source: pairs of a path and what is there. What ends in a
// slash is a directory, what begins with -> a link, and with ! or ? a program or a private file.
func sent(pairs ...string) args {
	var m tree.Manifest
	var contents []byte
	for k := 0; k < len(pairs); k += 2 {
		e, holds := tree.Entry{Path: pairs[k], Sort: tree.File}, pairs[k+1]
		if name, dir := strings.CutSuffix(e.Path, "/"); dir {
			e.Path, e.Sort = name, tree.Directory
		}
		if to, link := strings.CutPrefix(holds, "->"); link {
			e.Sort, e.Target = tree.Link, to
		}
		if rest, private := strings.CutPrefix(holds, "?"); private {
			e.Private, holds = true, rest
		}
		if rest, runs := strings.CutPrefix(holds, "!"); runs {
			e.Runs, holds = true, rest
		}
		if e.Sort == tree.File {
			e.Size, e.Sum = int64(len(holds)), sha256.Sum256([]byte(holds))
			contents = append(contents, holds...)
		}
		m.Entries = append(m.Entries, e)
	}
	return args{"source": text("./site"), "source_manifest": m.Encode(), "source_contents": append([]byte{}, contents...)}
}

// site is a source with one of each.
func site() args {
	return sent("bin", "!#!/bin/sh\n", "css/", "", "css/a.css", "a {}\n", "css/b.css", "b {}\n", "empty", "", "img/", "?", "img/logo", "->../css/a.css", "key", "?secret\n")
}

func synced(more args, pairs args) func(testDir) args {
	return func(f testDir) args {
		out := args{"path": f.Arg("x")}
		for name, v := range pairs {
			out[name] = v
		}
		for name, v := range more {
			out[name] = v
		}
		return out
	}
}

func holdsSite(t *testing.T, f testDir) {
	t.Helper()
	f.Holds(t, "x/bin", "#!/bin/sh\n", 0o755)
	f.Holds(t, "x/css/a.css", "a {}\n", 0o644)
	f.Holds(t, "x/css/b.css", "b {}\n", 0o644)
	f.Holds(t, "x/empty", "", 0o644)
	f.Holds(t, "x/key", "secret\n", 0o600)
	f.Leads(t, "x/img/logo", "../css/a.css")
	f.HasMode(t, "x", os.ModeDir|0o755)
	f.HasMode(t, "x/css", os.ModeDir|0o755)
	f.HasMode(t, "x/img", os.ModeDir|0o700)
	f.NothingLeft(t)
}

// halfSite has a part of it, other things, and one that differs in each way.
func halfSite(t *testing.T, f testDir) {
	must(t, os.MkdirAll(f.At("x/css"), 0o755))
	must(t, os.MkdirAll(f.At("x/old/deep"), 0o755))
	f.Write(t, "x/bin", "#!/bin/sh\n", 0o600)
	f.Write(t, "x/css/a.css", "edited\n", 0o644)
	f.Write(t, "x/css/b.css", "b {}\n", 0o644)
	f.Write(t, "x/old/deep/file", "old", 0o644)
	f.Write(t, "x/run.log", "log", 0o644)
}

// syncCase is a case in a directory. It is held against the whole contract if whole is set.
type syncCase struct {
	name   string
	whole  bool
	args   func(testDir) args
	setup  func(*testing.T, testDir)
	want   resource.Op
	verify func(*testing.T, testDir)
}

// run holds the case to the contract, as one of a kind.
func (c syncCase) run(t *testing.T, of string) {
	f := newTestDir(t)
	run := resourcetest.Quickly
	if c.whole {
		run = resourcetest.Run
	}
	run(t, resourcetest.Case{
		Kind: of, Args: c.args(f), Want: c.want, Snapshot: f.Snapshot,
		Neighbours: func() []resourcetest.Neighbour { return neighboursOf(f.At("x"))[:3] },
		Setup: func(t *testing.T) {
			f.Empty(t)
			if c.setup != nil {
				c.setup(t, f)
			}
		},
		Verify: func(t *testing.T) { c.verify(t, f) },
	})
}

func TestDirectorySync(t *testing.T) {
	for _, c := range []syncCase{
		{
			name: "is made, with those above", want: resource.Create, whole: true,
			args: func(f testDir) args {
				out := synced(nil, sent("a/", "", "a/b", "one", "l", "->a/b"))(f)
				out["path"] = f.Arg("d/x")
				return out
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "d/x/a/b", "one", 0o644) },
		}, {
			name: "is made", want: resource.Create, args: synced(nil, site()), verify: holdsSite,
		}, {
			name: "changes a file and deletes another", want: resource.Update, whole: true,
			args: synced(args{"delete": true}, sent("a/", "", "a/b", "new")),
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("x/a/c"), 0o755))
				f.Write(t, "x/a/b", "old", 0o644)
				f.Write(t, "x/a/c/d", "gone", 0o644)
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x/a/b", "new", 0o644)
				f.Gone(t, "x/a/c")
			},
		}, {
			name: "is put in order", want: resource.Update, args: synced(nil, site()), setup: halfSite,
			verify: func(t *testing.T, f testDir) {
				holdsSite(t, f)
				f.Holds(t, "x/old/deep/file", "old", 0o644)
			},
		}, {
			name: "deletes what the source does not have", want: resource.Update, setup: halfSite,
			args: synced(args{"delete": true, "exclude": []any{text("*.log")}}, site()),
			verify: func(t *testing.T, f testDir) {
				holdsSite(t, f)
				f.Gone(t, "x/old")
				f.Holds(t, "x/run.log", "log", 0o644)
			},
		}, {
			name: "deletes no link that a pattern of directories names", want: resource.NoOp,
			args: synced(args{"exclude": []any{text("data/")}, "delete": true}, sent("a/", "")),
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("x/a"), 0o755))
				must(t, os.Symlink("/elsewhere", f.At("x/data")))
				f.Write(t, "x/a/data", "text", 0o644)
			},
			verify: func(t *testing.T, f testDir) {
				f.Leads(t, "x/data", "/elsewhere")
				f.Holds(t, "x/a/data", "text", 0o644)
			},
		}, {
			name: "replaces what is of another type, with delete", want: resource.Update,
			args: synced(args{"delete": true}, site()),
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("x/key/in"), 0o755))
				f.Write(t, "x/css", "a file", 0o644)
				must(t, os.Symlink("/nowhere", f.At("x/bin")))
			},
			verify: holdsSite,
		}, {
			name: "loosens no directory that is there", want: resource.Update,
			args: synced(nil, sent("a/", "", "b/", "", "b/c", "new")),
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("x/a"), 0o755))
				must(t, os.MkdirAll(f.At("x/b"), 0o755))
				must(t, os.Chmod(f.At("x/a"), 0o777|os.ModeSticky))
				must(t, os.Chmod(f.At("x/b"), 0o700))
				must(t, os.Chmod(f.At("x"), 0o750))
			},
			verify: func(t *testing.T, f testDir) {
				f.HasMode(t, "x/a", os.ModeDir|os.ModeSticky|0o777)
				f.HasMode(t, "x/b", os.ModeDir|0o700)
				f.HasMode(t, "x", os.ModeDir|0o750)
			},
		}, {
			name: "changes a link that leads to what is no text", want: resource.Update, whole: true,
			args: synced(nil, sent("l", "->good")),
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.At("x"), 0o755))
				must(t, os.Symlink("bad\xff", f.At("x/l")))
			},
			verify: func(t *testing.T, f testDir) { f.Leads(t, "x/l", "good") },
		}, {
			name: "keeps permissions that are asked for", want: resource.Create,
			args: synced(args{"mode": "u=rwX,g=rX,o=", "directory_mode": "0555"}, site()),
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x/bin", "#!/bin/sh\n", 0o750)
				f.Holds(t, "x/css/a.css", "a {}\n", 0o640)
				f.HasMode(t, "x/css", os.ModeDir|0o555)
				f.HasMode(t, "x", os.ModeDir|0o555)
			},
		}, {
			name: "is as it should be", want: resource.NoOp, args: synced(args{"exclude": []any{text("*.log"), text("old/")}, "delete": true}, sent("a/", "", "a/b", "text")),
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("x/a"), 0o755))
				must(t, os.MkdirAll(f.At("x/old/deep"), 0o755))
				f.Write(t, "x/a/b", "text", 0o644)
				f.Write(t, "x/a/.log", "text", 0o644)
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x/a/.log", "text", 0o644) },
		},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, "directory_sync") })
	}
}

// TestDirectorySyncIsOnDisk: of many files, those that are new are synced all at once, in the end;
// one that is replaced is synced before. If that fails, the apply does.
func TestDirectorySyncIsOnDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere no call syncs a whole file system, and each file is synced by itself")
	}
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("x"), 0o755))
	f.Write(t, "x/f00", "old", 0o644)
	var pairs []string
	for k := range 40 {
		pairs = append(pairs, fmt.Sprintf("f%02d", k), "new")
	}
	var ops []string
	var fails error
	s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, p string) error {
		if strings.HasPrefix(op, "sync") || op == "rename" {
			ops = append(ops, op+" "+strings.TrimPrefix(p, f.At("x")))
		}
		if op == "sync all" {
			return fails
		}
		return nil
	}}), kinds.Lookup)
	a := synced(nil, sent(pairs...))(f)
	if err := apply(t, s, "directory_sync", a); err != nil {
		t.Fatal(err)
	}
	onceAtTheEnd := func(renames int) {
		t.Helper()
		synced := 0
		for _, op := range ops[:len(ops)-1] {
			if strings.HasPrefix(op, "sync") && !strings.HasPrefix(op, "sync /.mitoplan-") {
				t.Errorf("%s, which is synced with all", op)
			}
			if strings.HasPrefix(op, "sync ") {
				synced++
			}
		}
		if synced != renames || ops[len(ops)-1] != "sync all " {
			t.Errorf("%d files are synced by themselves, and at last %s; want %d, and all", synced, ops[len(ops)-1], renames)
		}
	}
	onceAtTheEnd(1)
	if err := os.RemoveAll(f.At("x")); err != nil {
		t.Fatal(err)
	}
	fails = errors.New("no disk")
	if err := apply(t, s, "directory_sync", a); err == nil {
		t.Error("the apply succeeds though nothing was synced")
	}
}

// TestDirectorySyncSparesMounts: what is mounted in a directory that goes, and is excluded, stays, and
// is no reason to refuse.
func TestDirectorySyncSparesMounts(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	for _, dir := range []string{"x/data/uploads", "x/data/old", "other"} {
		must(t, os.MkdirAll(f.At(dir), 0o755))
	}
	f.Write(t, "other/file", "kept", 0o644)
	f.Bind(t, "other", "x/data/uploads")
	a := args{"delete": true, "exclude": []any{text("uploads/")}}
	if err := apply(t, newService(), "directory_sync", synced(a, sent("a", "one"))(f)); err != nil {
		t.Fatal(err)
	}
	f.Gone(t, "x/data/old")
	f.Holds(t, "x/data/uploads/file", "kept", 0o644)
	delete(a, "exclude")
	wantProblem(t, apply(t, newService(), "directory_sync", synced(a, sent("a", "one"))(f)), "path", kind.CodeBusy)
	f.Holds(t, "other/file", "kept", 0o644)
}

// TestDirectorySyncOwns gives everything an owner and a group, links too.
func TestDirectorySyncOwns(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	if err := apply(t, s, "directory_sync", synced(args{"owner": "7", "group": "8"}, site())(f)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x", "x/css", "x/css/a.css", "x/img/logo", "x/empty"} {
		f.Owned(t, name, 7, 8)
	}
	must(t, os.Lchown(f.At("x/img/logo"), 0, 0))
	c := mustCheck(t, s, "p", step{Kind: "directory_sync", Args: synced(args{"owner": "7", "group": "8"}, site())(f)})
	if c.Op != resource.Update || c.Along == nil || len(c.Along.Entries) != 1 || c.Along.Entries[0].Path != "img/logo" {
		t.Errorf("a link of another owner is %s, %+v", c.Op, c.Along)
	}
}

// TestDirectorySyncSays: a check names exactly what differs.
func TestDirectorySyncSays(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	halfSite(t, f)
	must(t, os.Mkdir(f.At("x/img"), 0o700))
	must(t, os.Symlink("elsewhere", f.At("x/img/logo")))
	f.Write(t, "x/key", "Secret\n", 0o600)
	c := mustCheck(t, newService(), "p", step{Kind: "directory_sync", Args: synced(args{"delete": true}, site())(f)})
	var got []string
	for _, e := range c.Along.Entries {
		line := string(e.Op) + " " + string(e.Path)
		for _, name := range []string{"mode", "content", "target"} {
			if e.Before[name] != "" {
				line += " " + name + " " + e.Before[name] + " " + e.After[name]
			}
		}
		got = append(got, line)
	}
	want := []string{
		"update bin mode 0600 0755", "update css/a.css content 7 bytes 5 bytes", "create empty", "update img/logo target elsewhere ../css/a.css",
		"update key content 7 bytes 7 bytes, with other bytes", "delete old/deep/file", "delete old/deep", "delete old", "delete run.log",
	}
	if !slices.Equal(got, want) || c.Along.Count != int64(len(want)) {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDirectorySyncReplacesForOthers: of a directory that takes the place of a file, later blocks of
// the plan see the directory.
func TestDirectorySyncReplacesForOthers(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("x"), 0o755))
	f.Write(t, "x/css", "a file", 0o644)
	c := mustCheck(t, newService(), "p", step{Kind: "directory_sync", Args: synced(args{"delete": true}, site())(f)})
	var got []resource.EntryType
	for _, e := range c.Effects {
		if e.Thing == kind.PathThing(f.At("x/css")) {
			got = append(got, e.Entry.Type)
		}
	}
	if !slices.Equal(got, []resource.EntryType{resource.TypeDirectory}) {
		t.Errorf("it becomes %v", got)
	}
}

func TestDirectorySyncProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "file", "x", 0o644)
	must(t, os.MkdirAll(f.At("x/key/in"), 0o755))
	must(t, os.MkdirAll(f.At("y"), 0o755))
	must(t, os.Symlink(f.At("y"), f.At("y/css")))
	at := func(name string, more args, pairs args) args {
		out := synced(more, pairs)(f)
		out["path"] = f.Arg(name)
		return out
	}
	for _, c := range []struct {
		name string
		args args
		attr string
		code kind.Code
	}{
		{"a file is at the path", at("file", nil, site()), "path", kind.CodeInTheWay},
		{"a file is above the path", at("file/x", nil, site()), "path", kind.CodeNoParent},
		{"a directory is in the way of a file", at("x", nil, site()), "path", kind.CodeInTheWay},
		{"a link is in the way of a directory", at("y", nil, site()), "path", kind.CodeInTheWay},
		{"no list arrived", args{"path": f.Arg("z"), "source": text("site")}, "source", kind.CodeSource},
		{"the list is damaged", args{"path": f.Arg("z"), "source": text("site"), "source_manifest": []byte{9}, "source_contents": []byte{}}, "source", kind.CodeSource},
		{"a path is no path", args{"path": text("x"), "source": text("site")}, "path", kind.CodePath},
		{"a pattern is bad", at("z", args{"exclude": []any{text("a[")}}, site()), "exclude", kind.ArgumentCode("exclude")},
		{"a mode is bad", at("z", args{"directory_mode": "rwx"}, site()), "directory_mode", kind.CodeMode},
		{"the root is emptied", args{"path": text("/"), "source": text("site"), "delete": true}, "delete", kind.CodePath},
		{"what is excluded is in the way", at("x", args{"delete": true, "exclude": []any{text("in")}}, sent("key", "a file")), "exclude", kind.CodeInTheWay},
	} {
		t.Run(c.name, func(t *testing.T) { resourcetest.Problem(t, "directory_sync", c.args, c.attr, c.code) })
	}
}

// TestDirectorySyncTightensFirst: a directory that is to be closed to others is, before something is
// put into it, also by an apply that fails.
func TestDirectorySyncTightensFirst(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.MkdirAll(f.At("x/img"), 0o755))
	a := synced(args{"directory_mode": "0700"}, sent("a", "one", "img/", "?", "img/b", "two"))(f)
	a["source_contents"] = []byte("ONEtwo")
	wantProblem(t, apply(t, newService(), "directory_sync", a), "", kind.CodeSource)
	f.HasMode(t, "x", os.ModeDir|0o700)
	f.HasMode(t, "x/img", os.ModeDir|0o700)
}

// TestDirectorySyncLeavesOutUnfinished: what an apply would sweep is in no tree.
func TestDirectorySyncLeavesOutUnfinished(t *testing.T) {
	if name := resource.TempName("x"); !tree.Unfinished(name) || !resource.Leftover(name) {
		t.Errorf("%s is in a tree", name)
	}
}

// TestDirectorySyncTakesNoOtherBytes: contents that are not those of the list are not put in place.
func TestDirectorySyncTakesNoOtherBytes(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "keep", "", 0o644)
	a := synced(nil, sent("a", "one", "b", "two"))(f)
	a["source_contents"] = []byte("oneTWO")
	err := apply(t, newService(), "directory_sync", a)
	wantProblem(t, err, "", kind.CodeSource)
	f.Holds(t, "x/a", "one", 0o644)
	f.Gone(t, "x/b")
	f.NothingLeft(t)
}

// TestDirectorySyncEnds: what an apply put there goes, what was edited since and what others put
// there stays and is named.
func TestDirectorySyncEnds(t *testing.T) {
	ends := func(f testDir, e resource.End) ending {
		return ending{Kind: "directory_sync", Args: args{"path": f.Arg("x"), "source": text("./site"), "source_manifest": site()["source_manifest"]}, End: e}
	}
	t.Run("all of it", func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, apply(t, newService(), "directory_sync", synced(nil, site())(f)))
		must(t, ends(f, resource.End{}).Apply(t, newService(), ""))
		f.Gone(t, "x")
	})
	t.Run("not what others did", func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, apply(t, newService(), "directory_sync", synced(nil, site())(f)))
		f.Write(t, "x/css/a.css", "edited", 0o644)
		f.Write(t, "x/theirs", "", 0o644)
		c, err := ends(f, resource.End{}).Check(t, newService(), "a")
		must(t, err)
		if c.Op != resource.Update || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Detail, `"css"`) || !strings.Contains(c.Warnings[0].Detail, `"theirs"`) || !strings.Contains(c.Warnings[0].Detail, `"css/a.css"`) {
			t.Errorf("the end is %s, %v", c.Op, c.Warnings)
		}
		must(t, ends(f, resource.End{}).Apply(t, newService(), c.Fingerprint))
		f.Holds(t, "x/css/a.css", "edited", 0o644)
		f.Holds(t, "x/theirs", "", 0o644)
		f.Gone(t, "x/css/b.css")
		f.Gone(t, "x/img")
		f.Gone(t, "x/bin")
	})
	t.Run("of what was there before only what was made", func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, os.MkdirAll(f.At("x/css"), 0o755))
		f.Write(t, "x/css/a.css", "a {}\n", 0o644)
		c := mustCheck(t, newService(), "p", step{Kind: "directory_sync", Args: synced(nil, site())(f)})
		must(t, apply(t, newService(), "directory_sync", synced(nil, site())(f)))
		must(t, ends(f, resource.End{Adopted: true, Kept: *c.Kept}).Apply(t, newService(), ""))
		f.Holds(t, "x/css/a.css", "a {}\n", 0o644)
		f.Gone(t, "x/css/b.css")
		f.Gone(t, "x/img")
	})
	t.Run("nothing that is not recorded", func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, apply(t, newService(), "directory_sync", synced(nil, site())(f)))
		e := ending{Kind: "directory_sync", Args: args{"path": f.Arg("x")}}
		c, err := e.Check(t, newService(), "a")
		must(t, err)
		if c.Op != resource.NoOp || len(c.Stays) != 1 {
			t.Errorf("the end is %s, %v", c.Op, c.Stays)
		}
	})
}

// TestDirectorySyncKeepsEdits: what another program writes while an apply runs is not lost.
func TestDirectorySyncKeepsEdits(t *testing.T) {
	edited := func(f testDir, name string, done *bool) resource.Options {
		return resource.Options{Fault: func(op, _ string) error {
			if (op == "remove" || op == "write") && !*done {
				*done = true
				_ = os.Remove(f.At(name))
				f.Write(t, name, "theirs", 0o644)
			}
			return nil
		}}
	}
	t.Run("a file that is removed", func(t *testing.T) {
		f, done := newTestDir(t), false
		f.Empty(t)
		must(t, apply(t, newService(), "directory_sync", synced(nil, site())(f)))
		s := resource.NewService(resource.NewMachine(edited(f, "x/bin", &done)), kinds.Lookup)
		e := ending{Kind: "directory_sync", Args: args{"path": f.Arg("x"), "source": text("./site"), "source_manifest": site()["source_manifest"]}}
		if err := e.Apply(t, s, ""); err == nil || !done {
			t.Errorf("it is removed, %v", done)
		}
		f.Holds(t, "x/bin", "theirs", 0o644)
	})
	t.Run("a file where a link is made", func(t *testing.T) {
		f, done := newTestDir(t), false
		f.Empty(t)
		must(t, os.Mkdir(f.At("x"), 0o755))
		s := resource.NewService(resource.NewMachine(edited(f, "x/b", &done)), kinds.Lookup)
		if err := apply(t, s, "directory_sync", synced(nil, sent("a", "one", "b", "->a"))(f)); err == nil || !done {
			t.Errorf("it is replaced, %v", done)
		}
		f.Holds(t, "x/b", "theirs", 0o644)
	})
}

// TestDirectorySyncLimitsDelete: delete does not go through what may be the wrong directory.
func TestDirectorySyncLimitsDelete(t *testing.T) {
	defer files.LimitDeleted(2)()
	f := newTestDir(t)
	f.Empty(t)
	halfSite(t, f)
	resourcetest.Problem(t, "directory_sync", synced(args{"delete": true}, site())(f), "delete", kind.CodeTooLong)
}

// TestDirectorySyncTakesNoLink: what another user turns into a link while an apply runs leads
// nothing elsewhere, and a link of another user on the way is refused.
func TestDirectorySyncTakesNoLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root makes links of another user")
	}
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("elsewhere"), 0o755))
	must(t, os.Mkdir(f.At("open"), 0o777))
	must(t, os.Chmod(f.At("open"), 0o777))
	must(t, os.Symlink(f.At("elsewhere"), f.At("open/x")))
	must(t, os.Lchown(f.At("open/x"), 12345, 12345))
	a := synced(nil, site())(f)
	a["path"] = f.Arg("open/x")
	wantProblem(t, apply(t, newService(), "directory_sync", a), "path", kind.CodeUnsafeLink)
	if left, _ := os.ReadDir(f.At("elsewhere")); len(left) > 0 {
		t.Errorf("%v is behind the link", left)
	}
}
