//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const sudoersConfig = `
variable "command" { default = "/usr/bin/id -un" }
variable "runas" { default = "app" }
resource "user" "ann" {
  on          = context.sudo.host
  name        = "ann"
  shell       = "/bin/sh"
  create_home = false
}
resource "sudoers" "ann" {
  on       = context.sudo.host
  path     = "/etc/sudoers.d/ann"
  user     = user.ann[on.key].name
  runas    = var.runas
  nopasswd = true
  commands = [var.command]
}
resource "sudoers" "lecture" {
  on      = context.sudo.host
  path    = "/etc/sudoers.d/lecture"
  content = "Defaults !lecture\n"
}
`

// On a real host, an account that the same plan makes may run what its rule says, as whom it
// says, and nothing else. A rule that visudo refuses leaves the one before, and sudo as it
// works. Drift shows another mode and another rule, and a rule that somebody changed stays
// in the end.
func TestSudoersOnAHost(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + sudoersConfig})
	w.must(0, "plan").says(t, "ann ALL=(app) NOPASSWD: /usr/bin/id -un")
	w.must(0, "apply", "-auto-approve")
	w.converged()
	as := func(want string, argv ...string) {
		t.Helper()
		out, err := l.Run(1, append([]string{"runuser", "-u", "ann", "--", "sudo", "-n"}, argv...)...)
		switch {
		case want != "" && (err != nil || out != want+"\n"):
			t.Errorf("ann runs sudo %q: %q, %v; want %q", argv, out, err, want)
		case want == "" && (err == nil || !strings.Contains(err.Error(), "sudo: a password is required")):
			t.Errorf("ann runs sudo %q: %q, %v; want that sudo refuses", argv, out, err)
		}
	}
	as("app", "-u", "app", "/usr/bin/id", "-un")
	as("", "/usr/bin/id", "-un")
	as("", "-u", "app", "/usr/bin/id")

	w.setVar("runas", "app:app:app")
	w.must(1, "apply", "-auto-approve").says(t, "The file is refused by visudo")
	as("app", "-u", "app", "/usr/bin/id", "-un")

	w.setVar("runas", "app")
	w.setVar("command", "/usr/bin/id")
	w.must(0, "apply", "-auto-approve")
	w.converged()
	as("app", "-u", "app", "/usr/bin/id", "-un")

	l.Exec(1, "chmod", "0400", "/etc/sudoers.d/lecture")
	l.Exec(1, "sh", "-c", "echo 'ann ALL=(app) NOPASSWD: /usr/bin/true' >/etc/sudoers.d/ann")
	w.must(2, "drift").says(t, "2 drifted outside", "Changed outside: mode.", "Changed outside: content.")
	w.must(0, "destroy", "-auto-approve")
	if got := l.Exec(1, "ls", "/etc/sudoers.d"); got != "ann\n" {
		t.Errorf("after destroy there is %q, want the rule that was changed", got)
	}
	l.AssertNoAgents(t)
}
