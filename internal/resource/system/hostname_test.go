package system_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestHostname has the cases of what the file holds.
func TestHostname(t *testing.T) {
	name := func(s string) args { return args{"name": s, "runtime": false} }
	runTable(t, "hostname", nil, []tableCase{
		{name: "makes the file", whole: true, args: name("web1"), want: resource.Create, after: "web1\n"},
		{name: "is added", args: name("web1"), holds: holds("# ours\n\n"), want: resource.Update, made: true, after: "# ours\n\nweb1\n"},
		{name: "gets another name", whole: true, args: name("web1.example.com"), holds: holds("# ours\nweb2\n\n"), want: resource.Update, after: "# ours\nweb1.example.com\n\n"},
		{name: "becomes one name", args: name("web1"), holds: holds("web2\nweb1\n"), want: resource.Update, after: "web1\n"},
		{name: "is as it should be", args: name("web1"), holds: holds(" web1"), want: resource.NoOp, after: " web1"},
	})
}

// TestHostnameProblems: what is no name is refused.
func TestHostnameProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	var list []badArgs
	for _, name := range []string{"", "a b", "a_b", "-a", "a.-b", "a.", "a..b", "ä", "10.0.0.1", "localhost", "LocalHost.localdomain", "a\n", strings.Repeat("a", 64), strings.Repeat("a.", 33) + "a"} {
		list = append(list, badArgs{args{"path": f.Arg("x"), "name": name, "runtime": false}, "name", "name"})
	}
	problems(t, "hostname", append(list, badArgs{args{"path": f.Arg("no/x"), "name": "a", "runtime": false}, "path", kind.CodeNoParent}))
}

// TestHostnameRunning: the kernel gets the name, and the file keeps it. A name that nothing on
// the machine gives an address is warned of.
func TestHostnameRunning(t *testing.T) {
	inOwn(t, resourcetest.OwnMachine(), func(t *testing.T) {
		if err := os.WriteFile("/proc/sys/kernel/hostname", []byte("before\n"), 0); err != nil {
			t.Skipf("the name cannot be set here: %v", err)
		}
		f := newTestDir(t)
		f.Empty(t)
		is := args{"name": "web1.example.com", "path": f.Arg("x")}
		resourcetest.Quickly(t, resourcetest.Case{
			Kind: "hostname", Args: is, Want: resource.Update, Made: true,
			Setup: func(t *testing.T) {
				f.Empty(t)
				must(t, os.WriteFile("/proc/sys/kernel/hostname", []byte("before\n"), 0))
			},
			Snapshot: f.Snapshot, Neighbours: func() []resourcetest.Neighbour { return nil },
			Verify: func(t *testing.T) {
				f.Holds(t, "x", "web1.example.com\n", 0o644)
				if now, err := os.Hostname(); err != nil || now != "web1.example.com" {
					t.Errorf("the kernel has %q, %v", now, err)
				}
			},
		})
		must(t, os.WriteFile("/proc/sys/kernel/hostname", []byte("other\n"), 0))
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "hostname", Args: is})
		if c.Op != resource.Update || resourceText(c.Before["running"]) != "other" || resourceText(c.After["running"]) != "web1.example.com" || c.Made {
			t.Errorf("a name that somebody changed is planned as %s, from %v to %v", c.Op, c.Before, c.After)
		}
		f.Write(t, "hosts", "127.0.0.1 localhost # web1.example.com\n", 0o644)
		f.Write(t, "nss", "hosts: files dns\n", 0o644)
		resourcetest.Cover(t, map[string]string{"/etc/hosts": f.At("hosts"), "/etc/nsswitch.conf": f.At("nss")})
		unresolved := func() bool {
			c := mustCheck(t, newService(), "q", step{Address: "a", Kind: "hostname", Args: is})
			return strings.Contains(warned(c), string(kind.CodeUnresolved))
		}
		if !unresolved() {
			t.Error("a name without an address is not warned of")
		}
		f.Write(t, "nss", "hosts: files myhostname\n", 0o644)
		if unresolved() {
			t.Error("a name that nsswitch.conf finds is warned of")
		}
		f.Write(t, "nss", "hosts: files\n", 0o644)
		f.Write(t, "hosts", "127.0.1.1 WEB1.example.com web1\n", 0o644)
		if unresolved() {
			t.Error("a name in /etc/hosts is warned of")
		}
	})
}

// TestWhatTheKernelKeeps: an end that takes out what a file keeps says that the kernel goes on with
// what it has. If there is nothing to take out, nothing is said.
func TestWhatTheKernelKeeps(t *testing.T) {
	for _, c := range []struct{ kind, named, holds, says string }{
		{"hostname", "web1", "web1\n", "until it starts anew"},
		{"sysctl", "vm.x", "vm.x = 1\n", "until the machine starts anew"},
		{"kernel_module", "dummy", "dummy\n", "until the machine starts anew"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.holds, 0o644)
			e := ending{Kind: c.kind, Args: args{"name": c.named, "path": f.Arg("x")}, End: resource.End{Kept: resource.Kept{Along: []kind.Thing{kind.PathThing(f.At("x"))}}}}
			said, err := e.Check(t, newService(), "a")
			must(t, err)
			if said.Op == resource.NoOp || len(said.Warnings) != 1 || said.Warnings[0].Code != kind.CodeStays || !strings.Contains(said.Warnings[0].Detail, c.says) {
				t.Errorf("it is %s, and warns of %v", said.Op, said.Warnings)
			}
			f.Write(t, "x", "#\n", 0o644)
			if said, err = e.Check(t, newService(), "b"); err != nil || said.Op != resource.NoOp || len(said.Warnings) > 0 {
				t.Errorf("without it, it is %s, and warns of %v: %v", said.Op, said.Warnings, err)
			}
		})
	}
}
