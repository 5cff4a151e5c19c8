//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// With client = "openssh" a plan, an apply, an empty plan and drift are what they are
// otherwise: on a host behind a ProxyCommand, and on one to which a ControlMaster is there,
// whose key mitoplan is not given.
func TestOpenSSHPlansAndApplies(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("the ssh program is missing (Debian package openssh-client)")
	}
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	dir := t.TempDir()
	socket, config := filepath.Join(dir, "s"), filepath.Join(dir, "config")
	text := "Host h1\n  HostName " + l.Addr(1) + "\n  ControlPath " + socket + "\n  IdentityFile /dev/null\n" +
		"Host h2\n  HostName " + l.Addr(2) + "\n  IdentityFile " + l.Key() + "\n  ProxyCommand ssh -F none -i " + l.Key() + " -o UserKnownHostsFile=" + l.KnownHosts() + " -W %h:%p deploy@" + l.Addr(1) + "\n" +
		"Host *\n  User deploy\n  IdentitiesOnly yes\n  UserKnownHostsFile " + l.KnownHosts() + "\n  GlobalKnownHostsFile /dev/null\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	master := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ssh", append([]string{"-F", config, "-o", "BatchMode=yes", "-i", l.Key()}, append(args, "h1")...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	master("-M", "-N", "-f")
	defer master("-O", "exit")
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "ssh" "web" {
  for_each   = toset(["h1", "h2"])
  host       = each.value
  client     = "openssh"
  ssh_config = "` + config + `"
}
resource "file" "x" {
  on      = context.ssh.web
  path    = "/home/deploy/x"
  content = "one\n"
}
`})
	w.must(2, "plan", "-detailed-exitcode").says(t, "2 to add")
	w.must(0, "apply", "-auto-approve").says(t, "2 added")
	for i := 1; i <= 2; i++ {
		if got := l.ReadFile(i, "/home/deploy/x"); got != "one\n" {
			t.Errorf("h%d has %q", i, got)
		}
	}
	w.converged()
	w.must(0, "drift").says(t, "No")
	l.WriteFile(2, "/home/deploy/x", "other\n", 0o644)
	w.must(2, "drift").says(t, "1 drifted outside, 0 not yet applied", `file.x["h2"]`)
	w.must(0, "apply", "-auto-approve").says(t, "1 changed")
	master("-O", "check") // mitoplan has not ended it
	l.AssertNoAgents(t)
}
