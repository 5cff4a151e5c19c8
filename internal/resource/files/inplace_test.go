package files_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Writing in place keeps the file itself, with its links, attributes and
// permissions. The contract holds besides that if a write is cut short, the next
// apply completes it.
func TestInPlace(t *testing.T) {
	var was uint64
	twoNames := func(t *testing.T, f testDir) {
		f.Write(t, "x", "a long old content\n", 0o640)
		setAttribute(t, f.At("x"), "user.note", "kept")
		must(t, os.Link(f.At("x"), f.At("y")))
		was = f.Inode(t, "x")
	}
	kept := func(t *testing.T, f testDir, want string, mode os.FileMode) {
		f.Holds(t, "x", want, mode)
		f.Holds(t, "y", want, mode)
		if got := f.Inode(t, "x"); got != was {
			t.Errorf("the file was replaced: its number is %d, and was %d", got, was)
		}
		if got := attribute(t, f.At("x"), "user.note"); got != "kept" {
			t.Errorf("the attribute is %q, want kept", got)
		}
	}
	for _, c := range []fileCase{
		{
			name: "in place, shorter", kind: "file", want: resource.Update, setup: twoNames,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "content": text("new\n"), "in_place": true} },
			verify: func(t *testing.T, f testDir) { kept(t, f, "new\n", 0o640) },
		}, {
			name: "in place, longer, with permissions and a check", kind: "file", want: resource.Update, setup: twoNames,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text(strings.Repeat("new", 100)), "in_place": true, "mode": "0600", "validate": text("grep -q new %s")}
			},
			verify: func(t *testing.T, f testDir) { kept(t, f, strings.Repeat("new", 100), 0o600) },
		}, {
			name: "in place, empty", kind: "file", want: resource.Update, setup: twoNames,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "content": text(""), "in_place": true} },
			verify: func(t *testing.T, f testDir) { kept(t, f, "", 0o640) },
		}, {
			name: "in place through a link", kind: "file", want: resource.Update,
			setup: func(t *testing.T, f testDir) {
				twoNames(t, f)
				must(t, os.Symlink("x", f.At("l")))
			},
			args: func(f testDir) args {
				return args{"path": f.Arg("l"), "content": text("new"), "in_place": true, "follow": true}
			},
			verify: func(t *testing.T, f testDir) { kept(t, f, "new", 0o640) },
		}, {
			name: "in place and missing", kind: "file", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "content": text("new"), "in_place": true} },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "new", 0o644) },
		}, {
			name: "as it should be, in place", kind: "file", want: resource.NoOp, setup: twoNames,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("a long old content\n"), "in_place": true}
			},
		}, {
			name: "in place", kind: "line", want: resource.Update, setup: twoNames,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("a longer new content"), "regexp": "^a", "in_place": true}
			},
			verify: func(t *testing.T, f testDir) { kept(t, f, "a longer new content\n", 0o640) },
		},
	} {
		c.run(t)
	}
}

// If a file becomes shorter and the write is cut short before the end is cut off,
// it holds the new content and blank lines, and nothing of the old content.
func TestInPlaceCutShort(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "one\nold\nmore\n", 0o644)
	s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
		if op == "truncate" {
			return errors.New("cut short")
		}
		return nil
	}}), kinds.Lookup)
	if err := apply(t, s, "line", args{"path": f.Arg("x"), "regexp": "^(old|more)$", "state": "absent", "in_place": true}); err == nil {
		t.Error("the apply that was cut short gave no error")
	}
	f.Holds(t, "x", "one"+strings.Repeat("\n", 10), 0o644)
}

// A write in place is refused if somebody else has put another file or a link at
// the path.
func TestInPlaceIsForWhatWasMeant(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others")
	}
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "victim", "precious\n", 0o644)
	must(t, os.Mkdir(f.At("theirs"), 0o755))
	must(t, os.Link(f.At("victim"), f.At("theirs/x")))
	must(t, os.Lchown(f.At("theirs"), 12345, 12345))
	resourcetest.Problem(t, "file", args{"path": f.Arg("theirs/x"), "content": text("x"), "in_place": true}, "path", "several_names")
	resourcetest.Problem(t, "line", args{"path": f.Arg("theirs/x"), "line": text("x"), "in_place": true}, "path", "several_names")
	f.Write(t, "x", "old\n", 0o644)
	swap := func(op, _ string) error {
		if op == "create" { // for validate, between the look and the write
			must(t, os.Remove(f.At("x")))
			must(t, os.Symlink("victim", f.At("x")))
		}
		return nil
	}
	s := resource.NewService(resource.NewMachine(resource.Options{Fault: swap}), kinds.Lookup)
	if err := apply(t, s, "file", args{"path": f.Arg("x"), "content": text("x"), "in_place": true, "validate": text("true %s")}); err == nil {
		t.Error("the apply wrote through a link")
	}
	f.Holds(t, "victim", "precious\n", 0o644)
}

// insideKernel is set in the environment of the process that has kernel settings of
// its own.
const insideKernel = "MITOPLAN_TEST_KERNEL"

// TestKernelFiles changes kernel settings of a network namespace that only the test
// has.
func TestKernelFiles(t *testing.T) {
	if os.Getenv(insideKernel) != "" {
		testKernelFiles(t)
		return
	}
	if os.Geteuid() != 0 || ownKernel() == nil {
		t.Skip("only root can change settings of the kernel, and only on Linux ones of a process")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKernelFiles$")
	cmd.Env = append(os.Environ(), insideKernel+"=1")
	cmd.SysProcAttr = ownKernel()
	err := childtest.Run(t, cmd)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no namespaces here")
	}
	must(t, err)
}

const (
	forward = "/proc/sys/net/ipv4/ip_forward"
	ports   = "/proc/sys/net/ipv4/ip_local_port_range"
	domain  = "/proc/sys/kernel/domainname"
)

func testKernelFiles(t *testing.T) {
	if err := os.WriteFile(forward, []byte("0"), 0); err != nil {
		t.Skipf("settings cannot be written here: %v", err)
	}
	for _, a := range []args{
		{"path": text(forward), "content": text("1")},
		{"path": text(forward), "state": "absent"},
		{"path": text("/proc/sys/net/ipv4/no_such"), "content": text("1")},
		{"path": text("/proc/sys/net/ipv4/no_such"), "content": text("1"), "in_place": true},
		{"path": text(ports), "content": text("1 2"), "force": true},
	} {
		resourcetest.Problem(t, "file", a, "path", "kernel_file")
	}
	resourcetest.Problem(t, "file", args{"path": text("/proc/version"), "content": text("x"), "in_place": true}, "path", "read_only_setting")
	resourcetest.Problem(t, "line", args{"path": text(domain), "line": text("x"), "regexp": "."}, "path", "kernel_file")
	resourcetest.Problem(t, "file", args{"path": text(forward), "content": text("1"), "in_place": true, "backup": true}, "backup", "beside")

	for _, c := range []struct{ path, content, given string }{
		{forward, "1", "1\n"}, {forward, "0x0", "0\n"}, {ports, "40000 50000", "40000\t50000\n"}, {domain, "example.test", "example.test\n"},
	} {
		a := args{"path": text(c.path), "content": text(c.content), "in_place": true}
		planned := mustCheck(t, newService(), "p", step{Address: "f", Kind: "file", Args: a})
		if planned.Op != resource.Update || fmt.Sprint(planned.After["content"]) != c.given {
			t.Errorf("%s: planned is %s to %q, want an update to %q", c.path, planned.Op, planned.After["content"], c.given)
		}
		must(t, apply(t, newService(), "file", a))
		again := mustCheck(t, newService(), "p", step{Address: "f", Kind: "file", Args: args{"path": text(c.path), "content": text(c.content)}})
		if again.Op != resource.NoOp {
			t.Errorf("%s: after the apply the check says %v, want no-op", c.path, again)
		}
	}
	said := apply(t, newService(), "file", args{"path": text(forward), "content": text("maybe"), "in_place": true})
	if wantProblem(t, said, "content", "refused_value"); strings.Contains(said.Error(), "/proc/self") {
		t.Errorf("the problem names a path in /proc/self: %v", said)
	}
	wantProblem(t, apply(t, newService(), "file", args{"path": text(ports), "content": text("41000"), "in_place": true}), "content", "not_idempotent")
	err := apply(t, newService(), "file", args{"path": text(forward), "mode": "0600"})
	if wantProblem(t, err, "path", "permission"); strings.Contains(err.Error(), "Use a context that runs as root") {
		t.Errorf("the problem advises root to run as root: %v", err)
	}
}

// A file of /sys can hold a choice, as "[a] b". To write the choice that is made
// already is no change.
func TestChoiceOfTheKernel(t *testing.T) {
	const file = "/sys/kernel/mm/transparent_hugepage/enabled"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("no such setting here: %v", err)
	}
	_, rest, _ := strings.Cut(string(b), "[")
	chosen, _, _ := strings.Cut(rest, "]")
	got := mustCheck(t, newService(), "p", step{Address: "f", Kind: "file", Args: args{"path": text(file), "content": text(chosen + "\n")}})
	if got.Op != resource.NoOp {
		t.Errorf("%q for %q is planned as %v, want no-op", chosen, b, got)
	}
}
