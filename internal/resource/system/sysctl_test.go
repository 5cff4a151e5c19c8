package system_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// kept are settings of a file alone.
func kept(name, value string) args {
	return args{"name": name, "value": value, "runtime": false}
}

const settingsFile = "# ours\n-net/ipv4/ip_forward=0\n\n; net.ipv4.tcp_rmem = 1\nvm.swappiness=60\nnet.ipv4.tcp_rmem = 4096\t87380  6291456\n"

// TestSysctl has the cases of what the file holds. Those of the kernel are in TestSysctlRuntime.
func TestSysctl(t *testing.T) {
	runTable(t, "sysctl", kept("vm.swappiness", "10"), []tableCase{
		{name: "makes the file", whole: true, args: kept("net.ipv4.ip_forward", "1"), want: resource.Create, after: "net.ipv4.ip_forward = 1\n"},
		{name: "is added", whole: true, args: kept("kernel.shmmax", "1"), holds: holds(settingsFile), want: resource.Update, made: true, after: settingsFile + "kernel.shmmax = 1\n"},
		{name: "gets another value", whole: true, args: kept("net.ipv4.ip_forward", "1"), holds: holds(settingsFile), want: resource.Update, after: strings.Replace(settingsFile, "-net/ipv4/ip_forward=0", "net.ipv4.ip_forward = 1", 1)},
		{name: "becomes one line", args: kept("a.b", "3"), holds: holds("a.b = 1\nc.d = 2\na/b = 2\n"), want: resource.Update, after: "a.b = 3\nc.d = 2\n"},
		{name: "is as it should be", args: kept("net.ipv4.tcp_rmem", "4096 87380 6291456"), holds: holds(settingsFile), want: resource.NoOp, after: settingsFile},
		{name: "of a device with a dot", args: kept("net/ipv4/conf/eth0.100/rp_filter", "1"), holds: holds("net.ipv4.conf.eth0/100.rp_filter = 1\n"), want: resource.NoOp, after: "net.ipv4.conf.eth0/100.rp_filter = 1\n"},
		{name: "goes", args: args{"name": "vm.swappiness", "state": "absent"}, holds: holds(settingsFile), want: resource.Update, after: strings.Replace(settingsFile, "vm.swappiness=60\n", "", 1)},
		{name: "is gone", args: args{"name": "vm.swap", "state": "absent"}, holds: holds(settingsFile), want: resource.NoOp, after: settingsFile},
	})
}

// TestSysctlProblems: what is no setting, and what would set nothing, is refused.
func TestSysctlProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	with := func(name string, more args) args {
		out := args{"path": f.Arg("x"), "name": name, "value": "1", "runtime": false}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	problems(t, "sysctl", []badArgs{
		{with("ip_forward", nil), "name", "name"},
		{with("net.ipv4.ip forward", nil), "name", "name"},
		{with("net.ipv4.ip_forward=1", nil), "name", "name"},
		{with("net..ip", nil), "name", "name"},
		{with("../net.ip", nil), "name", "name"},
		{with("/proc/sys/net/ip", nil), "name", "name"},
		{with("net/../../etc/passwd", nil), "name", "name"},
		{with("net.ipv4.*.x", nil), "name", "name"},
		{with("a.b", args{"value": ""}), "value", "value"},
		{with("a.b", args{"value": "1\n2"}), "value", "value"},
		{args{"path": f.Arg("x"), "name": "a.b"}, "value", "value"},
		{with("a.b", args{"persist": false}), "runtime", kind.CodeExcluded},
		{with("a.b", args{"persist": false, "state": "absent"}), "persist", kind.CodeExcluded},
		{with("net.ipv4.no_such", args{"runtime": true}), "name", kind.CodeUnknownSetting},
		{with("a.b", args{"path": f.Arg("no/x")}), "path", kind.CodeNoParent},
		{with("a.b", args{"path": text("x")}), "path", kind.CodePath},
	})
}

// TestSysctlRuntime: the kernel gets the value and the file keeps it. A plan compares values
// as the kernel shows them. Whatever a plan or an end leaves of the kernel is as it was.
func TestSysctlRuntime(t *testing.T) {
	inOwn(t, resourcetest.OwnKernel(), func(t *testing.T) {
		const forward, ports = "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_local_port_range"
		if err := os.WriteFile(forward, []byte("0"), 0); err != nil {
			t.Skipf("settings cannot be written here: %v", err)
		}
		f := newTestDir(t)
		read := func(at string) string {
			b, err := os.ReadFile(at)
			must(t, err)
			return strings.TrimSpace(string(b))
		}
		is := args{"name": "net.ipv4.ip_forward", "value": "1", "path": f.Arg("x")}
		resourcetest.Run(t, resourcetest.Case{
			Kind: "sysctl", Args: is, Want: resource.Update, Made: true,
			Setup: func(t *testing.T) {
				f.Empty(t)
				must(t, os.WriteFile(forward, []byte("0"), 0))
			},
			Snapshot: f.Snapshot, Neighbours: func() []resourcetest.Neighbour { return nil },
			Verify: func(t *testing.T) {
				f.Holds(t, "x", "net.ipv4.ip_forward = 1\n", 0o644)
				if read(forward) != "1" {
					t.Errorf("the kernel has %q", read(forward))
				}
			},
		})
		f.Empty(t)
		must(t, apply(t, newService(), "sysctl", is))
		must(t, os.WriteFile(forward, []byte("0"), 0))
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "sysctl", Args: is})
		if c.Op != resource.Update || resourceText(c.Before["value"]) != "0" || resourceText(c.After["value"]) != "1" || read(forward) != "0" {
			t.Errorf("a value that somebody changed is planned as %s, from %v to %v", c.Op, c.Before, c.After)
		}
		must(t, apply(t, newService(), "sysctl", is))
		if read(forward) != "1" {
			t.Errorf("it is %q", read(forward))
		}

		several := args{"name": "net.ipv4.ip_local_port_range", "value": "20000 50000", "persist": false}
		must(t, apply(t, newService(), "sysctl", several))
		if again := mustCheck(t, newService(), "p", step{Address: "a", Kind: "sysctl", Args: several}); again.Op != resource.NoOp || read(ports) != "20000\t50000" {
			t.Errorf("after the apply there is %q, and a plan is %s", read(ports), again.Op)
		}
		end := ending{Kind: "sysctl", Args: several}
		if c, err := end.Check(t, newService(), "a"); err != nil || len(c.Stays) != 1 {
			t.Errorf("the end of a value that no file keeps is %v, %v", c.Stays, err)
		}
		bad := args{"name": "net.ipv4.ip_forward", "value": "maybe", "persist": false}
		said := apply(t, newService(), "sysctl", bad)
		if wantProblem(t, said, "value", kind.CodeRefusedValue); strings.Count(said.Error(), forward) != 1 {
			t.Errorf("the path should be named once: %v", said)
		}
		bad = args{"name": "kernel.version", "value": "1", "persist": false}
		resourcetest.Problem(t, "sysctl", bad, "name", kind.CodeReadOnlySetting)
		// What comes before may load a module that brings the setting: then it is a warning.
		s := newService()
		mustCheck(t, s, "q", step{Address: "m", Kind: "file", Args: args{"path": f.Arg("m"), "content": text("x")}})
		c = mustCheck(t, s, "q", step{Address: "a", Kind: "sysctl", Args: args{"name": "net.ipv4.no_such", "value": "1", "persist": false}, After: []string{"m"}})
		if c.Op != resource.Update || len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeUnknownSetting || c.Fingerprint != "" {
			t.Errorf("a setting that may come is planned as %s, %v", c.Op, c.Warnings)
		}
		// A later block of the plan sees the value.
		s = newService()
		mustCheck(t, s, "r", step{Address: "a", Kind: "sysctl", Args: args{"name": "net.ipv4.ip_forward", "value": "0", "persist": false}})
		c = mustCheck(t, s, "r", step{Address: "f", Kind: "file", Args: args{"path": text(forward), "content": text("0"), "in_place": true}, After: []string{"a"}})
		if c.Op != resource.NoOp {
			t.Errorf("a file of the value that is planned is %s", c.Op)
		}
	})
}

// TestSysctlFiles: a file that is read later and says something else is a warning, in whichever
// directory it is; one that is hidden, or says the same, is none.
func TestSysctlFiles(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		for _, dir := range []string{"etc", "run", "usr"} {
			must(t, os.Mkdir(f.At(dir), 0o755))
		}
		must(t, os.MkdirAll("/etc/sysctl.d", 0o755))
		must(t, os.MkdirAll("/usr/lib/sysctl.d", 0o755))
		f.Write(t, "conf", "", 0o644)
		resourcetest.Cover(t, map[string]string{"/etc/sysctl.d": f.At("etc"), "/usr/lib/sysctl.d": f.At("usr")})
		ours := text("/etc/sysctl.d/50-ours.conf")
		for _, c := range []struct {
			name  string
			files map[string]string
			path  any
			code  kind.Code
			says  string
		}{
			{name: "nothing else", path: ours},
			{name: "an earlier one", path: ours, files: map[string]string{"usr/10-a.conf": "vm.x = 2\n"}},
			{name: "a later one", path: ours, files: map[string]string{"usr/60-a.conf": "#\nvm/x = 2\n"}, code: kind.CodeOverridden, says: "/usr/lib/sysctl.d/60-a.conf"},
			{name: "a later one that says the same", path: ours, files: map[string]string{"usr/60-a.conf": "vm.x=1\n"}},
			{name: "the last of several", path: ours, files: map[string]string{"etc/70-a.conf": "vm.x=1\n", "usr/60-a.conf": "vm.x=3\n"}},
			{name: "a hidden one", path: ours, files: map[string]string{"usr/60-a.conf": "vm.x=3\n", "etc/60-a.conf": ""}},
			{name: "one that is not read", path: ours, files: map[string]string{"etc/60-a": "vm.x=3\n"}},
			{name: "one that hides ours", path: text("/usr/lib/sysctl.d/60-a.conf"), files: map[string]string{"etc/60-a.conf": ""}, code: kind.CodeUnread},
			{name: "one that nothing reads", path: text("/etc/sysctl.d/ours"), code: kind.CodeUnread},
		} {
			for _, dir := range []string{"etc", "usr"} {
				list, err := os.ReadDir(f.At(dir))
				must(t, err)
				for _, e := range list {
					must(t, os.Remove(f.At(dir+"/"+e.Name())))
				}
			}
			for name, content := range c.files {
				f.Write(t, name, content, 0o644)
			}
			got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "sysctl", Args: args{"name": "vm.x", "value": "1", "runtime": false, "path": c.path}})
			ok := c.code == "" && len(got.Warnings) == 0
			if len(got.Warnings) == 1 {
				ok = got.Warnings[0].Code == c.code && strings.Contains(got.Warnings[0].Detail, c.says)
			}
			if !ok {
				t.Errorf("%s: the warnings are %v", c.name, got.Warnings)
			}
		}
	})
}
