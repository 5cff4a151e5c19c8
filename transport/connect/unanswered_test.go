package connect

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// asking makes a program that asks for a password as one does, on its terminal, makes the file
// that its own name and .typed name, and then does more.
func asking(t *testing.T, asks, more string) (path, typed string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program")
	script := "#!/bin/sh\n" +
		`while [ $# -gt 0 ]; do [ "$1" = -p ] && prompt=$2; shift; done` + "\n" +
		"stty -echo </dev/tty; printf %s \"" + asks + "\" >/dev/tty; read -r typed </dev/tty; stty echo </dev/tty\n" +
		"echo >/dev/tty\n" + more + "\n: >\"$0.typed\"; exec sleep 1001\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, path + ".typed"
}

// TestAPasswordWithoutAnAnswerIsNotAHostThatIsAway: PAM can take longer than connect_timeout to
// say that a password is wrong. What was typed and not answered is told as that, and is not
// forgiven as a host that is away is. What hangs when a shell runs is none of the password's.
func TestAPasswordWithoutAnAnswerIsNotAHostThatIsAway(t *testing.T) {
	for name, c := range map[string]struct {
		of         func(path string) transport.Connector
		asks, more string
		inAll      bool
		code       kind.Code // "" for the time alone
		says       string
	}{
		"sudo":    {func(path string) transport.Connector { return Sudo{Path: path, Password: secret} }, "$prompt", "", false, kind.CodeSudoPasswordUnanswered, "within 10s (connect_timeout)"},
		"sudo-rs": {func(path string) transport.Connector { return Sudo{Path: path, Password: secret} }, "[sudo: $prompt] Password: ", "", true, kind.CodeSudoPasswordUnanswered, "within 10s in all (connect_timeout)"},
		"su":      {func(path string) transport.Connector { return Su{Path: path, Password: secret} }, "Password: ", "", false, kind.CodeBecomePasswordUnanswered, "within 10s (connect_timeout)"},
		"doas":    {func(path string) transport.Connector { return Doas{Path: path, Password: secret} }, "doas (a@h) password: ", "", false, kind.CodeBecomePasswordUnanswered, "within 10s (connect_timeout)"},
		"a second thing is asked": {func(path string) transport.Connector { return Sudo{Path: path, Password: secret} }, "$prompt", "printf 'Passcode: ' >/dev/tty", false,
			kind.CodeSudoPasswordUnanswered, "Passcode:"},
		"a shell runs": {func(path string) transport.Connector { return Sudo{Path: path, Password: secret} }, "$prompt", "echo " + testToken + " run 0", false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, typed := asking(t, c.asks, c.more)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			over := &transport.TimeoutError{After: 10 * time.Second}
			if c.inAll {
				over.Phase = transport.PhaseEndless
			}
			running := make(chan struct{})
			go func() {
				if c.code == "" {
					<-running
				}
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				for range 12000 {
					if _, err := os.Stat(typed); err == nil {
						break
					}
					<-tick.C
				}
				cancel(over)
			}()
			start := testStart(nil)
			start.Phase = func(p transport.Phase) {
				if p == transport.PhaseGreeting {
					close(running)
				}
			}
			_, err := c.of(path).Start(ctx, start)
			if c.code == "" {
				var p *kind.Problem
				if !errors.Is(err, over) || errors.As(err, &p) {
					t.Errorf("it is told as %v", err)
				}
				return
			}
			p := wantCode(t, err, c.code)
			if p.Attr != "password" || !strings.Contains(p.Detail, c.says) || !strings.Contains(p.Detail, "pam_faildelay") {
				t.Errorf("%q is to blame: %s", p.Attr, p.Detail)
			}
			if p.Code.Away() || strings.Contains(p.Detail, secret) {
				t.Errorf("forgiven, or with the password: %+v", p)
			}
		})
	}
}

// A time in which no context can come up is a mistake of the configuration, and no place that
// is away.
func TestATimeThatIsTooShortIsRefused(t *testing.T) {
	for text, refused := range map[string]bool{"1ns": true, "99ms": true, "100ms": false, "": false} {
		bad := Common{ConnectTimeout: text}.Validate()
		if (len(bad) == 1) != refused {
			t.Fatalf("%q: %+v", text, bad)
		}
		if refused && (bad[0].Attr != "connect_timeout" || bad[0].Code != kind.CodeContextDuration || !strings.Contains(bad[0].Detail, "10s is usual")) {
			t.Errorf("%q: %+v", text, bad[0])
		}
	}
}
