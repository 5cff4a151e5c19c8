//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/terminaltest"
)

// What is typed while lines change in place moves none of them, and whichever way the
// program ends or is stopped, the terminal shows again what is typed. The program runs
// in a shell with job control, which itself leaves the modes of the terminal alone.
func TestTypingLeavesTheLinesAlone(t *testing.T) {
	for name, end := range map[string]string{"it ends": "", "Ctrl-C": "\x03", "Ctrl-Z": "\x1a", `Ctrl-\`: "\x1c", "SIGTERM": "TERM", "SIGHUP": "HUP"} {
		t.Run(name, func(t *testing.T) { typing(t, end) })
	}
}

// lasting is a configuration whose call lasts until somebody opens the pipe.
const lasting = `
context "local" "here" {}
call "command" "long" {
  on   = context.local.here
  argv = ["cat", %q]
}
`

func typing(t *testing.T, end string) {
	dir := t.TempDir()
	pipe, program := filepath.Join(dir, "pipe"), filepath.Join(dir, "mitoplan")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		unix.Mkfifo(pipe, 0o600), os.Symlink(self, program),
		os.WriteFile(filepath.Join(dir, "main.mito.hcl"), fmt.Appendf(nil, lasting, pipe), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	script := `set -m; "$0" apply -auto-approve & echo $! > pid; fg >/dev/null; echo; stty -a | tr ' ;' '\n\n' | grep '^-*echo$'; [ "$1" != stop ] || fg >/dev/null; echo all done`
	stop := ""
	if end == "\x1a" {
		stop = "stop"
	}
	cmd := exec.Command("sh", "-c", script, program, stop)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TERM=xterm", "NO_COLOR=1", "HOME="+dir)
	// Who is started with nohup ignores SIGHUP, and so does all that it starts, unless
	// it listens to the signal meanwhile.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT)
	s, err := terminaltest.Start(cmd, 120, 24)
	signal.Stop(heard)
	if err != nil {
		t.Skip(err) // no pseudo-terminals here
	}
	const limit = time.Minute
	see := func(what string, is func(string) bool) {
		t.Helper()
		if _, err := s.Until(limit, is); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	live := func(text string) int { return strings.Count(text, "slowest: call.command.long (") }
	see("a line that changes", func(text string) bool { return live(text) == 1 })
	first := s.Screen()
	if err := s.Type("\nabc\n\n"); err != nil {
		t.Fatal(err)
	}
	see("the next line", func(text string) bool { return text != first && live(text) == 1 })
	if text := s.Screen(); live(text) != 1 || strings.Contains(text, "abc") {
		t.Errorf("what was typed is on the screen, or the line is there twice:\n%s", text)
	}
	switch end {
	case "TERM", "HUP":
		kill(t, dir, end)
	case "":
		openPipe(t, pipe)
	default:
		if err := s.Type(end); err != nil {
			t.Fatal(err)
		}
	}
	if stop != "" {
		see("the line, after fg", func(text string) bool { return live(text) == 2 }) // the old one stays
		openPipe(t, pipe)
	}
	defer time.AfterFunc(limit, func() {
		t.Error("the program does not end")
		kill(t, dir, "KILL")
	}).Stop()
	s.Wait()
	if text := s.Text(); !strings.Contains(text, "\necho\n") || !strings.Contains(text, "all done") {
		t.Errorf("afterwards the terminal does not show what is typed:\n%s", text)
	}
}

// kill sends a signal to the program that the shell started in dir.
func kill(t *testing.T, dir, sig string) {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err == nil {
		err = exec.Command("kill", "-"+sig, strings.TrimSpace(string(pid))).Run()
	}
	if err != nil {
		t.Error(err)
	}
}

// openPipe lets the call end.
func openPipe(t *testing.T, pipe string) {
	t.Helper()
	f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
