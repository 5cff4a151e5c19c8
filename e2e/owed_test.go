//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// A file on one host triggers a call on another host. Whatever happens in between,
// the call runs once for that change, as soon as it can: mitoplan is killed, or the
// other host is away or left out.
func TestATriggerOnAnotherHostIsOwed(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + `
resource "file" "conf" {
  on      = context.sudo.host["h1"]
  path    = "/etc/conf"
  content = "v1\n"
}

call "command" "gate" {
  on         = context.sudo.host["h2"]
  shell      = "until [ -e /run/go-on ]; do sleep 0.05; done; touch /run/gone"
  creates    = "/run/gone"
  depends_on = [file.conf]
}

call "command" "reload" {
  on           = context.sudo.host["h2"]
  shell        = "echo reloaded >> /run/reloads"
  triggered_by = [file.conf]
  depends_on   = [call.command.gate]
}
`})
	run := w.start("apply", "-auto-approve")
	run.until("the gate runs", func() bool { return runs(l, 2, "go-on") })
	run.cmd.Process.Kill()
	run.wait()
	l.AssertNoAgents(t)
	if got := l.ReadFile(1, "/etc/conf"); got != "v1\n" {
		t.Fatalf("the file holds %q", got)
	}
	w.must(0, "show").says(t, "1 call is owed", "call.command.reload (after file.conf)")

	l.CutLink(2)
	r := w.must(0, "apply", "-auto-approve", "-allow-unreachable")
	r.says(t, "Apply of a part complete.", "1 context unreachable")
	l.HealLink(2)
	w.must(0, "apply", "-auto-approve", "-target", `context.sudo.host[h1]`).says(t, "A later plan runs what is owed of it", "call.command.reload")
	w.must(0, "plan").says(t, "call.command.reload will run", "owed since an earlier apply to file.conf")

	l.WriteFile(2, "/run/go-on", "", 0o644)
	w.must(0, "apply", "-auto-approve")
	if got := strings.TrimSpace(l.ReadFile(2, "/run/reloads")); got != "reloaded" {
		t.Errorf("the call ran like this: %q, want once", got)
	}
	w.converged()
	l.AssertNoAgents(t)
}
