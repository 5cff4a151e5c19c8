//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// noticeOn is a file in a context.
func noticeOn(context string) string {
	return fmt.Sprintf(`
resource "file" "notice" {
  on      = context.%s
  path    = "/srv/notice"
  content = "This is a notice.\n"
}
`, context)
}

// converges fails the test unless a configuration with the file of noticeOn is planned and
// applied, is then as it should be, and unless it is seen when somebody else removes the file,
// which is at a path on host i.
func converges(t *testing.T, l *lab.Lab, i int, path, config string) {
	t.Helper()
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	w.must(2, "plan", "-detailed-exitcode")
	w.must(0, "apply", "-auto-approve")
	if got := l.ReadFile(i, path); got != "This is a notice.\n" {
		t.Errorf("the file has %q", got)
	}
	w.must(0, "plan", "-detailed-exitcode")
	l.Exec(i, "rm", path)
	w.must(2, "drift").says(t, "1 drifted outside", "file.notice")
	l.AssertNoAgents(t)
}

// TestDropbear holds that hosts whose ssh server is dropbear are as good as those with
// OpenSSH, and that what it refuses is told as what it is.
func TestDropbear(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	l.StartDropbear(1, "", 2222)
	l.StartDropbear(1, "", 2223, "-j") // without forwarding
	l.Exec(1, "chmod", "1777", "/srv")
	sudo := "\ncontext \"sudo\" \"root\" {\n  via = context.ssh.h\n}\n"
	for name, c := range map[string]struct{ config, on string }{
		"a key":       {sshContext(l, "h", 1, "deploy", "port = 2222"), "ssh.h"},
		"sudo":        {sshContext(l, "h", 1, "deploy", "port = 2222") + sudo, "sudo.root"},
		"a password":  {sshContext(l, "h", 1, "pwuser", fmt.Sprintf("port = 2222\n  password = %q", lab.LoginPassword)), "ssh.h"},
		"ssh program": {sshContext(l, "h", 1, "deploy", "port = 2222\n  client = \"openssh\""), "ssh.h"},
	} {
		t.Run(name, func(t *testing.T) { converges(t, l.For(t), 1, "/srv/notice", c.config+noticeOn(c.on)) })
	}
	for name, port := range map[string]int{"a hop": 2222, "a hop that forwards nothing": 2223} {
		t.Run(name, func(t *testing.T) {
			l := l.For(t)
			l.Exec(2, "chmod", "1777", "/srv")
			converges(t, l, 2, "/srv/notice", sshContext(l, "hop", 1, "deploy", fmt.Sprintf("port = %d", port))+
				sshContext(l, "h", 2, "deploy", "via = context.ssh.hop")+noticeOn("ssh.h"))
		})
	}
	t.Run("many at once", func(t *testing.T) {
		w := newWorkspace(t, map[string]string{"main.mito.hcl": strings.Replace(sshContext(l, "h", 1, "deploy", "port = 2222"), "{\n", "{\n  for_each = toset([for i in range(12) : tostring(i)])\n", 1) + `
call "hostname" "it" {
  for_each = context.ssh.h
  on       = each.value
}
`})
		w.must(0, "apply", "-auto-approve")
	})
	keys := l.Home(1, "nosudo") + "/.ssh/authorized_keys"
	l.Exec(1, "sh", "-c", `sed -i 's/^/command="echo only backups here" /' "$0"`, keys)
	for name, config := range map[string]string{
		"key refused":    strings.ReplaceAll(sshContext(l, "host", 1, "deploy", "port = 2222"), l.Key(), l.OtherKey()),
		"password wrong": sshContext(l, "host", 1, "pwuser", "port = 2222\n  password = \"not this one\""),
		"no such user":   sshContext(l, "host", 1, "ghost", "port = 2222"),
		"forced command": sshContext(l, "host", 1, "nosudo", "port = 2222"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, map[string]string{"main.mito.hcl": config + hostname})
			r := w.must(1, "plan", "-no-color")
			assertOneError(t, r)
			golden(t, filepath.Join("testdata", "refusals", "dropbear-"+strings.ReplaceAll(name, " ", "-")+".txt"), steady(l, w, r.stderr))
			l.For(t).AssertNoAgents(t)
		})
	}
}

// TestBusyboxHosts holds that a host on which there are a busybox and a dropbear and nothing
// else, as on a router, is as good as any other.
func TestBusyboxHosts(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{})
	l.BusyboxRoot(1, "/srv/bb")
	l.MakeNull(1, "/srv/bb")
	l.Exec(1, "sh", "-c", `mkdir -p /srv/bb/srv /srv/bb/root/.ssh; cp "$0" /srv/bb/root/.ssh/authorized_keys; chmod -R go= /srv/bb/root`, l.Home(1, "deploy")+"/.ssh/authorized_keys")
	l.StartDropbear(1, "/srv/bb", 2222)
	converges(t, l, 1, "/srv/bb/srv/notice", sshContext(l, "h", 1, "root", "port = 2222")+noticeOn("ssh.h"))
	converges(t, l, 1, "/srv/bb/srv/notice", sshContext(l, "h", 1, "root", "port = 2222")+`
context "local" "below" {
  via = context.ssh.h
}
`+noticeOn("local.below"))
}
