//go:build linux

package e2e

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const driftConfig = `
variable "shell" { default = "/bin/sh" }
variable "mode" { default = "0755" }
resource "user" "app" {
  on     = context.sudo.host
  name   = "driftapp"
  shell  = var.shell
  groups = ["adm"]
  append = true
}
resource "directory" "d" {
  on      = context.sudo.host
  path    = "/opt/drift"
  owner   = "driftapp"
  mode    = var.mode
  recurse = true
}
`

// On a real host, through sudo, somebody changes an account and what is below a
// directory by hand. That is drift, even if the configuration is newer. A change of
// something that no block manages, such as another group or file of the same owner,
// is none.
func TestDriftOnAHost(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + driftConfig})
	w.must(0, "apply", "-auto-approve")
	l.Exec(1, "sh", "-c", "usermod -a -G staff driftapp && install -o driftapp -m 755 /dev/null /opt/drift/one")
	w.must(0, "drift").says(t, "No drift.")
	w.setVar("shell", "/bin/bash")
	w.setVar("mode", "0750")
	w.must(2, "drift").says(t, "0 drifted outside, 2 not yet applied")

	l.Exec(1, "sh", "-c", "usermod -s /bin/false driftapp && chown root /opt/drift/one")
	w.must(2, "drift").says(t, "2 drifted outside, 2 not yet applied", "counted twice", "Changed outside: shell.", "Changed outside: recurse.")
	w.must(0, "plan").says(t, "2 things were changed outside since the last apply", "user driftapp on", ": shell (user.app", "/opt/drift on")
	w.setVar("shell", "/bin/sh")
	w.setVar("mode", "0755")
	w.must(2, "drift").says(t, "2 drifted outside, 0 not yet applied")
	w.must(0, "apply", "-auto-approve")
	w.converged()
	w.must(0, "drift").says(t, "No drift.")
	l.AssertNoAgents(t)
}
