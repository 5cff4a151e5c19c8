//go:build linux

package e2e

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var leftAll = flag.Bool("left.all", false, "let each process of a chain be killed, or be stopped and its parent killed, not only a sample")

// leftCase is what happens to one process of a chain: it is killed, or it is stopped, and
// then one above it that would have had to end it is killed.
type leftCase struct {
	stop, kill string // roles of leftChain
	sample     bool   // every run of the tests has it
	// goesOn means that nothing is lost by it, so that the run has to be interrupted.
	goesOn bool
	// by is HUP or TERM instead of KILL. What gets it may ignore it, so that the run has to
	// be interrupted.
	by syscall.Signal
	// become is the kind that becomes root: sudo if it is empty.
	become string
}

// leftCases are each process that mitoplan starts in the chain, and each of those that it
// starts and others have to end. A program that is killed is not in it: what it has left in
// the background lives on, as it may be a daemon (see package process).
var leftCases = []leftCase{
	{kill: "controller"},
	{kill: "local agent"},
	{kill: "ssh agent"},
	{kill: "sudo"},
	{kill: "monitor", goesOn: true},
	{kill: "root agent"},
	{kill: "podman"},
	{kill: "container agent"},
	{kill: "watcher", goesOn: true},
	{stop: "local agent", kill: "controller"},
	{stop: "ssh agent", kill: "controller", sample: true},
	{stop: "ssh agent", kill: "local agent"},
	{stop: "sudo", kill: "ssh agent"},
	{stop: "monitor", kill: "sudo"},
	{stop: "monitor", kill: "ssh agent"},
	{stop: "root agent", kill: "monitor"},
	{stop: "root agent", kill: "ssh agent", sample: true},
	{stop: "root agent", kill: "sudo"},
	{stop: "podman", kill: "root agent"},
	{stop: "container agent", kill: "root agent", sample: true},
	{stop: "container agent", kill: "podman"},
	{stop: "watcher", kill: "container agent"},
	{stop: "program", kill: "container agent"},
	{stop: "child", kill: "container agent"},
}

// everyLeftCase are leftCases, the same of what other kinds become root by, and each process
// that is told to end by a signal that it may ignore.
func everyLeftCase() []leftCase {
	all := slices.Clone(leftCases)
	for _, become := range []string{"su", "doas"} {
		for _, c := range []leftCase{
			{kill: become}, {kill: "root agent"}, {stop: become, kill: "ssh agent"}, {stop: "root agent", kill: become},
		} {
			c.become = become
			c.sample = become == "su" && c.stop == "su"
			all = append(all, c)
		}
	}
	for _, by := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		for _, role := range []string{"controller", "local agent", "ssh agent", "sudo", "monitor", "root agent", "podman", "container agent", "watcher"} {
			all = append(all, leftCase{kill: role, by: by, sample: by == syscall.SIGTERM && role == "root agent"})
		}
		for _, become := range []string{"su", "doas"} {
			all = append(all, leftCase{kill: become, by: by, become: become})
		}
	}
	return all
}

func (c leftCase) name() string {
	name := "kill -" + strings.TrimPrefix(unix.SignalName(c.signal()), "SIG") + " " + c.kill
	if c.stop != "" {
		name = "stop " + c.stop + ", " + name
	}
	if c.become != "" && c.become != c.kill && c.become != c.stop {
		name += " with " + c.become
	}
	return name
}

// signal is what is sent to the process that is killed.
func (c leftCase) signal() syscall.Signal { return cmp.Or(c.by, syscall.SIGKILL) }

// leftTime is how long a process may stay: as long as an agent takes a silent parent for
// alive, and as long as it takes to end.
const leftTime = 24*time.Second + machineTime

// Whatever process of a chain is killed, and whichever is stopped when one is killed that
// would have had to end it, nothing is left of the chain within a bound: through a local
// context by ssh, then sudo, then a container of podman, in which a program runs that has
// started another. Every run of the tests has a sample. All of it:
//
//	go test ./e2e -run TestNothingIsLeftOfAChain -v -left.all -parallel 8
func TestNothingIsLeftOfAChain(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	l.StartContainer(1, "app")
	l.WriteFile(1, "/etc/doas.conf", "permit nopass deploy\n", 0o400)
	l.Exec(1, "sh", "-c", "echo root:"+leftPassword+" | chpasswd")
	for i, c := range everyLeftCase() {
		if !c.sample && !*leftAll {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			if c.become == "doas" {
				needDoas(t)
			}
			c.play(t, l.For(t), fmt.Sprintf("left%dx", i))
		})
	}
}

func (c leftCase) play(t *testing.T, l *lab.Lab, id string) {
	w := newWorkspace(t, map[string]string{"main.mito.hcl": leftChain(l, id, cmp.Or(c.become, "sudo"))})
	r := w.start("plan", "-no-color")
	t.Cleanup(func() {
		for _, p := range leftOf(t, id) {
			if t.Failed() {
				t.Errorf("still runs %d %s", p.pid, cutText(p.cmdline, 200))
			}
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	})
	r.until("the whole chain runs", func() bool { return leftRoles(t, r, id)["child"] != 0 })
	roles := leftRoles(t, r, id)
	for _, role := range []string{c.stop, c.kill} {
		if role != "" && roles[role] == 0 {
			t.Fatalf("there is no %s in %v", role, roles)
		}
	}
	if c.stop != "" {
		_ = syscall.Kill(roles[c.stop], syscall.SIGSTOP)
	}
	_ = syscall.Kill(roles[c.kill], c.signal())
	struck := time.Now()
	if c.goesOn || c.by != 0 {
		_ = r.cmd.Process.Signal(os.Interrupt)
	}
	eventually(t, leftTime, "the run is over, and nothing is left of its chain", func() bool {
		return r.over() && len(leftOf(t, id)) == 0
	})
	t.Logf("nothing is left after %s", time.Since(struck).Round(time.Second/10))
}

const leftPassword = "left-root-pass"

// leftChain is a configuration with the chain, in which a kind of context becomes root. Its
// processes have the id in their environment. A busy machine may take its time for a start.
func leftChain(l *lab.Lab, id, become string) string {
	env := fmt.Sprintf("env = { LEFT = %q }\n  connect_timeout = \"1m\"", id)
	secret := ""
	if become == "su" {
		secret = fmt.Sprintf("password = %q", leftPassword)
	}
	return fmt.Sprintf("context \"local\" %q {\n  %s\n}\n", id, env) +
		sshContext(l, id, 1, "deploy", "via = context.local."+id+"\n  "+env) + fmt.Sprintf(`
context %[3]q %[1]q {
  via = context.ssh.%[1]s
  %[2]s
  %[4]s
}

context "podman" %[1]q {
  via       = context.%[3]s.%[1]s
  container = "app"
  %[2]s
}

call "command" "hang" {
  on        = context.podman.%[1]s
  argv      = ["sh", "-c", "sleep 4321; :"]
  read_only = true
}
`, id, env, become, secret)
}

// leftOf are the processes of a chain, without the controller.
func leftOf(t *testing.T, id string) (left []faultProcess) {
	for _, p := range processesOf(t) {
		if strings.Contains(p.environ, "LEFT="+id) || strings.HasPrefix(p.cmdline, "watcher of mitoplan:podman."+id) {
			left = append(left, p)
		}
	}
	return left
}

// leftRoles are the processes of a chain by what they are in it.
func leftRoles(t *testing.T, r *running, id string) map[string]int {
	roles := map[string]int{"controller": r.cmd.Process.Pid}
	all := leftOf(t, id)
	for role, begins := range map[string]string{
		"local agent": "mitoplan:local.", "ssh agent": "mitoplan:ssh.", "container agent": "mitoplan:podman.",
		"watcher": "watcher of mitoplan:podman.",
	} {
		for _, p := range all {
			if strings.HasPrefix(p.cmdline, begins) {
				roles[role] = p.pid
			}
		}
	}
	for _, p := range all {
		for _, become := range []string{"sudo", "su", "doas"} {
			if strings.HasPrefix(p.cmdline, "mitoplan:"+become+".") {
				roles["root agent"] = p.pid
			}
		}
	}
	for _, child := range []struct{ role, of, begins string }{
		{"sudo", "ssh agent", "sudo "}, {"monitor", "sudo", "sudo "}, {"su", "ssh agent", "su "}, {"doas", "ssh agent", "doas "}, {"podman", "root agent", "podman "},
		{"program", "container agent", "/bin/sh -c sleep"}, {"child", "program", "sleep 4321"},
	} {
		for _, p := range all {
			if p.parent == roles[child.of] && strings.HasPrefix(p.cmdline, child.begins) {
				roles[child.role] = p.pid
			}
		}
	}
	return roles
}
