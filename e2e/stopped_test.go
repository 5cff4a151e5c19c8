//go:build linux

package e2e

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// An agent in a real container behind ssh and sudo that was stopped is gone soon after the
// program has ended, and so is what it ran: by Ctrl-C, and because the context was lost,
// which leaves no time for the agent to end by itself.
func TestAStoppedAgentInAContainerIsEnded(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	l.StartContainer(1, "app")
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + inContainers("app", "") + `
call "command" "hang" {
  on        = context.podman.place["h1"]
  argv      = ["sleep", "4321"]
  read_only = true
}
`})
	for name, interrupt := range map[string]bool{"by Ctrl-C": true, "when it is lost": false} {
		r := w.start("plan", "-no-color")
		r.until("the command runs", func() bool { return runs(l, 1, "sleep 4321") })
		stopAgents(t, l, 1, "place")
		if interrupt {
			_ = r.cmd.Process.Signal(os.Interrupt)
		}
		if got := r.wait(); got.status != 1 {
			t.Errorf("%s: %v", name, got)
		}
		l.AssertNoAgents(t)
		if runs(l, 1, "sleep 4321") {
			t.Errorf("%s: the command still runs", name)
		}
	}
}

// stopAgents stops the agents on host i of a context with that in its name.
func stopAgents(t *testing.T, l *lab.Lab, i int, name string) {
	t.Helper()
	stopped := 0
	for _, p := range l.Processes(i) {
		if strings.HasPrefix(p.Cmdline, "mitoplan:") && strings.Contains(p.Cmdline, name) {
			l.Exec(i, "kill", "-STOP", strconv.Itoa(p.PID))
			stopped++
		}
	}
	if stopped == 0 {
		t.Fatalf("no agent has %q in its name", name)
	}
}

// A program that a person has stopped stays so until that person has it go on: its agents
// take it for lost and end, and none of them continues it.
func TestAProgramThatWasStoppedStaysStopped(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "local" "here" {}
call "command" "hang" {
  on        = context.local.here
  argv      = ["sleep", "4322"]
  read_only = true
}
`})
	r := w.start("plan", "-no-color")
	pid := r.cmd.Process.Pid
	below := func(pid int) []faultProcess {
		return slices.DeleteFunc(processesOf(t), func(p faultProcess) bool { return p.parent != pid })
	}
	var agents []faultProcess
	r.until("the command runs", func() bool {
		agents = below(pid)
		return len(agents) == 1 && len(below(agents[0].pid)) == 2 // it, and the watcher
	})
	_ = r.cmd.Process.Signal(syscall.SIGSTOP)
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	childtest.EventuallyGone(t, "the agent", agents[0].pid)
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err != nil || !strings.Contains(string(stat), ") T ") {
		t.Errorf("the program is not stopped any more: %s (%v)", stat, err)
	}
	_ = r.cmd.Process.Signal(syscall.SIGCONT)
	if got := r.wait(); got.status != 1 {
		t.Errorf("once it goes on: %v", got)
	}
}

// The first start in a container, which sends an agent, leaves nothing there that has ended
// and that the first process of the container would have to wait for: few of them do.
func TestAFirstStartInAContainerLeavesNoZombies(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	l.StartContainer(1, "app")
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + inContainers("app", "") + `
call "hostname" "it" {
  on = context.podman.place["h1"]
}
`})
	w.must(0, "plan", "-no-color")
	l.AssertNoAgents(t)
	eventually(t, machineTime, "nothing waits in the container for somebody to wait for it", func() bool {
		return !slices.ContainsFunc(l.Processes(1), func(p lab.Process) bool { return p.Zombie })
	})
}
