package ssh

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// inAgent serves an ssh-agent, and makes a context of a server that uses nothing else.
func inAgent(t *testing.T, s *server, a agent.Agent) SSH {
	socket := filepath.Join(t.TempDir(), "agent")
	lab.ServeAgent(t, socket, a)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SSH_AUTH_SOCK", socket)
	k := s.args()
	k.Agent = nil
	return k
}

// askSoon has a person told at once that an ssh-agent waits.
func askSoon(t *testing.T) {
	before := askAfter
	askAfter = time.Millisecond
	t.Cleanup(func() { askAfter = before })
}

// A security key signs the request together with the fact that somebody touched it. While
// it waits for that, a person is told, and the time of the start stands.
func TestTouchOfASecurityKeyIsAskedFor(t *testing.T) {
	for _, name := range []string{"ed25519-sk", "ecdsa-sk"} {
		t.Run(name, func(t *testing.T) {
			askSoon(t)
			token := lab.NewSecurityKey(t, name, flagTouched)
			s := newServer(t, func(s *server) { s.acceptKey(token.Public) })
			asked, touched, over := make(chan string, 1), make(chan struct{}), make(chan struct{})
			token.Person = func() error { <-touched; return nil }
			k := inAgent(t, s, token)
			st := start()
			st.Ask = func(what string) func() {
				asked <- what
				return func() { close(over) }
			}
			go func() {
				if what := <-asked; !strings.HasPrefix(what, "touch the security key sk-") || !strings.Contains(what, `ssh-agent, "token"`) || !strings.Contains(what, "to log in to 127.0.0.1:") {
					t.Errorf("a person is told %q", what)
				}
				close(touched)
			}()
			link, err := k.Start(t.Context(), st)
			if err != nil {
				t.Fatal(err)
			}
			link.Close()
			link.Wait()
			<-over
		})
	}
}

// A key that signs at once asks nobody for anything, although it is a security key.
func TestKeysThatSignAtOnceAskNobody(t *testing.T) {
	token := lab.NewSecurityKey(t, "ed25519-sk", 0)
	s := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			return &ssh.Permissions{Extensions: map[string]string{"no-touch-required": ""}}, nil
		}
	})
	askAfter = time.Hour
	defer func() { askAfter = time.Second }()
	st := start()
	st.Ask = func(what string) func() { t.Errorf("a person is told %q", what); return func() {} }
	link, err := inAgent(t, s, token).Start(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	link.Close()
	link.Wait()
}

// A touch that does not come is told as what it is, and so is one that comes too late for
// the server, and a security key that refuses or is not there.
func TestUntouchedSecurityKeysAreTold(t *testing.T) {
	setUp := func(t *testing.T, flags byte, person func() error) (*server, SSH) {
		token := lab.NewSecurityKey(t, "ecdsa-sk", flags)
		token.Person = person
		s := newServer(t, func(s *server) { s.acceptKey(token.Public) })
		return s, inAgent(t, s, token)
	}
	t.Run("nobody is there", func(t *testing.T) {
		askSoon(t)
		gone := make(chan struct{})
		defer close(gone)
		_, k := setUp(t, flagTouched, func() error { <-gone; return errors.New("timeout") })
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		st := start()
		st.Ask = func(string) func() {
			cancel(&transport.TimeoutError{After: transport.AskedFor})
			return func() {}
		}
		_, err := k.Start(ctx, st)
		wantCode(t, err, "ssh_agent_waits", "touched it within 2m0s", "sk-ecdsa-sha2-nistp256@openssh.com SHA256:")
	})
	t.Run("too late for the server", func(t *testing.T) {
		askSoon(t)
		cut := make(chan struct{})
		s, k := setUp(t, flagTouched, func() error { <-cut; return nil })
		st := start()
		st.Ask = func(string) func() { s.cut(); close(cut); return func() {} }
		_, err := k.Start(t.Context(), st)
		wantCode(t, err, "ssh_agent_waits", "before sk-ecdsa", "LoginGraceTime")
	})
	t.Run("refused", func(t *testing.T) {
		_, k := setUp(t, flagTouched, func() error { return errors.New("device not found") })
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_key_unsigned", "not plugged in", "touch it when it blinks")
	})
	t.Run("without being touched", func(t *testing.T) {
		_, k := setUp(t, 0, nil)
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_touch_required", "-O no-touch-required", "authorized_keys")
	})
}
