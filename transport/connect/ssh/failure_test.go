package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// hooked makes a start that records its phases, and calls before when a phase
// begins.
func hooked(before func(transport.Phase)) (transport.Start, func() []transport.Phase) {
	var mu sync.Mutex
	var all []transport.Phase
	s := start()
	s.Phase = func(p transport.Phase) {
		mu.Lock()
		all = append(all, p)
		mu.Unlock()
		if before != nil {
			before(p)
		}
	}
	return s, func() []transport.Phase {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// slowly is shell code that takes a while, without a sleep.
const slowly = `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; `

// TestHowAProxyCommandEnds: the problem says what a ProxyCommand printed and how it
// ended, whether reading from it or writing to it fails first.
func TestHowAProxyCommandEnds(t *testing.T) {
	for _, c := range []struct {
		name, body string
		// If first is true, the command has ended before anything is written to it.
		first bool
		says  []string
	}{
		{"before it reads", `echo "no way" >&2; exit 3`, true, []string{"exit status 3: no way"}},
		{"before it reads, without a word", `exit 3`, true, []string{"exit status 3."}},
		{"before it reads, without an error", `exit 0`, true, []string{"it ended without an error"}},
		{"by a signal", `kill -9 $$`, true, []string{"signal KILL"}},
		{"after it has read", `IFS= read -r version; echo "no way" >&2; exit 3`, false, []string{"exit status 3: no way"}},
		{"after it has answered", `printf 'SSH-2.0-x\r\n'; IFS= read -r version; echo "no way" >&2; exit 3`, false, []string{"exit status 3: no way"}},
		{"after it has answered, unread", `printf 'SSH-2.0-x\r\n'; echo "no way" >&2; exit 3`, true, []string{"exit status 3: no way"}},
		{"with a word after its output", `IFS= read -r version; exec >&-; ` + slowly + `echo "no way" >&2; exit 3`, false, []string{"exit status 3: no way"}},
		{"with its input closed", `exec <&-; ` + slowly + `echo "no way" >&2; exit 3`, false, []string{"exit status 3: no way"}},
		{"not at all", `exec >&- <&-; echo "no way" >&2; exec sleep 1001`, false, []string{"it closed its output, and did not end: no way"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			alive, script := filepath.Join(dir, "alive"), filepath.Join(dir, "proxy")
			if err := syscall.Mkfifo(alive, 0o600); err != nil {
				t.Fatal(err)
			}
			awaitEnd := func() {
				if f, err := os.Open(alive); err == nil {
					io.Copy(io.Discard, f)
					f.Close()
				}
			}
			if err := os.WriteFile(script, []byte("#!/bin/sh\nexec 9>"+alive+"\n"+c.body+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			s, seen := hooked(func(p transport.Phase) {
				switch {
				case p != transport.PhaseHandshake:
				case c.first:
					awaitEnd()
				default:
					go awaitEnd() // or the command would wait for a reader
				}
			})
			off := false
			k := SSH{Host: "somewhere", User: "me", Password: "x", Agent: &off, SSHConfig: writeFile(t, "config", "Host somewhere\nProxyCommand "+script+"\n")}
			_, err := k.Start(t.Context(), s)
			p := wantCode(t, err, kind.CodeSSHProxyCommand)
			for _, says := range c.says {
				if !strings.Contains(p.Detail, says) {
					t.Errorf("the problem does not say %q: %s", says, p.Detail)
				}
			}
			if strings.Contains(p.Detail, "pipe") || strings.Contains(p.Detail, "file already closed") {
				t.Errorf("the problem tells of the pipe, which is no reason: %s", p.Detail)
			}
			if all := seen(); all[len(all)-1] != transport.PhaseHandshake {
				t.Errorf("the phases are %s, want the handshake last", all)
			}
		})
	}
}

// TestAProxyCommandThatHangs: it is told as what hangs, with what it wrote, and not as a
// host that has accepted a connection.
func TestAProxyCommandThatHangs(t *testing.T) {
	for _, c := range []struct {
		name, body string
		version    bool // it brings one
		says       string
	}{
		{"without a word", `exec sleep 1001`, false, "what came through it said nothing. The command"},
		{"with a word", `echo "no way" >&2; printf 'SSH-2.0-x\r\n'; exec sleep 1001`, true,
			`what came through it named itself "SSH-2.0-x" and then said nothing. It wrote to its standard error: no way. The command`},
	} {
		t.Run(c.name, func(t *testing.T) {
			command := writeFile(t, "proxy", c.body+"\n")
			off := false
			k := SSH{Host: "somewhere", User: "me", Password: "x", Agent: &off, SSHConfig: writeFile(t, "config", "Host somewhere\nProxyCommand sh "+command+"\n")}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			late := func() { cancel(&transport.TimeoutError{After: 10 * time.Second}) }
			s, _ := hooked(func(p transport.Phase) {
				if p == transport.PhaseHandshake && !c.version {
					late()
				}
			})
			s.Progress = late
			_, err := k.Start(ctx, s)
			p := wantCode(t, err, kind.CodeSSHHandshakeTimeout, c.says, "sh "+command[:20], "within 10s (connect_timeout)")
			if strings.Contains(p.Detail, "accepted") || strings.Contains(p.Detail, "listens") {
				t.Errorf("it is told as what listens: %s", p.Detail)
			}
		})
	}
}

// TestHowASessionEnds holds the rule of connect.Failure for a session whose shell
// ends before, while or after it reads what it is sent.
func TestHowASessionEnds(t *testing.T) {
	for _, c := range []struct {
		name, exec string
		// If first is true, the session is over before anything is written to it.
		first bool
		phase transport.Phase
		code  kind.Code
		says  []string
	}{
		{"before it reads", `echo "the disk is on fire" >&2; exit 3`, true,
			transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
		{"after it has read", `IFS= read -r line; echo "the disk is on fire" >&2; exit 3`, false,
			transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
		{"before it reads, without a shell", `echo "This account is currently not available."; exit 1`, true,
			transport.PhaseBootstrap, kind.CodeSSHNoShell, nil},
		{"before it reads, without a word", `exit 0`, true,
			transport.PhaseBootstrap, kind.CodeSSHForcedCommand, nil},
		{"before it reads, after an answer", `printf '\nTOKEN none\n'; exit 1`, true,
			transport.PhaseBootstrap, kind.CodeAgentNoDirectory, nil},
		{"before it reads what it asked for", `printf '\nTOKEN need Linux x86_64 gz\n'; echo "no head here" >&2; exit 1`, true,
			transport.PhasePush, kind.CodeAgentNotStarted, []string{"exit status 1", "no head here"}},
		{"with a word after its output", `IFS= read -r line; exec >&-; ` + slowly + `echo "the disk is on fire" >&2; exit 3`, false,
			transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, key := newKey(t)
			signer, _ := ssh.NewSignerFromKey(key)
			srv := newServer(t, func(s *server) {
				s.acceptKey(signer.PublicKey())
				s.exec = strings.ReplaceAll(c.exec, "TOKEN", start().Token)
			})
			k := srv.args()
			k.PrivateKey, k.Env = pemOf(t, key, ""), map[string]string{"A": "b"}
			var conn *connection
			s, seen := hooked(func(p transport.Phase) {
				if p == transport.PhaseBootstrap && c.first {
					srv.awaitSession()
					conn.client.SendRequest("ping", true, nil) // what the server said before is here then
				}
			})
			conn, err := k.open(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			_, err = conn.agent(t.Context(), s, connect.NewBootstrap(s, k.Common))
			conn.close()
			conn.wait()
			p := wantCode(t, err, c.code)
			for _, says := range c.says {
				if !strings.Contains(p.Detail, says) {
					t.Errorf("the problem does not say %q: %s", says, p.Detail)
				}
			}
			if all := seen(); all[len(all)-1] != c.phase {
				t.Errorf("the phases are %s, want %s last", all, c.phase)
			}
		})
	}
}

// talker is a connection that has something to read, and on which every write
// fails.
type talker struct {
	net.Conn
	r io.Reader
}

func (t talker) Write([]byte) (int, error)  { return 0, syscall.EPIPE }
func (t talker) Read(b []byte) (int, error) { return t.r.Read(b) }

// disconnect makes the packet with which a server ends a connection before keys are
// agreed on; see RFC 4253, sections 6 and 11.1.
func disconnect(why string) string {
	return packet(ssh.Marshal(struct {
		Type      byte
		Reason    uint32
		Why, Lang string
	}{1, 2, why, ""}))
}

// packet is a payload in plain text, as packets are before any keys.
func packet(payload []byte) string {
	padding := 4 + (8-(5+len(payload)+4)%8)%8
	return string(ssh.Marshal(struct {
		Length  uint32
		Padding byte
		Rest    []byte `ssh:"rest"`
	}{uint32(1 + len(payload) + padding), byte(padding), append(payload, make([]byte, padding)...)}))
}

// TestWordsOfAServerThatHasEnded: what a server said before it ended the connection
// is told, and not that writing to it fails.
func TestWordsOfAServerThatHasEnded(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	k := SSH{Host: "127.0.0.1", User: "me", Password: "x", SSHConfig: "false"}
	s, err := k.resolve(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		said, says string
		code       kind.Code
	}{
		"nothing":        {"", "MaxStartups", kind.CodeSSHClosed},
		"only a version": {"SSH-2.0-x\r\n", "MaxStartups", kind.CodeSSHClosed},
		"why":            {"SSH-2.0-x\r\n" + disconnect("out of memory"), "out of memory", kind.CodeSSHHandshake},
	} {
		t.Run(name, func(t *testing.T) {
			dial := func(context.Context, string, string) (net.Conn, error) {
				return talker{ours, strings.NewReader(tt.said)}, nil
			}
			_, err := s.login(t.Context(), start(), dial)
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != tt.code || !strings.Contains(p.Detail, tt.says) {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}
