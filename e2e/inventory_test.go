//go:build linux

package e2e

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// A command on the controller lists the hosts, and a command on each host says
// whether something is wanted there. One plan does both.
func TestInventoryFromCommands(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 3})
	l.WriteFile(2, "/etc/role", "web\n", 0o644)
	w := newWorkspace(t, map[string]string{
		"inventory.json": `{"h1":"` + l.Addr(1) + `","h2":"` + l.Addr(2) + `","h3":"` + l.Addr(3) + `"}`,
		"main.mito.hcl": `
context "local" "here" {}

call "command" "inventory" {
  on        = context.local.here
  argv      = ["cat", abspath("${path.module}/inventory.json")]
  read_only = true
}

context "ssh" "host" {
  for_each      = jsondecode(call.command.inventory.stdout)
  host          = each.value
  user          = "deploy"
  identity_file = "` + l.Key() + `"
  known_hosts   = "` + l.KnownHosts() + `"
  ssh_config    = false
}

call "command" "role" {
  on            = context.ssh.host
  shell         = "cat /etc/role 2>/dev/null || true"
  read_only     = true
}

resource "file" "web" {
  on      = context.ssh.host
  enabled = trimspace(call.command.role[on.key].stdout) == "web"
  path    = "/home/deploy/web"
  content = "for ${on.hostname}\n"
}

output "hosts" {
  value = keys(context.ssh.host)
}
`})
	w.must(0, "plan").says(t, `file.web["h2"]`, "Plan: 1 to add")
	w.must(0, "apply", "-auto-approve")
	if got := l.ReadFile(2, "/home/deploy/web"); got != "for h2\n" {
		t.Errorf("the file holds %q", got)
	}
	for _, i := range []int{1, 3} {
		if out, err := l.Run(i, "ls", "/home/deploy/web"); err == nil {
			t.Errorf("%s has the file, too: %s", l.Name(i), out)
		}
	}
	w.must(0, "output", "-json", "hosts").says(t, `["h1","h2","h3"]`)
	w.converged()
	l.AssertNoAgents(t)
}
