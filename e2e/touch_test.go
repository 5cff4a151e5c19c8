//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// Whoever has a security key is told to touch it while it waits, by mitoplan's own client
// and with the ssh program.
func TestTouchIsAskedForWhileOneWaits(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	for _, client := range []string{"native", "openssh"} {
		t.Run(client, func(t *testing.T) {
			touched := make(chan struct{})
			key := lab.NewSecurityKey(t, "ecdsa-sk", 1)
			key.Person = func() error { <-touched; return nil }
			socket := filepath.Join(t.TempDir(), "agent")
			lab.ServeAgent(t, socket, key)
			l.WriteFile(1, "/home/deploy/.ssh/authorized_keys", string(ssh.MarshalAuthorizedKey(key.Public)), 0o600)
			l.Exec(1, "chown", "deploy:", "/home/deploy/.ssh/authorized_keys")
			w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "ssh" "web" {
  host        = "` + l.Addr(1) + `"
  user        = "deploy"
  known_hosts = "` + l.KnownHosts() + `"
  ssh_config  = false
  client      = "` + client + `"
}
resource "file" "x" {
  on      = context.ssh.web
  path    = "/home/deploy/x"
  content = "x\n"
}
`})
			w.env = append(w.env, "SSH_AUTH_SOCK="+socket)
			log := w.path("log")
			w.env = append(w.env, "MITOPLAN_LOG_PATH="+log)
			plan := w.start("plan", "-detailed-exitcode")
			plan.until("it asked for a touch", func() bool {
				said, _ := os.ReadFile(log)
				text := string(said)
				return strings.Contains(text, "[WARN]  mitoplan: touch the security key") && strings.Contains(text, ", to log in to "+l.Addr(1)) && strings.Contains(text, "context=ssh.web")
			})
			close(touched)
			r := plan.wait()
			if r.status != 2 {
				t.Errorf("the plan ended with %d:\n%s%s", r.status, r.stdout, r.stderr)
			}
		})
	}
	l.AssertNoAgents(t)
}
