//go:build linux

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// A host gets the full edition of the agent where a rare kind is named on it, also if that is
// in a context upon another one, or if only the record has it. Other hosts get the usual one,
// and both may lie beside each other.
func TestEditionsOfTheAgent(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	base := fleet(l, 1, 2) + `
resource "file" "settings" {
  on      = context.sudo.host
  path    = "/etc/usual"
  content = "usual\n"
}
`
	l.Exec(2, "sh", "-c", "echo 'log: {} # by hand' >/etc/settings.yaml")
	rare := `
resource "yaml_value" "level" {
  on      = context.sudo.host["` + l.Name(2) + `"]
  path    = "/etc/settings.yaml"
  pointer = "/log/level"
  value   = jsonencode("debug")
}
`
	w := newWorkspace(t, map[string]string{"main.mito.hcl": base})
	kept := func(host int) string {
		is := map[string]bool{}
		for _, path := range strings.Fields(l.Exec(host, "sh", "-c", "ls /home/deploy/.cache/mitoplan-*/agent-* /root/.cache/mitoplan-*/agent-*")) {
			for e, name := range agentFiles {
				if strings.HasSuffix(path, "/"+name) {
					is[strings.Split(path, "/")[1]+" "+string(e)] = true
				}
			}
		}
		return strings.Join(slices.Sorted(maps.Keys(is)), ", ")
	}
	const usual, both = "home usual, root usual", "home full, home usual, root full, root usual"
	holds := func(when string, host int, want string) {
		t.Helper()
		if got := kept(host); got != want {
			t.Errorf("%s host %d keeps %q, want %q", when, host, got, want)
		}
	}
	if agentFiles[agentbin.Usual] == agentFiles[agentbin.Full] {
		t.Fatal("the editions are one agent")
	}
	w.must(0, "apply", "-auto-approve")
	holds("without a rare kind", 1, usual)
	holds("without a rare kind", 2, usual)
	w.write("main.mito.hcl", base+rare)
	w.must(0, "apply", "-auto-approve")
	holds("beside one that has a rare kind", 1, usual)
	holds("with a rare kind", 2, both)
	if got := l.Exec(2, "cat", "/etc/settings.yaml"); strings.TrimSpace(got) != "log: {level: debug} # by hand" {
		t.Errorf("the file holds %q", got)
	}
	w.converged()

	// The block goes, and host 2 has neither agent any more.
	for host := 1; host <= 2; host++ {
		l.Exec(host, "sh", "-c", "rm -rf /home/deploy/.cache /root/.cache")
	}
	w.write("main.mito.hcl", base)
	w.must(0, "apply", "-auto-approve")
	holds("beside one where a rare kind is only recorded", 1, usual)
	holds("where a rare kind is only recorded", 2, "home full, root full")
	if got := l.Exec(2, "cat", "/etc/settings.yaml"); strings.TrimSpace(got) != "log: {} # by hand" {
		t.Errorf("the file holds %q", got)
	}
	w.must(0, "plan")
	holds("when nothing rare is left", 2, both)

	// An agent that somebody has put there, and that lacks the kind, says so.
	image := l.Exec(1, "sh", "-c", "ls /home/deploy/.cache/mitoplan-*/"+agentFiles[agentbin.Usual])
	l.Exec(1, "install", "-m", "755", strings.TrimSpace(image), "/opt/agent")
	w.write("main.mito.hcl", sshContext(l, "own", 1, "deploy", `agent_path = "/opt/agent"`)+`
resource "yaml_value" "x" {
  on      = context.ssh.own
  path    = "/home/deploy/x"
  pointer = "/a"
  value   = 1
  create  = true
}
`)
	w.must(1, "plan").says(t, "Unknown resource kind", `"yaml_value"`, "put the full edition there")
	l.AssertNoAgents(t)
}
