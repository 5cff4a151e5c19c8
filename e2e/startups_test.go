//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// TestMaxStartups: ten contexts as ten users of one host, whose sshd takes three
// connections at once that have not logged in and refuses every other, all come up:
// straight, through one connection to a bastion, and through a bastion with the same
// limit that each of them logs in to.
func TestMaxStartups(t *testing.T) {
	const users = 10
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	for i := 1; i <= 2; i++ {
		limitStartups(l, i, users)
	}
	w := newWorkspace(t, map[string]string{"ssh_config": fmt.Sprintf(
		"Host jumped\n  Hostname %s\n  ProxyJump deploy@%s\n", l.Addr(2), l.Addr(1))})
	for name, c := range map[string]struct{ host, config, via string }{
		"straight":              {l.Addr(1), "false", ""},
		"through a bastion":     {l.Addr(2), "false", "via = context.ssh.bastion"},
		"each through its jump": {"jumped", w.path("ssh_config"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			login := fmt.Sprintf("  identity_file = %q\n  known_hosts = %q\n  agent = false\n", l.Key(), l.KnownHosts())
			w.write("main.mito.hcl", fmt.Sprintf(`
context "ssh" "bastion" {
  host = %q
  user = "deploy"
  ssh_config = "false"
%s}
context "ssh" "u" {
  count = %d
  host = %q
  user = "u${count.index}"
  ssh_config = %q
%s%s
}
call "command" "who" {
  on      = context.ssh.u
  argv    = ["id", "-un"]
  read_only = true
}
output "who" {
  value = join(" ", values(call.command.who)[*].stdout)
}
`, l.Addr(1), login, users, c.host, c.config, login, c.via))
			r := w.run("plan", "-no-color")
			if r.status != 0 {
				t.Fatal(r)
			}
			for i := range users {
				r.says(t, fmt.Sprintf("u%d", i))
			}
			if strings.Contains(r.all(), "nreachable") {
				t.Error(r)
			}
		})
	}
	l.AssertNoAgents(t)
}

// limitStartups makes accounts on a host and has its sshd take three connections at
// once that have not logged in.
func limitStartups(l *lab.Lab, i, users int) {
	for n := range users {
		user, id := fmt.Sprintf("u%d", n), 3000+n
		l.Exec(i, "sh", "-ec", fmt.Sprintf(`echo '%[1]s:x:%[2]d:%[2]d::/home/%[1]s:/bin/bash' >>/etc/passwd
echo '%[1]s:x:%[2]d:' >>/etc/group
echo '%[1]s:*:19700:0:99999:7:::' >>/etc/shadow
cp -a /home/deploy /home/%[1]s
chown -R %[2]d:%[2]d /home/%[1]s`, user, id))
	}
	l.Exec(i, "sed", "-i", "s/^MaxStartups.*/MaxStartups 3:100:3/", "/etc/ssh/sshd_config")
	l.Stop(i)
	l.Start(i)
}
