//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const keysConfig = `
variable "others" { default = true }
variable "key" { default = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V" }
resource "user" "ann" {
  on    = context.sudo.host
  name  = "ann"
  shell = "/bin/sh"
}
resource "authorized_key" "ann" {
  on      = context.sudo.host
  user    = user.ann[on.key].name
  key     = var.key
  options = "no-pty"
}
resource "authorized_key" "second" {
  on   = context.sudo.host
  user = user.ann[on.key].name
  key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsIawhrCGsIawhrCGsIawhrCGsIawhrCGsIawhrCGsI second"
}
resource "authorized_key" "deploy" {
  on        = context.sudo.host
  user      = "deploy"
  key       = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsJawlrCWsJawlrCWsJawlrCWsJawlrCWsJawlrCWsJ"
  exclusive = !var.others
}
resource "known_host" "git" {
  on   = context.sudo.host
  path = "/etc/ssh/ssh_known_hosts"
  name = "git.example.com"
  key  = var.key
}
`

// On a real host, keys go into the file of an account that the same plan makes, and let that
// account in. The key by which the connection itself logged in is never removed, whether
// mitoplan itself speaks ssh or the ssh program does. Another key in a block takes the former away.
func TestKeysOnAHost(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + keysConfig})
	was := l.ReadFile(1, "/home/deploy/.ssh/authorized_keys")
	login, _, _ := strings.Cut(was, "\n")
	w.must(0, "apply", "-auto-approve")
	w.converged()
	const file = "/home/ann/.ssh/authorized_keys"
	if got := l.ReadFile(1, file); !strings.HasPrefix(got, "no-pty ssh-ed25519 ") || strings.Count(got, "\n") != 2 {
		t.Errorf("the keys of ann are %q", got)
	}
	if got := l.Exec(1, "stat", "-c", "%U %a", "/home/ann/.ssh", file); got != "ann 700\nann 600\n" {
		t.Errorf("they belong to %q", got)
	}

	w.setVar("others", "false")
	w.must(1, "plan").says(t, "This connection uses the key", "or add it to key")
	config := fleet(l, 1, 1) + keysConfig
	w.write("main.mito.hcl", strings.Replace(config, "  user          =", "  client        = \"openssh\"\n  user          =", 1))
	w.must(1, "plan").says(t, "This connection uses the key")
	w.write("main.mito.hcl", config)
	w.setVar("others", "true")

	w.setVar("key", login)
	w.must(0, "apply", "-auto-approve")
	w.converged()
	if got := l.ReadFile(1, file); strings.Contains(got, "pYkYyb1V") || !strings.Contains(got, strings.Fields(login)[1]) {
		t.Errorf("after the key was changed the keys of ann are %q", got)
	}
	l.Exec(1, "sh", "-c", "sed -i 's/no-pty/pty/' "+file)
	w.must(2, "drift").says(t, "authorized_key.ann", "Changed outside")
	w.must(0, "apply", "-auto-approve")

	w.must(0, "destroy", "-auto-approve")
	if got := l.ReadFile(1, "/home/deploy/.ssh/authorized_keys"); got != was {
		t.Errorf("after destroy the keys of deploy are %q, and were %q", got, was)
	}
	l.AssertNoAgents(t)
}
