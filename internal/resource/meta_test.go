package resource_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// somebody is the user id of another user, who may want to harm root.
const somebody = 12345

func rootOnly(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others")
	}
}

// namesIn makes a directory with a file "x" that has a second name outside, and a
// directory "d" with such a file "y".
func namesIn(t *testing.T, f testDir, dirOwner int, dirMode uint32, fileOwner int) {
	f.Empty(t)
	must(t, os.Mkdir(f.At("victims"), 0o755))
	for _, dir := range []string{"in", "in/d"} {
		must(t, os.Mkdir(f.At(dir), 0o755))
		must(t, os.Lchown(f.At(dir), dirOwner, dirOwner))
		must(t, unix.Chmod(f.At(dir), dirMode))
	}
	for name, in := range map[string]string{"x": "in/x", "y": "in/d/y"} {
		f.Write(t, "victims/"+name, "victim's\n", 0o600)
		must(t, os.Lchown(f.At("victims/"+name), fileOwner, fileOwner))
		must(t, os.Link(f.At("victims/"+name), f.At(in)))
	}
}

// TestFilesWithSeveralNames: in a place where others write, a file may be
// somebody's file under a second name. Its owner and mode are changed only if all
// of its names are meant.
func TestFilesWithSeveralNames(t *testing.T) {
	rootOnly(t)
	for _, place := range []struct {
		name      string
		owner     int
		mode      uint32
		fileOwner int
		refused   bool
	}{
		{"in a directory of root", 0, 0o755, 0, false},
		{"of another, in a directory of root", 0, 0o755, somebody, false},
		{"where everybody may write", 0, 0o1777, 0, true},
		{"of another, where everybody may write", 0, 0o1777, somebody, true},
		{"where a group may write", 0, 0o775, 0, true},
		{"in the directory of another", somebody, 0o755, 0, true},
		{"that the owner of the directory owns", somebody, 0o755, somebody, false},
		{"that the owner of the directory owns, where a group may write", somebody, 0o775, somebody, true},
	} {
		for _, c := range []struct {
			kind string
			args args
		}{
			{"file", args{"path": "in/x", "mode": "0644"}},
			{"file", args{"path": "in/x", "owner": "54321"}},
			{"file", args{"path": "in/x", "group": "54321"}},
			{"directory", args{"path": "in", "mode": "0755", "recurse": true}},
			{"directory", args{"path": "in", "owner": "54321", "recurse": true}},
		} {
			for _, word := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s: %s %v, word %v", place.name, c.kind, c.args, word), func(t *testing.T) {
					f := newTestDir(t)
					namesIn(t, f, place.owner, place.mode, place.fileOwner)
					a := args{"hard_links": word}
					for name, v := range c.args {
						a[name] = v
					}
					a["path"] = f.Arg(c.args["path"].(string))
					victims := resourcetest.Tree(t, f.At("victims"), false)
					if place.refused && !word {
						resourcetest.Problem(t, c.kind, a, "path", "several_names")
						wantSame(t, victims, resourcetest.Tree(t, f.At("victims"), false))
						return
					}
					must(t, apply(t, newService(), c.kind, a))
					if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: c.kind, Args: a}); c.Op != resource.NoOp {
						t.Errorf("the second check says %s, want no-op", c.Op)
					}
				})
			}
		}
	}
}

func wantSame(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name := range want {
		if want[name] != got[name] {
			t.Errorf("%s is %q, was %q", name, got[name], want[name])
		}
	}
}

// TestContentIsPutBesideOtherNames: in a place where others write, a file whose
// content is managed is replaced by a new file. Its other names keep the old one.
func TestContentIsPutBesideOtherNames(t *testing.T) {
	rootOnly(t)
	for name, c := range map[string]struct {
		kind string
		args args
		want string
	}{
		"other content": {"file", args{"content": text("new"), "owner": "54321", "mode": "0644"}, "new"},
		"the same":      {"file", args{"content": text("victim's\n"), "owner": "54321", "mode": "0644"}, "victim's\n"},
		"a line":        {"line", args{"line": text("more")}, "victim's\nmore\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			namesIn(t, f, 0, 0o1777, 0)
			victims := resourcetest.Tree(t, f.At("victims"), false)
			c.args["path"] = f.Arg("in/x")
			must(t, apply(t, newService(), c.kind, c.args))
			wantSame(t, victims, resourcetest.Tree(t, f.At("victims"), false))
			mode := os.FileMode(0o600)
			if c.kind == "file" {
				mode = 0o644
			}
			f.Holds(t, "in/x", c.want, mode)
		})
	}
}

// TestANameGivenMeanwhile: a file is looked at, and somebody then puts another file
// with a second name in its place. The change is refused.
func TestANameGivenMeanwhile(t *testing.T) {
	rootOnly(t)
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("in")))
	must(t, mkdir(f.At("victims")))
	must(t, os.Chmod(f.At("in"), 0o777))
	f.Write(t, "in/a", "", 0o600)
	f.Write(t, "in/b", "", 0o600)
	f.Write(t, "victims/secret", "secret", 0o600)
	for _, put := range []func(string, string) error{os.Link, os.Symlink} {
		swapped := false
		m := resource.NewMachine(resource.Options{Fault: func(op, p string) error {
			if op == "chmod" && p == f.At("in/b") {
				swapped = true
				must(t, os.Remove(f.At("in/a")))
				must(t, put(f.At("victims/secret"), f.At("in/a")))
			}
			return nil
		}})
		must(t, os.Chmod(f.At("in/b"), 0o600))
		err := apply(t, resource.NewService(m, kinds.Lookup), "directory", args{"path": f.Arg("in"), "mode": "0666", "recurse": true})
		if !swapped || err == nil {
			t.Errorf("that the file was swapped is %v, and the error is %v, want true and a refusal", swapped, err)
		}
		f.Holds(t, "victims/secret", "secret", 0o600)
		must(t, os.Remove(f.At("in/a")))
		f.Write(t, "in/a", "", 0o600)
	}
}

// TestRightsAreNotLentOn holds that the set-user-ID and set-group-ID bits do not
// pass to a new owner by themselves. Whoever set them gave away only their own
// rights.
func TestRightsAreNotLentOn(t *testing.T) {
	rootOnly(t)
	for _, c := range []struct {
		args       args
		mode, want uint32
	}{
		{args{"owner": "root"}, 0o4755, 0o755},
		{args{"owner": "root", "content": text("#!/bin/sh\n")}, 0o4755, 0o755},
		{args{"owner": "root", "content": text("new")}, 0o4755, 0o755},
		{args{"group": "root"}, 0o2755, 0o755},
		{args{"group": "root"}, 0o4755, 0o4755},
		{args{"owner": "root"}, 0o2755, 0o2755},
		{args{"owner": "root", "group": "root"}, 0o6755, 0o755},
		{args{"owner": "root", "mode": "u+r"}, 0o4755, 0o755},
		{args{"owner": "root", "mode": "4755"}, 0o4755, 0o4755},
		{args{"owner": "root", "mode": "4755", "content": text("new")}, 0o755, 0o4755},
		{args{"content": text("new")}, 0o4755, 0o4755},
	} {
		for _, dirOwner := range []int{0, somebody} {
			t.Run(fmt.Sprintf("%v %o in a directory of %d", c.args, c.mode, dirOwner), func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				must(t, os.Lchown(f.Path, dirOwner, dirOwner))
				f.Write(t, "x", "#!/bin/sh\n", 0o600)
				must(t, os.Lchown(f.At("x"), somebody, somebody))
				must(t, unix.Chmod(f.At("x"), c.mode))
				a := args{"path": f.Arg("x")}
				for name, v := range c.args {
					a[name] = v
				}
				s := newService()
				said := mustCheck(t, s, "p", step{Address: "a", Kind: "file", Args: a})
				if warned := len(said.Warnings) > 0; warned != (c.want != c.mode && c.args["mode"] == nil) {
					t.Errorf("the warnings are %v", said.Warnings)
				}
				must(t, apply(t, s, "file", a))
				var st unix.Stat_t
				must(t, unix.Lstat(f.At("x"), &st))
				if got := uint32(st.Mode & 0o7777); got != c.want || said.Effects[0].Entry.Mode != int64(c.want) {
					t.Errorf("the mode is %o and was planned as %o, want %o", got, said.Effects[0].Entry.Mode, c.want)
				}
				if again := mustCheck(t, newService(), "p", step{Address: "a", Kind: "file", Args: a}); again.Op != resource.NoOp {
					t.Errorf("the second check says %s, want no-op", again.Op)
				}
			})
		}
	}
}

// TestOthersDoNotKeepTheirHandOnAFile: root becomes the owner of a file whose
// content is right, while the former owner holds it open or puts another file in
// its place. In no case does a file with the content of the former owner get
// set-user-ID.
func TestOthersDoNotKeepTheirHandOnAFile(t *testing.T) {
	rootOnly(t)
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Lchown(f.Path, somebody, somebody))
	f.Write(t, "x", "good\n", 0o644)
	must(t, os.Lchown(f.At("x"), somebody, somebody))
	theirs, err := os.OpenFile(f.At("x"), os.O_WRONLY, 0)
	must(t, err)
	defer theirs.Close()
	a := args{"path": f.Arg("x"), "content": text("good\n"), "owner": "root", "mode": "4755"}
	must(t, apply(t, newService(), "file", a))
	_, err = theirs.WriteAt([]byte("evil\n"), 0)
	must(t, err)
	f.Holds(t, "x", "good\n", 0o755|os.ModeSetuid)

	must(t, os.Chmod(f.At("x"), 0o644))
	for _, op := range []string{"create", "write", "chown", "chmod", "sync", "rename"} {
		m := resource.NewMachine(resource.Options{Fault: func(is, _ string) error {
			if is == op {
				must(t, os.WriteFile(f.At("evil"), []byte("evil\n"), 0o644))
				must(t, os.Rename(f.At("evil"), f.At("x")))
			}
			return nil
		}})
		_ = apply(t, resource.NewService(m, kinds.Lookup), "file", a)
		b, err := os.ReadFile(f.At("x"))
		must(t, err)
		st, err := os.Stat(f.At("x"))
		must(t, err)
		if string(b) != "good\n" && st.Mode()&os.ModeSetuid != 0 {
			t.Errorf("at %s: a file of somebody else got the mode %v with the content %q", op, st.Mode(), b)
		}
	}
}

// TestOneNameWhereOthersWrite: a file or directory with a single name is changed
// without further questions, even in a place where others write.
func TestOneNameWhereOthersWrite(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, unix.Chmod(f.Path, 0o1777))
	f.Write(t, "x", "", 0o600)
	must(t, apply(t, newService(), "file", args{"path": f.Arg("x"), "mode": "0640"}))
	f.Holds(t, "x", "", 0o640)
	if _, err := exec.LookPath("mkfifo"); err == nil {
		must(t, exec.Command("mkfifo", f.At("p")).Run())
		must(t, apply(t, newService(), "directory", args{"path": text(f.Path), "mode": "0750", "recurse": true}))
		resourcetest.Problem(t, "file", args{"path": f.Arg("p"), "mode": "0640"}, "path", "in_the_way")
		resourcetest.Problem(t, "line", args{"path": f.Arg("p"), "line": text("x")}, "path", "in_the_way")
	}
}
