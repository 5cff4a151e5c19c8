package resource_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestBackup holds that the old content is kept beside the file. Nothing is kept if
// the file is new or its content stays.
func TestBackup(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	for i, content := range []string{"one", "two", "two"} {
		must(t, apply(t, s, "file", args{"path": f.Arg("x"), "content": text(content), "backup": true, "mode": "0600"}))
		kept, _ := filepath.Glob(f.At("x.*.bak"))
		if want := min(i, 1); len(kept) != want {
			t.Fatalf("after %d writes %q are kept, want %d", i+1, kept, want)
		}
		if len(kept) == 1 {
			f.Holds(t, filepath.Base(kept[0]), "one", 0o600)
		}
	}
}

// TestAccessListIsKept gives a file an access list, in the bytes of the kernel's
// own form, and replaces the file. The new file has the same list.
func TestAccessListIsKept(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o640)
	list := []byte{2, 0, 0, 0}
	for _, e := range [][3]uint32{{1, 6, ^uint32(0)}, {2, 4, 12345}, {4, 4, ^uint32(0)}, {16, 4, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(e[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	const name = "system.posix_acl_access"
	if err := unix.Setxattr(f.At("x"), name, list, 0); err != nil {
		t.Skipf("no access lists here: %v", err)
	}
	must(t, apply(t, newService(), "file", args{"path": f.Arg("x"), "content": text("new")}))
	f.Holds(t, "x", "new", 0o640)
	if got := attribute(t, f.At("x"), name); got != string(list) {
		t.Errorf("the access list became %x, want %x", got, list)
	}
}

// TestOwnerIsKept: root replaces a file of somebody else with set-user-ID. Owner
// and mode stay.
func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others to replace")
	}
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o644)
	must(t, os.Chown(f.At("x"), 12345, 54321))
	must(t, os.Chmod(f.At("x"), 0o750|os.ModeSetuid))
	must(t, apply(t, newService(), "file", args{"path": f.Arg("x"), "content": text("new")}))
	must(t, apply(t, newService(), "file", args{"path": f.Arg("x"), "group": "54322"}))
	f.Holds(t, "x", "new", 0o750|os.ModeSetuid)
	var st unix.Stat_t
	must(t, unix.Lstat(f.At("x"), &st))
	if st.Uid != 12345 || st.Gid != 54322 {
		t.Errorf("the file belongs to %d:%d, want 12345:54322", st.Uid, st.Gid)
	}
}

// TestSideBySide writes many files of one directory at the same time, from two
// agents. None of them takes the temporary file of another for a leftover.
func TestSideBySide(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	services := []*resource.Service{newService(), newService()}
	for i := range 40 {
		wg.Go(func() {
			_, err := services[i%2].Apply(t.Context(), resource.ApplyRequest{
				Session: fmt.Sprint("run ", i), Kind: "file",
				Args: resourcetest.Encode(t, args{"path": f.Arg(fmt.Sprint("f", i)), "content": text("x")}),
			})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	left, _ := filepath.Glob(f.At(".mitoplan-*"))
	made, _ := filepath.Glob(f.At("f*"))
	if len(left) != 0 || len(made) != 40 {
		t.Errorf("%d files were made, want 40, and %q is left", len(made), left)
	}
}

// TestLongFileIsHashedInPieces checks and removes a file that is far longer than
// what may be held of it in memory.
func TestLongFileIsHashedInPieces(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "", 0o644)
	must(t, os.Truncate(f.At("x"), 256<<20))
	s := newService()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := mustCheck(t, s, "p", step{Address: "x", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("short")}})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("a check of 256 MiB took %d bytes of memory", got)
	}
	if d, ok := resource.AsDigest(c.Before["content"]); !ok || d.Size != 256<<20 {
		t.Errorf("before is %v, want a digest of 256 MiB", c.Before["content"])
	}
	_, err := check(t, s, "p", step{Address: "l", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a")}})
	wantProblem(t, err, "path", "too_long")
}

// TestBusyFile replaces a file that is a mount point itself, as in a container.
func TestBusyFile(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o644)
	f.Write(t, "over", "over", 0o644)
	f.Bind(t, "over", "x")
	for _, a := range []args{{"content": text("new")}, {"state": "absent"}, {"content": text("new"), "force": true}, {"state": "absent", "backup": true}} {
		a["path"] = f.Arg("x")
		resourcetest.Problem(t, "file", a, "path", "busy")
	}
	resourcetest.Problem(t, "line", args{"path": f.Arg("x"), "line": text("new")}, "path", "busy")
	s := newService() // One in place does not make the next one possible.
	mustCheck(t, s, "p", step{Address: "f", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("new"), "in_place": true}})
	_, err := check(t, s, "p", step{Address: "l", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("more")}, After: []string{"f"}})
	wantProblem(t, err, "path", "busy")
	left, _ := filepath.Glob(f.At(".mitoplan-*"))
	if len(left) != 0 {
		t.Errorf("%q is left", left)
	}
	err = apply(t, newService(), "directory", args{"path": text(f.Path), "state": "absent", "recurse": true})
	if err == nil || errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "absent") {
		t.Errorf("a directory with a mount inside was removed: %v", err)
	}
	f.Holds(t, "over", "over", 0o644)
	must(t, apply(t, newService(), "file", args{"path": f.Arg("x"), "content": text("new\n"), "in_place": true, "mode": "0640", "validate": text("grep -q new %s"), "backup": true}))
	must(t, apply(t, newService(), "line", args{"path": f.Arg("x"), "line": text("more"), "in_place": true}))
	f.Holds(t, "over", "new\nmore\n", 0o640)
	if kept, _ := filepath.Glob(f.At("x.*.bak")); len(kept) != 1 {
		t.Errorf("the backups are %q, want one", kept)
	} else {
		f.Holds(t, filepath.Base(kept[0]), "over", 0o644)
	}
}

// TestALinkPutInTheWayLeadsNowhere: the owner of a directory in the path puts a
// link there while the change is made. Nothing that the link leads to is changed.
func TestALinkPutInTheWayLeadsNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		op   string
		args args
	}{
		"file":      {"file", "create", args{"content": text("mine\n")}},
		"meta":      {"file", "chmod", args{"mode": "0600"}},
		"absent":    {"file", "remove", args{"state": "absent"}},
		"line":      {"line", "rename", args{"line": text("b")}},
		"directory": {"directory", "create", args{"path": "new"}},
		"recurse":   {"directory", "chmod", args{"path": "tree", "mode": "0700", "recurse": true}},
		"tree":      {"directory", "remove", args{"path": "tree", "state": "absent", "recurse": true}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			for _, dir := range []string{"victim", "mine"} {
				must(t, mkdir(f.At(dir)))
				must(t, mkdir(f.At(dir+"/tree")))
				f.Write(t, dir+"/x", "a\n", 0o644)
				f.Write(t, dir+"/tree/y", "a\n", 0o644)
			}
			want := resourcetest.Tree(t, f.At("victim"), false)
			name, _ := c.args["path"].(string)
			if name == "" {
				name = "x"
			}
			c.args["path"] = f.Arg("mine/" + name)
			swapped := false
			m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
				if op == c.op && !swapped {
					swapped = true
					must(t, os.Rename(f.At("mine"), f.At("away")))
					must(t, os.Symlink("victim", f.At("mine")))
				}
				return nil
			}})
			_ = apply(t, resource.NewService(m, kinds.Lookup), c.kind, c.args)
			if got := resourcetest.Tree(t, f.At("victim"), false); !swapped || !maps.Equal(got, want) {
				t.Errorf("that the link was put there is %v; the directory that it leads to holds %v, want %v", swapped, got, want)
			}
		})
	}
}

// TestLeftoversDoNotKeepADirectory: a directory is removed although an earlier run,
// which was cut short, left a temporary file in it.
func TestLeftoversDoNotKeepADirectory(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("d")))
	f.Write(t, "d/.mitoplan-ABCDEFGHIJKLMNOP.tmp", "half", 0o600)
	s := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	must(t, apply(t, s, "directory", args{"path": f.Arg("d"), "state": "absent"}))
	if _, err := os.Lstat(f.At("d")); err == nil {
		t.Error("the directory is still there")
	}
}

// TestALinkOfAnotherUser: a link of another user is followed to what belongs to
// that user, and to nothing else.
func TestALinkOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of others")
	}
	const user = 12345
	f := newTestDir(t)
	f.Empty(t)
	for _, dir := range []string{"roots", "theirs", "home"} {
		must(t, mkdir(f.At(dir)))
		f.Write(t, dir+"/x", "a\n", 0o644)
	}
	must(t, os.Lchown(f.At("theirs"), user, user))
	must(t, os.Lchown(f.At("roots/x"), 0, 0))
	for link, to := range map[string]string{"evil": "roots", "good": "theirs", "file": "roots/x", "roots-own": "roots"} {
		must(t, os.Symlink("../"+to, f.At("home/"+link)))
		must(t, os.Lchown(f.At("home/"+link), user, user))
	}
	must(t, os.Lchown(f.At("home/roots-own"), 0, 0))
	for _, c := range []struct {
		kind string
		args args
	}{
		{"file", args{"path": f.Arg("home/evil/x"), "content": text("x")}},
		{"file", args{"path": f.Arg("home/evil/new"), "content": text("x")}},
		{"file", args{"path": f.Arg("home/file"), "content": text("x"), "follow": true}},
		{"line", args{"path": f.Arg("home/file"), "line": text("x")}},
		{"directory", args{"path": f.Arg("home/evil"), "mode": "0777", "recurse": true}},
		{"directory", args{"path": f.Arg("home/evil/deep/er")}},
	} {
		resourcetest.Problem(t, c.kind, c.args, "path", "unsafe_link")
	}
	s := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	must(t, apply(t, s, "file", args{"path": f.Arg("home/good/x"), "content": text("new\n")}))
	must(t, apply(t, s, "file", args{"path": f.Arg("home/good/y"), "content": text("new\n")}))
	must(t, apply(t, s, "file", args{"path": f.Arg("home/roots-own/x"), "content": text("new\n")}))
	f.Holds(t, "roots/x", "new\n", 0o644)
}

// TestASourceThatDidNotArriveIsNoEmptyFile: an apply gets a source by name but
// without its content. It fails, and the file is not emptied.
func TestASourceThatDidNotArriveIsNoEmptyFile(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "precious\n", 0o644)
	s := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	if err := apply(t, s, "file", args{"path": f.Arg("x"), "source": text("y")}); err == nil {
		t.Error("the apply without the content gave no error")
	}
	f.Holds(t, "x", "precious\n", 0o644)
	must(t, apply(t, s, "file", args{"path": f.Arg("x"), "source": text("y"), "source_content": []byte{}}))
	f.Holds(t, "x", "", 0o644)
}

// TestTheNumberOfNobody: the user id that chown(2) takes for "leave as it is" is
// refused as an owner.
func TestTheNumberOfNobody(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	for _, attr := range []string{"owner", "group"} {
		resourcetest.Problem(t, "file", args{"path": f.Arg("x"), attr: "4294967295"}, attr, kind.Code(attr))
	}
}
