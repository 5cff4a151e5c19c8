//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// SIGUSR1 during an apply prints what is waited for here, on the host, and behind sudo
// there, and no secret. The apply goes on.
func TestSignalShowsTheWholeTree(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "web", l.Addr(1), "deploy", "") + `
context "sudo" "root" {
  via = context.ssh.web
}

variable "token" {
  sensitive = true
  default   = "correct-horse"
}

call "command" "slow" {
  on    = context.sudo.root
  argv  = ["sh", "-c", "while ! test -e /srv/quick; do sleep 0.1; done", "seen by ps"]
  stdin = var.token
}
`})
	shown := filepath.Join(t.TempDir(), "shown")
	errs, err := os.Create(shown)
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	cmd, _, _ := w.command("apply", "-auto-approve")
	cmd.Stderr = errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	run := &running{t: t, cmd: cmd, done: ended}
	run.until("the call runs", func() bool { return runs(l, 1, "sleep 0.1") })
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	text := ""
	run.until("the context behind sudo is shown", func() bool {
		b, err := os.ReadFile(shown)
		text = string(b)
		return err == nil && strings.Contains(text, "(sudo.root):\n")
	})
	l.WriteFile(1, "/srv/quick", "", 0o644)
	if err := <-ended; err != nil {
		t.Errorf("the apply was disturbed: %v\n%s", err, text)
	}
	for _, want := range []string{"broker 0\n", "(ssh.web) was heard last", "in sudo.root (id ", "context 0.", "(ssh.web):\n| ",
		"  | ", "parent was heard last", " is running", "goroutines:\n", "function.(*command)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "correct-horse") || strings.Contains(text, "seen by ps") {
		t.Errorf("an argument is in\n%s", text)
	}
	l.AssertNoAgents(t)
}
