package ssh

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// behind is a host that is reached through another one, which a test can cut.
type behind struct {
	hop   *server
	inner *server
}

// answer lets the inner sshd speak on a connection.
func (b *behind) answer(c net.Conn) { b.inner.serve(c) }

// heard reads what the client says first.
func heard(c net.Conn) { _, _ = c.Read(make([]byte, 10)) }

// TestWhatIsToldOfAHostBehindAnother: a login that fails behind a hop says which of the
// two it was, what happened and what to do.
func TestWhatIsToldOfAHostBehindAnother(t *testing.T) {
	const version = "SSH-2.0-x\r\n"
	for name, c := range map[string]struct {
		does   func(*behind, net.Conn)
		change func(*behind, *SSH)
		hop    bool // it was the hop
		code   kind.Code
		says   string
	}{
		"closes at once": {does: func(_ *behind, c net.Conn) {}, code: kind.CodeSSHClosed, says: "before it said anything"},
		"closes after its version": {does: func(_ *behind, c net.Conn) { io.WriteString(c, version) },
			code: kind.CodeSSHClosed, says: `after it said its version, "SSH-2.0-x"`},
		"resets": {does: func(_ *behind, c net.Conn) {
			io.WriteString(c, version)
			heard(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}, code: kind.CodeSSHClosed, says: "after it said its version"},
		"says why": {does: func(_ *behind, c net.Conn) { io.WriteString(c, version+disconnect("out of memory")) },
			code: kind.CodeSSHHandshake, says: "out of memory"},
		"wrong key": {does: (*behind).answer, change: func(b *behind, k *SSH) { k.HostKey = b.hop.args().HostKey },
			code: kind.CodeSSHHostKeyChanged, says: "host_key allows only"},
		"wrong password": {does: (*behind).answer, change: func(_ *behind, k *SSH) { k.Password = "y" },
			code: kind.CodeSSHPasswordRefused, says: "does not accept the password of me"},
		"no port": {does: (*behind).answer, change: func(_ *behind, k *SSH) { k.Port = 1 }, code: kind.CodeSSHRefused, says: "nothing listens on port 1"},

		"the hop dies before it speaks": {does: func(b *behind, c net.Conn) { heard(c); b.hop.cut(); c.Read(nil) }, hop: true},
		"the hop dies after its version": {does: func(b *behind, c net.Conn) {
			io.WriteString(c, version)
			heard(c)
			b.hop.cut()
		}, hop: true},
		"the hop dies in the login": {does: func(b *behind, c net.Conn) {
			config := *b.inner.config
			config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { b.hop.cut(); return nil, nil }
			_, _, _, _ = ssh.NewServerConn(c, &config)
		}, hop: true},
		"the hop is dead": {does: (*behind).answer, change: func(b *behind, _ *SSH) { b.hop.cut() }, hop: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := &behind{newServer(t, func(s *server) { s.config.NoClientAuth = true }), newServer(t, func(s *server) { s.acceptPassword("x") })}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			b.inner.wg.Go(func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					b.inner.wg.Go(func() { defer conn.Close(); c.does(b, conn) })
				}
			})
			defer l.Close()
			hop, err := b.hop.args().open(t.Context(), start())
			if err != nil {
				t.Fatal(err)
			}
			defer hop.wait()
			defer hop.close()
			k := b.inner.args()
			k.Port, k.Password = int64(l.Addr().(*net.TCPAddr).Port), "x"
			if c.change != nil {
				c.change(b, &k)
			}
			s := start()
			s.Dial = hop.dial
			_, err = k.open(t.Context(), s)
			var p *kind.Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v", err)
			}
			if c.hop {
				c.code, c.says = kind.CodeSSHLost, "The connection to "+hop.s.addr()+", through which "
			}
			if p.Code != c.code || !strings.Contains(p.Detail, c.says) || !strings.Contains(p.Detail, "127.0.0.1") {
				t.Errorf("got %s: %s, want %s: %s", p.Code, p.Detail, c.code, c.says)
			}
		})
	}
}

// TestWhatAHopSaysOfADial: why the sshd of a hop could not dial is in its words, as
// OpenSSH takes them from strerror(3) and gai_strerror(3).
func TestWhatAHopSaysOfADial(t *testing.T) {
	s, err := SSH{Host: "db", User: "me", SSHConfig: "false"}.resolve(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for said, code := range map[string]kind.Code{
		"Connection refused": kind.CodeSSHRefused, "No route to host": kind.CodeSSHNoRoute, "Connection timed out": kind.CodeSSHTimeout,
		"Name or service not known": kind.CodeSSHNameNotFound, "Temporary failure in name resolution": kind.CodeSSHNameUnresolved, "something else": kind.CodeSSHDial,
	} {
		wantCode(t, dialProblem(t.Context(), s, errors.New("dial db:22 from hop:22: "+said)), code)
	}
}
