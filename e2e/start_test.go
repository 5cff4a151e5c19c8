//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// hung are cached agents that never greet, one for each host.
var hung = []string{"sleep 4321; exit", "sleep 4321 & trap '' TERM HUP; sleep 4321; exit", "kill -STOP $$"}

// A cached agent that does not greet is ended and replaced, over ssh and through
// sudo. That takes no longer than one hop may take, and happens once and not at
// every start. All hosts are waited for at the same time.
func TestHungAgentIsReplaced(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: len(hung)})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, len(hung)) + `
output "users" { value = [for c in context.sudo.host : c.user] }
`})
	w.must(0, "plan")
	cached := func(i int) []string {
		return strings.Fields(l.Exec(i, "sh", "-c", "ls /home/deploy/.cache/mitoplan-*/agent-* /root/.cache/mitoplan-*/agent-*"))
	}
	files := map[int][]string{}
	for at, body := range hung {
		i := at + 1
		if files[i] = cached(i); len(files[i]) != 2 {
			t.Fatalf("host %d keeps %q", i, files[i])
		}
		for _, file := range files[i] {
			l.WriteAgent(i, file, "#!/bin/sh\n"+body+"\n")
		}
	}
	if r := w.must(0, "plan"); r.took > 15*time.Second { // two hops of at most 10 s each, of which a third is lost
		t.Errorf("the plan took %s, want 15s at most", r.took)
	}
	for at, body := range hung {
		i := at + 1
		for _, file := range files[i] {
			if head := l.Exec(i, "head", "-c", "4", file); head != "\x7fELF" {
				t.Errorf("with %q %s was not replaced", body, file)
			}
		}
		eventually(t, 5*time.Second, fmt.Sprintf("what hung with %q has ended", body), func() bool { return !runs(l, i, "sleep 4321") && !runs(l, i, "agent-") })
	}
	if r := w.must(0, "plan"); r.took > 5*time.Second {
		t.Errorf("the next plan took %s, want 5s at most", r.took)
	}
	l.AssertNoAgents(t)
}

// A full disk is told as a full disk.
func TestFullDiskIsCalledSo(t *testing.T) {
	l := lab.New(t, lab.Options{})
	l.FullHome(1, "deploy")
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshContext(l, "h", 1, "deploy", `agent_dirs = ["/home/deploy", "/no/such"]`) + `
call "hostname" "h" {
  on = context.ssh.h
}
`})
	r := w.must(1, "plan")
	r.says(t, "Error: No space for the agent on the host", "No space left on device", "/no/such does not exist or cannot be entered", "agent_dirs")
	if strings.Contains(r.all(), "noexec") {
		t.Errorf("the full disk is told as something else: %v", r)
	}
	l.AssertNoAgents(t)
}

// Whatever ends an agent, the error says what it was.
func TestReasonOfADeath(t *testing.T) {
	l := lab.New(t, lab.Options{})
	content := readProgram(t)
	l.WriteFile(1, "/opt/real-agent", content, 0o755)
	for _, c := range []struct {
		name, path, shell string
		says              string // an expression
	}{
		// Where the runtime of Go meets the limit decides whether it says so or crashes.
		{"out of memory", "/opt/real-agent", "prlimit --pid $PPID --as=1000000; head -c 12000000 /dev/zero", `fatal error: .*memory|SIGSEGV: segmentation violation`},
		{"an abort", "/opt/real-agent", "kill -ABRT $PPID; exec sleep 4321", "SIGABRT: abort"},
		{"a bad address", "/opt/real-agent", "kill -SEGV $PPID; exec sleep 4321", "SIGSEGV"},
		{"killed", "/opt/real-agent", "kill -KILL $PPID; exec sleep 4321", `It ended with signal KILL\. The kernel does that when memory runs out`},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.For(t)
			w := newWorkspace(t, map[string]string{"main.mito.hcl": sshContext(l, "h", 1, "deploy", fmt.Sprintf("agent_path = %q", c.path)) + fmt.Sprintf(`
call "command" "die" {
  on         = context.ssh.h
  shell      = %q
  max_output = 12582912
}
`, c.shell)})
			r := w.must(1, "apply", "-auto-approve")
			r.says(t, "Connection lost", "context.ssh.h")
			if !regexp.MustCompile(c.says).MatchString(r.all()) {
				t.Errorf("%q was expected in the output of %v", c.says, r)
			}
			if n := len(goroutineLines.FindAllString(r.all(), -1)); n > 1 {
				t.Errorf("the error shows %d goroutines, want 1 at most: %v", n, r)
			}
			l.AssertNoAgents(t)
			eventually(t, 5*time.Second, "the call has ended", func() bool { return !runs(l, 1, "sleep 4321") })
		})
	}
}

// goroutineLines match the first line of each stack that a dying program prints.
// The last line of a stack names the goroutine that made it, which does not count.
var goroutineLines = regexp.MustCompile(`(?m)^\s*goroutine \d`)

// readProgram returns the bytes of the program.
func readProgram(t *testing.T) string {
	t.Helper()
	w := workspace{t: t, dir: filepath.Dir(program)}
	return w.read(filepath.Base(program))
}
