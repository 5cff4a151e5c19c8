//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const groupConfig = `
variable "gid" { default = 7100 }
variable "extra" { default = true }
resource "group" "app" {
  on   = context.sudo.host
  name = "grpapp"
  gid  = var.gid
}
resource "group" "ops" {
  on     = context.sudo.host
  name   = "grpops"
  system = true
}
resource "group" "extra" {
  on      = context.sudo.host
  enabled = var.extra
  name    = "grpextra"
}
resource "group" "old" {
  on    = context.sudo.host
  name  = "grpold"
  state = "absent"
}
resource "user" "app" {
  on     = context.sudo.host
  name   = "grpuser"
  group  = "grpapp"
  groups = ["grpops"]
}
resource "file" "shared" {
  on      = context.sudo.host
  path    = "/srv/shared"
  content = "a\n"
  group   = "grpapp"
  mode    = "0660"
}
`

// On a real host, through sudo, groups are made with the account and the file that need them,
// in one plan of which nothing is there yet. One that was there goes. Drift shows what somebody
// changed by hand, as exactly that, and the next apply puts it right. What an apply made goes
// in the end, and /etc/group is as it was.
func TestGroupsOnAHost(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + groupConfig})
	before := l.ReadFile(1, "/etc/group")
	groupsAsAPlainUser(t, l)
	l.Exec(1, "groupadd", "-g", "7999", "grpold")
	w.must(0, "plan").says(t, `"grpops"`)
	if is := l.ReadFile(1, "/etc/group"); is != before+"grpold:x:7999:\n" {
		t.Errorf("a plan changed /etc/group:\n%s", is)
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
	reads := func(want string) {
		t.Helper()
		if got := l.Exec(1, "sh", "-c", "getent group grpapp; id -Gn grpuser; stat -c %G /srv/shared; getent group grpold grpextra | cut -d: -f1"); got != want {
			t.Errorf("the host has\n%s, want\n%s", got, want)
		}
	}
	reads("grpapp:x:7100:\ngrpapp grpops\ngrpapp\ngrpextra\n")

	l.Exec(1, "sh", "-c", "groupmod -g 7200 grpapp && chgrp grpapp /srv/shared && groupdel grpextra")
	drift := w.must(2, "drift")
	drift.says(t, "3 drifted outside", "Changed outside: gid.", "Changed outside: removed.", "7200", "grpextra")
	if strings.Contains(drift.stdout, "grpops") {
		t.Errorf("a group that nobody changed drifted:\n%s", drift.stdout)
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
	reads("grpapp:x:7100:\ngrpapp grpops\ngrpapp\ngrpextra\n")

	w.setVar("extra", "false")
	w.setVar("gid", "0")
	w.must(1, "plan").says(t, "The number is taken", "belongs to the group root")
	w.setVar("gid", "7100")
	w.must(0, "destroy", "-auto-approve").says(t, "5 destroyed", "group.old")
	if is := l.ReadFile(1, "/etc/group"); is != before {
		t.Errorf("after destroy /etc/group is\n%s, and was\n%s", is, before)
	}
	l.AssertNoAgents(t)
}

// A context that is not root is told while planning that it changes no group. If the group is
// as it should be, no root is needed.
func groupsAsAPlainUser(t *testing.T, l *lab.Lab) {
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + `
resource "group" "app" {
  on   = context.ssh.host
  name = "grpapp"
}
`})
	w.must(1, "plan").says(t, "Only root can change accounts", "such as sudo")
	l.Exec(1, "groupadd", "grpapp")
	w.converged()
	l.Exec(1, "groupdel", "grpapp")
}
