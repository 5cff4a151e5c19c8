//go:build linux

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// An odd line of known_hosts leads to one warning for all contexts. If the line may
// revoke a key, it leads to an error that names the line.
func TestOddKnownHosts(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	known, err := os.ReadFile(l.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	file := l.Dir() + "/odd"
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := strings.ReplaceAll(sshContext(l, "host", 1, "deploy", "")+sshContext(l, "other", 1, "ops", ""), l.KnownHosts(), file) + hostname
	config += strings.ReplaceAll(strings.ReplaceAll(hostname, "ssh.host", "ssh.other"), `"it"`, `"other"`)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})

	write("old.example 1024 35 123456\n" + string(known))
	r := w.must(0, "plan", "-no-color")
	text := r.stdout + r.stderr
	if n := strings.Count(text, "Line of known_hosts is left out"); n != 1 || !strings.Contains(text, file+", line 1 is of version 1") {
		t.Errorf("there are %d warnings about the line, want 1:\n%s", n, text)
	}
	write(string(known) + "@revoked * ssh-ed25519 AAAA!\n")
	r = w.must(1, "plan", "-no-color")
	if !strings.Contains(r.stderr, "Revoked key cannot be read") || !strings.Contains(r.stderr, file+":2") {
		t.Errorf("the error does not name the line:\n%s", r.stderr)
	}
	if testing.Verbose() {
		t.Log(text, r.stderr)
	}
	l.AssertNoAgents(t)
}
