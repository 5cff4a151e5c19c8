package connect

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// TestAProgramThatFoundNothingLeftIsTriedAgain: its words tell that its machine has run
// out of processes or memory. That of any other end is told at once.
func TestAProgramThatFoundNothingLeftIsTriedAgain(t *testing.T) {
	for words, again := range map[string]bool{
		"sh: 1: Cannot fork": true,
		"bash: fork: retry: Resource temporarily unavailable":                true,
		"sudo: unable to allocate memory: Cannot allocate memory":            true,
		"runtime: failed to create new OS thread (have 5 already; errno=11)": true,
		"fatal error: runtime: out of memory":                                true,
		"open /dev/null: Too many open files in system":                      true,
		"open /dev/null: Too many open files":                                false,
		"sudo: 3 incorrect password attempts":                                false,
		"":                                                                   false,
	} {
		t.Run(words, func(t *testing.T) {
			agent := filepath.Join(t.TempDir(), "agent")
			script := "#!/bin/sh\necho '" + words + "' >&2\nexit 2\n"
			if err := os.WriteFile(agent, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := Local{Common{AgentPath: agent}}.Start(t.Context(), testStart(nil))
			var crowded *transport.CrowdedError
			if got := errors.As(err, &crowded); err == nil || got != again {
				t.Errorf("got %v, which is tried again: %v, want %v", err, got, again)
			}
		})
	}
}

// TestWhatAHostRanOutOfIsTold holds that a start which ended for want of processes, files or
// memory is told as that, in the words of each program that may say so, and never with a line
// to run by hand, which would find nothing. What it is told with is quoted, without the trace
// of a program of Go.
func TestWhatAHostRanOutOfIsTold(t *testing.T) {
	for words, of := range map[string]string{
		"sh: 1: Cannot fork": "nproc",
		"sh: can\x27t fork: Resource temporarily unavailable":                               "nproc",
		"mksh: cannot fork - try again":                                                     "nproc",
		"bash: fork: retry: Resource temporarily unavailable":                               "nproc",
		"su: failed to execute /bin/sh: Resource temporarily unavailable":                   "nproc",
		"sudo: unable to execute /usr/bin/sh: Resource temporarily unavailable":             "nproc",
		"runtime: failed to create new OS thread (have 5 already; errno=11)":                "nproc",
		"su: cannot open session: System error\nsu: write error: Too many open files":       "nofile",
		"sudo: pam_open_session: Too many open files":                                       "nofile",
		"fatal error: failed to reserve page summary memory\nruntime stack:\nruntime.throw": "MemoryMax",
		"sh: 1: cannot allocate memory":                                                     "MemoryMax",
	} {
		for _, cause := range []error{nil, &transport.TimeoutError{}} {
			f := Failure{Err: io.EOF, Cause: cause, Exit: &transport.Exit{Status: 2}, LastWords: words,
				Explain: func(string) error { return problem(kind.CodeBecomeCommandMissing, "", "") }}
			p := wantCode(t, f.Reason(), kind.CodeAgentLimit)
			first, _, _ := strings.Cut(words, "\n")
			if !strings.Contains(p.Detail, of) || !strings.Contains(p.Detail, first) || strings.Contains(p.Detail, "runtime.throw") || strings.Contains(p.Detail, "by hand") {
				t.Errorf("%q is told as: %s", words, p.Detail)
			}
		}
	}
}

// TestAShellThatCannotForkSaysSo holds that the script which starts an agent keeps nothing from
// its reader when the shell cannot start a process.
func TestAShellThatCannotForkSaysSo(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become a user without processes")
	}
	for _, name := range []string{"prlimit", "setpriv"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(name + " is not installed")
		}
	}
	for _, shell := range []string{"sh", "busybox sh"} {
		program, _, applet := strings.Cut(shell, " ")
		if _, err := exec.LookPath(program); err != nil {
			continue
		}
		t.Run(shell, func(t *testing.T) {
			home := t.TempDir() // without a .cache
			if err := os.Chown(home, 4242, 4242); err != nil {
				t.Fatal(err)
			}
			os.Chmod(filepath.Dir(home), 0o755)
			run := []string{"prlimit", "--nproc=0:0", "setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", "env", "HOME=" + home}
			if applet {
				run = append(run, program)
			}
			_, err := Exec{Command: run}.Start(t.Context(), testStart(&source{content: fakeAgent}))
			wantCode(t, err, kind.CodeAgentLimit)
		})
	}
}
