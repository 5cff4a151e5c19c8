package ssh

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// afterLines makes a login by the ssh program of what it says with -v.
func afterLines(lines string) (*programProgress, func() []transport.Phase) {
	var phases []transport.Phase
	s := start()
	s.Phase = func(p transport.Phase) { phases = append(phases, p) }
	p := &programProgress{start: s, target: "web", args: SSH{Host: "web", SSHConfig: "/etc/c"}}
	for line := range strings.Lines(lines) {
		p.hear(strings.TrimSpace(line))
	}
	return p, func() []transport.Phase { return phases }
}

// twoJumps is a login through two jump hosts. Each has an ssh program of its own, which says
// with -v what it does, on the same standard error.
const twoJumps = `OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19
debug1: Executing proxy command: exec ssh -v -J one -W '[web]:22' two
OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19
debug1: Executing proxy command: exec ssh -v -W '[two]:22' one
OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19
debug1: Connecting to one [192.0.2.1] port 22.
debug1: Connection established.
debug1: Authenticating to one:22 as 'a'
debug1: Offering public key: /k ED25519 SHA256:one explicit
debug1: Server accepts key: /k ED25519 SHA256:one explicit
Authenticated to one ([192.0.2.1]:22) using "publickey".
`

const secondJump = `debug1: Authenticating to two:22 as 'b'
debug1: Server host key: ssh-ed25519 SHA256:two
debug1: SSH2_MSG_SERVICE_ACCEPT received
debug1: Authentications that can continue: publickey,password
debug1: Offering public key: my key ED25519 SHA256:x explicit agent
debug1: Authentications that can continue: publickey,password
`

// The host is logged in to when the last of the programs says so, and not when one of its
// jumps does; what is refused is told of the server that refuses it.
func TestOpenSSHIsAtOneServerAfterTheOther(t *testing.T) {
	for _, c := range []struct {
		name, lines, words, attr string
		code                     kind.Code
		says                     []string
	}{
		{"the first jump is down", strings.Split(twoJumps, "debug1: Connection est")[0], "ssh: connect to host one port 22: No route to host", "ssh_config", "ssh_no_route", []string{"web is reached through the jump host one (ProxyJump of the ssh configuration). one is not reached"}},
		{"the second jump refuses the key", twoJumps + secondJump, "b@two: Permission denied (publickey,password).", "ssh_config", "ssh_key_refused",
			[]string{"web is reached through the jump host two:22 (", "two:22 accepts none of the keys that it was shown for b", "1. ED25519 SHA256:x (my key): refused", "the server accepts: publickey, password"}},
		{"the host refuses the key", twoJumps + secondJump + "Authenticated to two (via proxy) using \"publickey\".\n" + strings.NewReplacer("two", "web", "'b'", "'c'").Replace(secondJump), "c@web: Permission denied (publickey,password).", "user", "ssh_key_refused",
			[]string{"web:22 accepts none of the keys that it was shown for c"}},
		{"the second jump has an unknown key", twoJumps + strings.Split(secondJump, "debug1: SSH2")[0], "Host key verification failed.", "ssh_config", "ssh_host_key_unknown",
			[]string{"two:22 shows the key ssh-ed25519 SHA256:two", "~/.ssh/known_hosts", "ssh-keyscan -t ed25519 two"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, phases := afterLines(c.lines)
			if slices.Contains(phases(), transport.PhaseSession) {
				t.Errorf("the phases are %v: nobody was logged in to the host", phases())
			}
			found := wantCode(t, p.explain(t.Context(), c.words), c.code, c.says...)
			if found.Attr != c.attr {
				t.Errorf("it is told of %s, want %s: %v", found.Attr, c.attr, found)
			}
		})
	}
	p, phases := afterLines(twoJumps + "OpenSSH_1 is what this banner says\n" + secondJump + "Authenticated to two (via proxy) using \"publickey\".\nAuthenticated to web (via proxy) using \"publickey\".\n")
	if !p.loggedIn || !slices.Contains(phases(), transport.PhaseSession) {
		t.Errorf("the phases are %v, and the host was logged in to", phases())
	}
}

// A start that this side ended is not told by the exit status of what it ended, and a time in
// which no host can be reached is told as that, whichever client had it and however far it came.
func TestAStartWithTooLittleTimeIsToldAsThat(t *testing.T) {
	in := strings.Split(twoJumps, "debug1: Executing")[0] + "debug1: Authenticating to web:22 as 'c'\nAuthenticated to web ([192.0.2.1]:22) using \"publickey\".\ndebug1: Exit status 1\n"
	for _, c := range []struct {
		lines string
		after time.Duration
		short bool
	}{{"", time.Millisecond, true}, {in, time.Millisecond, true}, {in, 10 * time.Second, false}} {
		over := &transport.TimeoutError{Phase: transport.PhaseEndless, After: c.after}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(over)
		p, _ := afterLines(c.lines)
		err := p.explain(ctx, "")
		s := &settings{host: "web", port: "22"}
		own := dialProblem(ctx, s, over)
		if !c.short {
			if err != nil {
				t.Errorf("what was ended after %s is told as %v", c.after, err)
			}
			wantCode(t, own, kind.CodeSSHTimeout)
			continue
		}
		for _, err := range []error{err, own} {
			if p := wantCode(t, err, kind.CodeContextDuration, "web:22", "within 1ms"); p.Attr != "connect_timeout" {
				t.Errorf("%q is to blame: %s", p.Attr, p.Detail)
			}
		}
	}
}

// What the ssh program says of its own end is no word of the ProxyCommand.
func TestWordsOfAProxyCommandAreItsOwn(t *testing.T) {
	p, _ := afterLines("OpenSSH_9.2p1 Debian-2\ndebug1: Executing proxy command: exec /no/such/proxy\n")
	for _, end := range []string{
		"\rkex_exchange_identification: Connection closed by remote host\rConnection closed by UNKNOWN port 65535",
		"banner exchange: Connection to UNKNOWN port 65535: Broken pipe", // if that command ended sooner
	} {
		err := p.explain(t.Context(), "\rsh: 1: exec: /no/such/proxy: not found\n"+end)
		wantCode(t, err, kind.CodeSSHProxyCommand, "showed its host key: sh: 1: exec: /no/such/proxy: not found. Run")
	}
}

// What the ssh program lacks on the way to a host is no limit of that host.
func TestWhatTheProgramLacksIsNoLimitOfTheHost(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for words, code := range map[string]kind.Code{
		"ssh: connect to host web port 22: Resource temporarily unavailable":          kind.CodeSSHDial,
		"kex_exchange_identification: read: Resource temporarily unavailable":         kind.CodeSSHDial,
		"Authenticated to web ([192.0.2.1]:22) using \"publickey\".\nsh: Cannot fork": kind.CodeAgentLimit,
	} {
		script := "#!/bin/sh\ncat >&2 <<'END'\n" + words + "\nEND\nexit 255\n"
		if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := SSH{Host: "web", Client: clientOpenSSH}.Start(t.Context(), start())
		wantCode(t, err, code)
	}
}
