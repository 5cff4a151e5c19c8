//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// leavingHosts are two hosts in a map, with sudo and an account of their own.
func leavingHosts(l *lab.Lab) string {
	return fmt.Sprintf(`
variable "hosts" { type = map(string) }
context "ssh" "host" {
  for_each      = var.hosts
  host          = each.value
  user          = "deploy"
  identity_file = %q
  known_hosts   = %q
  ssh_config    = false
}
context "sudo" "host" {
  for_each = context.ssh.host
  via      = each.value
}
`, l.Key(), l.KnownHosts())
}

const leavingAll = `
resource "user" "app" {
  on   = context.sudo.host
  name = "shop"
}
resource "directory" "app" {
  on    = context.sudo.host
  path  = "/srv/app/conf"
  owner = user.app[on.key].name
}
resource "file" "part" {
  on       = context.sudo.host
  for_each = toset(["x", "y"])
  path     = "${directory.app[on.key].path}/${each.key}"
  content  = each.key
}
resource "file" "there" {
  on      = context.sudo.host
  path    = "/etc/there"
  content = "ours\n"
  backup  = true
}
resource "line" "l" {
  on   = context.sudo.host
  path = "/etc/lines"
  line = "ours"
}
resource "file" "off" {
  on   = context.sudo.host
  path = "/etc/off"
}
resource "file" "old" {
  on   = context.sudo.host
  path = "/etc/renamed"
}
resource "file" "moves" {
  on   = context.sudo.host
  path = "/etc/before"
}
`

// leavingFewer is the same with a key, blocks and a path less, a block that is switched
// off, and one that has another name.
const leavingFewer = `
resource "user" "app" {
  on   = context.sudo.host
  name = "shop"
}
resource "directory" "app" {
  on    = context.sudo.host
  path  = "/srv/app/conf"
  owner = user.app[on.key].name
}
resource "file" "part" {
  on       = context.sudo.host
  for_each = toset(["x"])
  path     = "${directory.app[on.key].path}/${each.key}"
  content  = each.key
}
resource "file" "off" {
  on      = context.sudo.host
  enabled = false
  path    = "/etc/off"
}
resource "file" "new" {
  on   = context.sudo.host
  path = "/etc/renamed"
}
resource "file" "moves" {
  on   = context.sudo.host
  path = "/etc/after"
}
`

// What an apply made on hosts behind ssh and sudo is taken away when it leaves the
// configuration, and what was there before is put back. A host that is away keeps what is
// recorded of it, and one that left the configuration is never asked. After a destroy the
// hosts are as they were.
func TestWhatLeavesTheConfiguration(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	paths := []string{"/srv/app/conf/x", "/srv/app/conf/y", "/etc/off", "/etc/renamed", "/etc/before", "/etc/after"}
	is := func(i int, want string) {
		t.Helper()
		var got []string
		for _, p := range paths {
			if _, err := l.Run(i, "test", "-e", p); err == nil {
				got = append(got, p[strings.LastIndex(p, "/")+1:])
			}
		}
		if _, err := l.Run(i, "id", "shop"); err == nil {
			got = append(got, "shop")
		}
		got = append(got, strings.TrimSpace(l.ReadFile(i, "/etc/there")), strings.Join(strings.Fields(l.ReadFile(i, "/etc/lines")), "+"))
		if strings.Join(got, " ") != want {
			t.Errorf("host %d has %q, want %q", i, got, want)
		}
	}
	for i := 1; i <= 2; i++ {
		l.WriteFile(i, "/etc/there", "before\n", 0o644)
		l.WriteFile(i, "/etc/lines", "theirs\n", 0o644)
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": leavingHosts(l) + leavingAll})
	both := fmt.Sprintf(`{ a = %q, b = %q }`, l.Addr(1), l.Addr(2))
	w.setVar("hosts", both)
	w.must(0, "apply", "-auto-approve")
	all := "x y off renamed before shop ours theirs+ours"
	is(1, all)
	is(2, all)

	w.write("main.mito.hcl", leavingHosts(l)+leavingFewer)
	l.CutLink(2)
	w.must(0, "apply", "-auto-approve", "-allow-unreachable").says(t, "3 destroyed", "formerly /etc/before")
	is(1, "x renamed after shop before theirs")
	l.HealLink(2)
	is(2, all)
	w.must(0, "apply", "-auto-approve")
	is(2, "x renamed after shop before theirs")
	w.converged()

	w.setVar("hosts", fmt.Sprintf(`{ a = %q }`, l.Addr(1)))
	w.must(0, "apply", "-auto-approve").says(t, `sudo.host["b"] is no longer in the configuration`)
	is(2, "x renamed after shop before theirs")
	w.converged()

	w.must(0, "plan", "-destroy", "-out", "gone").says(t, "to destroy")
	w.must(0, "apply", "gone")
	is(1, "before theirs")
	if _, err := l.Run(1, "test", "-e", "/srv/app"); err == nil {
		t.Error("the directories that were made along are still there")
	}
	w.must(0, "show").says(t, "The record is empty.")
	w.must(0, "destroy", "-auto-approve").says(t, "Nothing to destroy")
	l.AssertNoAgents(t)
}

// A destroy that leaves an account which is in use ends with an error that says by what, and
// takes away what it can, on that host and on the others. The next one takes the rest.
func TestADestroySaysWhatIsInUse(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	for i := 1; i <= 2; i++ {
		l.WriteFile(i, "/etc/lines", "theirs\n", 0o644)
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": leavingHosts(l) + leavingAll})
	w.setVar("hosts", fmt.Sprintf(`{ a = %q, b = %q }`, l.Addr(1), l.Addr(2)))
	w.must(0, "apply", "-auto-approve")
	pid := strings.TrimSpace(l.Exec(1, "sh", "-c", `setsid setpriv --reuid shop --regid shop --clear-groups sleep 120 </dev/null >/dev/null 2>&1 &
		for i in $(seq 200); do [ "$(stat -c %U /proc/$!)" = shop ] && break; sleep 0.05; done; echo $!`))
	r := w.must(1, "destroy", "-auto-approve")
	r.says(t, "Error: Not taken away", `with user.app["a"]`, "Under shop run sleep", "Destroy incomplete.")
	for i, want := range map[int]bool{1: true, 2: false} {
		if _, err := l.Run(i, "id", "shop"); (err == nil) != want {
			t.Errorf("that host %d has the account is %v, want %v", i, err == nil, want)
		}
		if _, err := l.Run(i, "test", "-e", "/srv/app"); err == nil {
			t.Errorf("host %d has still what was made besides the account", i)
		}
	}
	w.must(0, "show").says(t, `user.app["a"]`)
	w.must(0, "plan", "-destroy", "-out", "gone")
	w.must(1, "apply", "gone").says(t, "Error: Not taken away")
	l.Exec(1, "kill", pid)
	l.Exec(1, "sh", "-c", `for i in $(seq 200); do [ -e /proc/`+pid+` ] || break; sleep 0.05; done`)
	w.must(0, "destroy", "-auto-approve").says(t, "Destroy complete!")
	w.must(0, "show").says(t, "The record is empty.")
}
