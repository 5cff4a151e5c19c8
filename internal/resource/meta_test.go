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
func (f testDir) namesIn(t *testing.T, dirOwner int, dirMode uint32, fileOwner int) {
	f.empty(t)
	must(t, os.Mkdir(f.at("victims"), 0o755))
	for _, dir := range []string{"in", "in/d"} {
		must(t, os.Mkdir(f.at(dir), 0o755))
		must(t, os.Lchown(f.at(dir), dirOwner, dirOwner))
		must(t, unix.Chmod(f.at(dir), dirMode))
	}
	for name, in := range map[string]string{"x": "in/x", "y": "in/d/y"} {
		f.write(t, "victims/"+name, "victim's\n", 0o600)
		must(t, os.Lchown(f.at("victims/"+name), fileOwner, fileOwner))
		must(t, os.Link(f.at("victims/"+name), f.at(in)))
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
					f.namesIn(t, place.owner, place.mode, place.fileOwner)
					a := args{"hard_links": word}
					for name, v := range c.args {
						a[name] = v
					}
					a["path"] = f.arg(c.args["path"].(string))
					victims := resourcetest.Tree(t, f.at("victims"), false)
					if place.refused && !word {
						resourcetest.Problem(t, c.kind, a, "path", "several_names")
						wantSame(t, victims, resourcetest.Tree(t, f.at("victims"), false))
						return
					}
					must(t, apply(t, newService(), c.kind, a))
					if c := mustCheck(t, newService(), "p", step{address: "a", kind: c.kind, args: a}); c.Op != resource.NoOp {
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
			f.namesIn(t, 0, 0o1777, 0)
			victims := resourcetest.Tree(t, f.at("victims"), false)
			c.args["path"] = f.arg("in/x")
			must(t, apply(t, newService(), c.kind, c.args))
			wantSame(t, victims, resourcetest.Tree(t, f.at("victims"), false))
			mode := os.FileMode(0o600)
			if c.kind == "file" {
				mode = 0o644
			}
			f.holds(t, "in/x", c.want, mode)
		})
	}
}

// TestANameGivenMeanwhile: a file is looked at, and somebody then puts another file
// with a second name in its place. The change is refused.
func TestANameGivenMeanwhile(t *testing.T) {
	rootOnly(t)
	f := newTestDir(t)
	f.empty(t)
	must(t, mkdir(f.at("in")))
	must(t, mkdir(f.at("victims")))
	must(t, os.Chmod(f.at("in"), 0o777))
	f.write(t, "in/a", "", 0o600)
	f.write(t, "in/b", "", 0o600)
	f.write(t, "victims/secret", "secret", 0o600)
	for _, put := range []func(string, string) error{os.Link, os.Symlink} {
		swapped := false
		m := resource.NewMachine(resource.Options{Fault: func(op, p string) error {
			if op == "chmod" && p == f.at("in/b") {
				swapped = true
				must(t, os.Remove(f.at("in/a")))
				must(t, put(f.at("victims/secret"), f.at("in/a")))
			}
			return nil
		}})
		must(t, os.Chmod(f.at("in/b"), 0o600))
		err := apply(t, resource.NewService(m, kinds.Lookup), "directory", args{"path": f.arg("in"), "mode": "0666", "recurse": true})
		if !swapped || err == nil {
			t.Errorf("that the file was swapped is %v, and the error is %v, want true and a refusal", swapped, err)
		}
		f.holds(t, "victims/secret", "secret", 0o600)
		must(t, os.Remove(f.at("in/a")))
		f.write(t, "in/a", "", 0o600)
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
				f.empty(t)
				must(t, os.Lchown(f.path, dirOwner, dirOwner))
				f.write(t, "x", "#!/bin/sh\n", 0o600)
				must(t, os.Lchown(f.at("x"), somebody, somebody))
				must(t, unix.Chmod(f.at("x"), c.mode))
				a := args{"path": f.arg("x")}
				for name, v := range c.args {
					a[name] = v
				}
				s := newService()
				said := mustCheck(t, s, "p", step{address: "a", kind: "file", args: a})
				if warned := len(said.Warnings) > 0; warned != (c.want != c.mode && c.args["mode"] == nil) {
					t.Errorf("the warnings are %v", said.Warnings)
				}
				must(t, apply(t, s, "file", a))
				var st unix.Stat_t
				must(t, unix.Lstat(f.at("x"), &st))
				if got := uint32(st.Mode & 0o7777); got != c.want || said.Effects[0].Entry.Mode != int64(c.want) {
					t.Errorf("the mode is %o and was planned as %o, want %o", got, said.Effects[0].Entry.Mode, c.want)
				}
				if again := mustCheck(t, newService(), "p", step{address: "a", kind: "file", args: a}); again.Op != resource.NoOp {
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
	f.empty(t)
	must(t, os.Lchown(f.path, somebody, somebody))
	f.write(t, "x", "good\n", 0o644)
	must(t, os.Lchown(f.at("x"), somebody, somebody))
	theirs, err := os.OpenFile(f.at("x"), os.O_WRONLY, 0)
	must(t, err)
	defer theirs.Close()
	a := args{"path": f.arg("x"), "content": text("good\n"), "owner": "root", "mode": "4755"}
	must(t, apply(t, newService(), "file", a))
	_, err = theirs.WriteAt([]byte("evil\n"), 0)
	must(t, err)
	f.holds(t, "x", "good\n", 0o755|os.ModeSetuid)

	must(t, os.Chmod(f.at("x"), 0o644))
	for _, op := range []string{"create", "write", "chown", "chmod", "sync", "rename"} {
		m := resource.NewMachine(resource.Options{Fault: func(is, _ string) error {
			if is == op {
				must(t, os.WriteFile(f.at("evil"), []byte("evil\n"), 0o644))
				must(t, os.Rename(f.at("evil"), f.at("x")))
			}
			return nil
		}})
		_ = apply(t, resource.NewService(m, kinds.Lookup), "file", a)
		b, err := os.ReadFile(f.at("x"))
		must(t, err)
		st, err := os.Stat(f.at("x"))
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
	f.empty(t)
	must(t, unix.Chmod(f.path, 0o1777))
	f.write(t, "x", "", 0o600)
	must(t, apply(t, newService(), "file", args{"path": f.arg("x"), "mode": "0640"}))
	f.holds(t, "x", "", 0o640)
	if _, err := exec.LookPath("mkfifo"); err == nil {
		must(t, exec.Command("mkfifo", f.at("p")).Run())
		must(t, apply(t, newService(), "directory", args{"path": text(f.path), "mode": "0750", "recurse": true}))
		resourcetest.Problem(t, "file", args{"path": f.arg("p"), "mode": "0640"}, "path", "in_the_way")
		resourcetest.Problem(t, "line", args{"path": f.arg("p"), "line": text("x")}, "path", "in_the_way")
	}
}
