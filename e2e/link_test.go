//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const linkConfig = `
variable "release" { default = "1" }
resource "link" "current" {
  on     = context.sudo.host
  path   = "/opt/links/current"
  target = "releases/${var.release}"
}
resource "directory" "links" {
  on   = context.sudo.host
  path = "/opt/links"
}
resource "directory" "releases" {
  for_each = toset(["1", "2"])
  on       = context.sudo.host
  path     = "/opt/links/releases/${each.key}"
}
resource "file" "conf" {
  on      = context.sudo.host
  path    = "/opt/links/current/conf"
  content = "a\n"
}
resource "link" "conf" {
  on     = context.sudo.host
  path   = "/opt/links/conf"
  target = "/opt/links/current/conf"
  group  = "daemon"
}
resource "link" "side" {
  on     = context.sudo.host
  path   = "/opt/links/side"
  target = "/etc/hostname"
}
resource "line" "conf" {
  on   = context.sudo.host
  path = "/opt/links/conf"
  line = "b"
}
`

// On a real host, through sudo, links, what they lead to and what is behind them are made
// in one plan, of which nothing is there yet. One is switched to another directory, drift
// shows what somebody pointed elsewhere, and in the end all is gone but that link, and the
// directory that was switched from, which is not empty.
func TestLinksOnAHost(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + linkConfig})
	first := w.must(0, "apply", "-auto-approve")
	if strings.Contains(first.stdout, "Warning") {
		t.Errorf("the plan warns of links to what it makes itself:\n%s", first.stdout)
	}
	w.converged()
	reads := func(want string) {
		t.Helper()
		if got := l.Exec(1, "sh", "-c", "cd /opt/links && readlink current conf && stat -c %G conf current/conf && cat conf"); got != want {
			t.Errorf("the host has\n%s, want\n%s", got, want)
		}
	}
	reads("releases/1\n/opt/links/current/conf\ndaemon\nroot\na\nb\n")

	w.setVar("release", "2")
	w.must(0, "plan").says(t, `"releases/1" -> "releases/2"`)
	w.must(0, "apply", "-auto-approve")
	w.converged()
	reads("releases/2\n/opt/links/current/conf\ndaemon\nroot\na\nb\n")

	l.Exec(1, "ln", "-sfn", "/tmp", "/opt/links/side")
	w.must(2, "drift").says(t, "1 drifted outside", "Changed outside: target.")
	w.must(0, "destroy", "-auto-approve").says(t, "The link leads elsewhere")
	if got := l.Exec(1, "sh", "-c", "cd /opt/links && readlink side; ls releases/1; ls"); got != "/tmp\nconf\nreleases\nside\n" {
		t.Errorf("after destroy the host has %q, want the link side, to /tmp, and releases/1/conf", got)
	}
	l.AssertNoAgents(t)
}
