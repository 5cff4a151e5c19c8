package resource_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// writes has a block for each way to write, what is in the directory d before it,
// and the step that fails.
var writes = []struct {
	name, kind string
	args       func(f testDir) args
	step       string
}{
	{"a new file", "file", func(f testDir) args { return args{"path": f.Arg("d/new"), "content": text("x")} }, "create"},
	{"a file replaced", "file", func(f testDir) args { return args{"path": f.Arg("d/x"), "content": text("new")} }, "create"},
	{"a file validated in place", "file", func(f testDir) args {
		return args{"path": f.Arg("d/x"), "content": text("new"), "in_place": true, "validate": text("cat %s")}
	}, "create"},
	{"a mode", "file", func(f testDir) args { return args{"path": f.Arg("d/x"), "mode": "0600"} }, "chmod"},
	{"a file removed", "file", func(f testDir) args { return args{"path": f.Arg("d/x"), "state": "absent"} }, "remove"},
	{"a file set aside", "file", func(f testDir) args { return args{"path": f.Arg("d/x"), "state": "absent", "backup": true} }, "backup"},
	{"a line", "line", func(f testDir) args { return args{"path": f.Arg("d/x"), "line": text("new")} }, "create"},
	{"a directory", "directory", func(f testDir) args { return args{"path": f.Arg("d/new")} }, "create"},
	{"directories above", "directory", func(f testDir) args { return args{"path": f.Arg("d/new/deep")} }, "create"},
	{"an empty directory removed", "directory", func(f testDir) args { return args{"path": f.Arg("d/empty"), "state": "absent"} }, "remove"},
	{"a directory removed with all", "directory", func(f testDir) args {
		return args{"path": f.Arg("d/in"), "state": "absent", "recurse": true}
	}, "remove"},
	{"modes below a directory", "directory", func(f testDir) args {
		return args{"path": f.Arg("d/in"), "mode": "go-rwx", "recurse": true}
	}, "chmod"},
}

func fill(t *testing.T, f testDir) {
	f.Write(t, "d/x", "old\n", 0o644)
	must(t, os.MkdirAll(f.At("d/in/deep"), 0o755))
	must(t, os.MkdirAll(f.At("d/empty"), 0o755))
	f.Write(t, "d/in/deep/y", "old\n", 0o644)
}

// applyCut applies a block, and calls cut before the first step of the given name.
func applyCut(t *testing.T, step, kind string, a args, cut func()) error {
	t.Helper()
	once := false
	m := resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
		if op == step && !once {
			once = true
			cut()
		}
		return nil
	}})
	err := apply(t, resource.NewService(m, kinds.Lookup), kind, a)
	if !once {
		t.Fatalf("the step %q never came: %v", step, err)
	}
	return err
}

// While something is written, its directory is reached through /proc. The problem
// of a write that fails names the real path, and not that one.
func TestErrorsOfWritesNameThePath(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("d")))
	for _, w := range writes {
		t.Run(w.name, func(t *testing.T) {
			f.Tmpfs(t, "d")
			fill(t, f)
			err := applyCut(t, w.step, w.kind, w.args(f), func() {
				f.MakeReadOnly(t, "d")
			})
			if err == nil || !strings.Contains(err.Error(), f.At("d/")) || !strings.Contains(err.Error(), "read-only") || strings.Contains(err.Error(), "/proc/self") {
				t.Errorf("the problem must name the path in d, got %v", err)
			}
		})
	}
}

// plainWrites is set in the environment of the process that runs as an ordinary
// user.
const plainWrites = "MITOPLAN_TEST_WRITES"

// The problem of a refused write says what refuses it, with its owner and mode: the
// directory in which a file would be made, renamed or removed, a directory above
// that cannot be entered, or the owner of the file. Here only the apply finds out,
// since the plan was made as another user or long ago.
func TestRefusedWhileItIsWritten(t *testing.T) {
	if dir := os.Getenv(plainWrites); dir != "" {
		testRefusedWrites(t, testDir{Path: dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it files of others")
	}
	dir, err := os.MkdirTemp("", "writes")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{Path: dir}
	must(t, os.Chmod(dir, 0o777))
	must(t, mkdir(f.At("sticky")))
	must(t, os.Chmod(f.At("sticky"), os.ModeSticky|0o777))
	f.Write(t, "sticky/x", "root's\n", 0o666)
	childtest.RunAsPlainUser(t, dir, plainWrites+"="+dir)
	f.Holds(t, "sticky/x", "root's\n", 0o666)
}

func testRefusedWrites(t *testing.T, f testDir) {
	ofD := "the directory " + f.At("d") + " belongs to user 12345 and group 12345, and its mode is 0555."
	for _, w := range writes {
		if w.step == "chmod" { // Who owns a file may do that, whatever its directory forbids.
			continue
		}
		refused(t, f, w.name, w.step, w.kind, w.args(f), "d", 0o555, ofD)
	}
	inside := args{"path": f.Arg("d/in"), "state": "absent", "recurse": true}
	deep := "may not remove " + f.At("d/in") + ": the directory " + f.At("d/in/deep") + " belongs to user 12345 and group 12345, and its mode is "
	refused(t, f, "a directory inside", "remove", "directory", inside, "d/in/deep", 0o555, deep+"0555.")
	refused(t, f, "a directory inside that cannot be listed", "remove", "directory", inside, "d/in/deep", 0o300, deep+"0300.")
	below := args{"path": f.Arg("d/in"), "mode": "go-rwx", "recurse": true}
	refused(t, f, "modes below one that cannot be entered", "chmod", "directory", below, "d", 0o600,
		"the directory "+f.At("d")+" above it may not be entered. It belongs to user 12345 and group 12345, and its mode is 0600.")
	err := apply(t, newService(), "file", args{"path": f.Arg("sticky/x"), "state": "absent"})
	if want := "it belongs to user 0, and the directory " + f.At("sticky") + ", which belongs to user 0 and has the mode 1777, lets only owners replace and remove files."; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// refused applies a block and gives one of the directories another mode before a
// step. It holds that the write is refused with want in the problem.
func refused(t *testing.T, f testDir, name, step, kind string, a args, dir string, mode os.FileMode, want string) {
	t.Run(name, func(t *testing.T) {
		must(t, mkdir(f.At("d")))
		fill(t, f)
		defer func() {
			exec.Command("chmod", "-R", "u+rwx", f.At("d")).Run()
			must(t, os.RemoveAll(f.At("d")))
		}()
		err := applyCut(t, step, kind, a, func() { must(t, os.Chmod(f.At(dir), mode)) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}
