//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// A process list on a host shows which context an agent is, by its name or by the
// address of its block, and who started it. The log and the chain in an error show
// the same name. Whatever characters are in the name, it is one word there.
func TestContextsAreShownByName(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshContext(l, "plain", 1, "deploy", "") +
		sshContext(l, "given", 1, "deploy", `name = "edge 7; $(touch /run/pwned) `+"`x`"+`"`) + `
context "sudo" "plain" {
  for_each = toset(["a"])
  via      = context.ssh.plain
}
context "sudo" "given" {
  via  = context.ssh.given
  name = "` + strings.Repeat("n", 300) + `"
}
call "command" "plain" {
  on        = context.sudo.plain
  shell     = "cat /proc/[0-9]*/cmdline | tr '\\000' '\\n' | grep ^mitoplan: | sort -u"
  read_only = true
}
call "command" "given" {
  on        = context.sudo.given
  shell     = "cat /proc/[0-9]*/cmdline | tr '\\000' '\\n' | grep ^mitoplan: | sort -u"
  read_only = true
}
output "plain" {
  value = call.command.plain["a"].stdout
}
output "given" {
  value = call.command.given.stdout
}
`})
	w.env = append(w.env, "MITOPLAN_LOG=debug", "MITOPLAN_LOG_PATH="+w.path("log"))
	w.must(0, "apply", "-auto-approve")
	for output, want := range map[string][]string{
		"plain": {"mitoplan:ssh.plain:", "mitoplan:sudo.plain[a]:"},
		"given": {"mitoplan:edge_7____touch_/run/pwned___x_:", "mitoplan:" + strings.Repeat("n", 64) + ":"},
	} {
		shown := w.must(0, "output", "-raw", output).stdout
		for _, name := range want {
			if !strings.Contains("\n"+shown, "\n"+name) {
				t.Errorf("%s is not in the process list:\n%s", name, shown)
			}
		}
	}

	w.write("fails.mito.hcl", `
call "command" "fails" {
  on        = context.sudo.given
  argv      = ["false"]
  read_only = true
}
`)
	w.must(1, "plan").says(t, "ssh given (edge 7; $(touch /run/pwned) `x`)", "sudo given ("+strings.Repeat("n", 64)+"…)")
	l.AssertNoAgents(t)
}
