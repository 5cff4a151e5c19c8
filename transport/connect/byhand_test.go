package connect

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// TestAShellOnATerminal holds that a program which gives the shell a terminal is told as
// that, whether the host has a cached agent or not. Frames would not get through it.
func TestAShellOnATerminal(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("script is not installed")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	onTerminal := Exec{Command: []string{"sh", "-c", `exec script -qec "$*" /dev/null`, "-"}}
	src := &source{content: fakeAgent, known: true}
	refused := func(t *testing.T) {
		t.Helper()
		_, err := onTerminal.Start(t.Context(), testStart(src))
		p := wantCode(t, err, kind.CodeAgentTerminal)
		if want := `echo '(echo ok)' | sh -c 'exec script -qec "$*" /dev/null' - sh`; p.Attr != "command" || !strings.Contains(p.Detail, want) {
			t.Errorf("%q is to blame, and the line %s is not in: %s", p.Attr, want, p.Detail)
		}
	}
	t.Run("without a cached agent", refused)
	l, err := Exec{Command: []string{"env"}}.Start(t.Context(), testStart(src))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	l.Wait()
	t.Run("with a cached agent", refused)
}

// TestTheLineToRunByHandFindsOut holds that the line which a person is advised to run prints
// ok if, and only if, the program can start an agent.
func TestTheLineToRunByHandFindsOut(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, command := range map[string][]string{
		"a lost stdin":       {"sh", "-c", `exec "$@" </dev/null`, "-"},
		"a lost stdout":      {"sh", "-c", `exec "$@" >/dev/null`, "it's -"},
		"what runs no shell": {"true"},
		"what prints":        {"echo"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Exec{Command: command}.Start(t.Context(), testStart(nil))
			p := wantCode(t, err, kind.CodeAgentNotStarted)
			if got := runByHand(t, p); got == "ok\n" {
				t.Errorf("run by hand, it prints ok: %s", p.Detail)
			}
		})
	}
	t.Run("what is right", func(t *testing.T) {
		line := prefix{program: "env", args: []string{"-u", "X", "sh"}, by: "command"}.starter().byHand
		if got := runByHand(t, &kind.Problem{Detail: "\n  " + line + "\n"}); got != "ok\n" {
			t.Errorf("run by hand, %s prints %q", line, got)
		}
	})
}

// runByHand is what the line of a problem prints.
func runByHand(t *testing.T, p *kind.Problem) string {
	t.Helper()
	_, line, found := strings.Cut(p.Detail, "\n  ")
	if line, _, _ = strings.Cut(line, "\n"); !found {
		t.Fatalf("no line is to be run by hand: %s", p.Detail)
	}
	out, _ := exec.Command("sh", "-c", line).Output()
	return string(out)
}

// TestProgramsThatAreNoSu holds that a path of su, sudo or doas that leads to another program
// is blamed, with the line to try it by hand.
func TestProgramsThatAreNoSu(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("#!/bin/sh\necho what is that >&2; exit 4\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for line, k := range map[string]transport.Connector{
		"\n  " + other + " -s /bin/sh -c 'echo ok' app\n":        Su{User: "app", Path: other},
		"\n  echo '(echo ok)' | " + other + " -u app sh\n":       Doas{User: "app", Path: other},
		"\n  echo '(echo ok)' | " + other + " -u app -i -- sh\n": Sudo{User: "app", Path: other, Login: true},
	} {
		_, err := k.Start(t.Context(), testStart(nil))
		if p := wantCode(t, err, kind.CodeAgentNotStarted); p.Attr != "path" || !strings.Contains(p.Detail, line) || !strings.Contains(p.Detail, "what is that") {
			t.Errorf("%s: %q is to blame: %s", k.Kind(), p.Attr, p.Detail)
		}
	}
}

// TestWordsOfAStartThatHangs holds that what a host has printed is told if the time of the
// start is over.
func TestWordsOfAStartThatHangs(t *testing.T) {
	over := &transport.TimeoutError{}
	err := Failure{Err: os.ErrClosed, Cause: over, LastWords: "waiting for the key"}.Reason()
	var spoken *transport.SpokenError
	if !errors.As(err, &spoken) || spoken.LastWords != "waiting for the key" || !errors.Is(err, over) {
		t.Errorf("the reason is %#v", err)
	}
}

// TestWithoutProc holds that an agent which does not find its own program says what is
// missing.
func TestWithoutProc(t *testing.T) {
	missing := &exec.Error{Name: "/proc/self/exe", Err: os.ErrNotExist}
	_, err := Local{}.command(testStart(nil))
	if err != nil {
		t.Fatal(err)
	}
	p := wantCode(t, Local{}.notStarted(&exec.Cmd{Path: "/proc/self/exe"}, missing), kind.CodeAgentNoProc)
	if !strings.Contains(p.Detail, "mount -t proc") {
		t.Errorf("it is not said what to do: %s", p.Detail)
	}
}

// TestEachDirectoryHasAReason holds that of the directories that are tried without agent_dirs
// each is told with its reason, whether the host tried it or not.
func TestEachDirectoryHasAReason(t *testing.T) {
	b := NewBootstrap(testStart(nil), Common{})
	for name, tt := range map[string]struct {
		notes []string
		says  []string
	}{
		"none tried": {nil, []string{"$XDG_CACHE_HOME is not set", "~/.cache does not", "/var/tmp is not there", "$XDG_RUNTIME_DIR is not set", "/dev/shm is not there", "/tmp is not there"}},
		"all tried": {[]string{"noexec /srv/cache", "write /home/a/.cache: mkdir: no: way", "noexec /var/tmp", "enter /run/user/7", "base /dev/shm", "write /tmp:"},
			[]string{"/srv/cache is mounted noexec", "/home/a/.cache: mkdir: no: way", "/var/tmp is mounted noexec", "/run/user/7 does not exist", "/dev/shm can be changed", "/tmp:"}},
		"one cache twice": {[]string{"noexec /home/a/.cache", "noexec /home/a/.cache", "noexec /tmp"},
			[]string{"/home/a/.cache is mounted", "/home/a/.cache is mounted", "/tmp is mounted noexec", "/var/tmp is not there", "$XDG_RUNTIME_DIR is not set", "/dev/shm is not there"}},
		"a directory of the session elsewhere": {[]string{"noexec /var/tmp", "noexec /x/run", "noexec /tmp"},
			[]string{"/var/tmp is mounted noexec", "/x/run is mounted noexec", "/tmp is mounted noexec", "$XDG_CACHE_HOME is not set", "~/.cache does not", "/dev/shm is not there"}},
	} {
		t.Run(name, func(t *testing.T) {
			var notes []note
			for _, line := range tt.notes {
				notes = append(notes, noteOf(line))
			}
			p := wantCode(t, b.noDirectory(notes, &LastWords{}), kind.CodeAgentNoDirectory)
			_, list, _ := strings.Cut(p.Detail, "\n  ")
			got := strings.Split(list, "\n  ")
			if len(got) != len(tt.says) {
				t.Fatalf("%d reasons are told, want %d:\n%s", len(got), len(tt.says), list)
			}
			for k, want := range tt.says {
				if !strings.HasPrefix(got[k], want) {
					t.Errorf("the reason %d is %q, want %q", k, got[k], want)
				}
			}
		})
	}
}

// A host whose ls does not run has no directory that others may change: it can run no programs.
func TestNoteOfAShellThatRunsNoPrograms(t *testing.T) {
	for line, want := range map[string]note{
		"base /tmp: drwxrwxrwt 2 0 0 60 Nov 1 10:00 .": {"base", "/tmp"},
		"base /tmp: sh: 1: ls: Permission denied":      {"programs", "/tmp: sh: 1: ls: Permission denied"},
		"base /tmp": {"base", "/tmp"},
	} {
		if got := noteOf(line); got != want {
			t.Errorf("%q is read as %q, want %q", line, got, want)
		}
	}
}
