//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// What the ssh configuration asks for and does not get is told once, with file
// and line, though each host has lines of its own.
func TestSSHConfigIsNamed(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	config := filepath.Join(l.Dir(), "asks")
	text, err := os.ReadFile(l.SSHConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("Host h1\n  StrictHostKeyChecking no\nHost h2\n  PKCS11Provider /p11.so\nHost *\n  Compression yes\n  ForwardX11 yes\n"+string(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "ssh" "web" {
  for_each   = { h1 = "h1", h2 = "h2" }
  host       = each.value
  ssh_config = "` + config + `"
}

resource "file" "x" {
  on      = context.ssh.web
  path    = "/home/deploy/x"
  content = "x\n"
}
`})
	for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"drift"}} {
		r := w.run(args...)
		said := r.stdout + r.stderr
		if n := strings.Count(said, "The ssh configuration is not honoured in full"); n != 1 {
			t.Errorf("%s warns %d times:\n%s", args[0], n, said)
		}
		for _, want := range []string{config + ":2: StrictHostKeyChecking no", config + ":4: PKCS11Provider /p11.so", config + ":6: Compression yes", `host_key_check`, "2 contexts have this warning", "main.mito.hcl line 5"} {
			if !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
				t.Errorf("%s does not say %q:\n%s", args[0], want, said)
			}
		}
		if strings.Contains(said, "ForwardX11") {
			t.Errorf("%s names what does not matter", args[0])
		}
	}
	l.AssertNoAgents(t)
}
