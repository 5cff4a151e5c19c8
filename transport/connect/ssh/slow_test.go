package ssh

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"
)

// TestKeepaliveOnASlowLine: a request may stand behind much that was sent before it. As
// long as the other side says anything, the connection lives; after that it is closed.
func TestKeepaliveOnASlowLine(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.NoClientAuth, s.deaf = true, true
		s.exec = "i=0; while [ $i -lt 30 ]; do echo x; i=$((i+1)); sleep 0.05; done; cat"
	})
	k := s.args()
	k.KeepaliveInterval, k.KeepaliveCount = "100ms", 3
	c, err := k.open(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	ses, err := c.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ses.start("")
	lines := bufio.NewScanner(ses.stdout)
	for n := range 30 {
		if !lines.Scan() {
			t.Fatalf("the connection was closed after %d lines", n)
		}
	}
	c.wait()
	if c.lost == nil || !strings.Contains(c.lost.Error(), "no answer") {
		t.Errorf("the connection ended with %v, want that no answer came", c.lost)
	}
}

// TestWhatBringsALoginOn: what a server says counts as progress from its version on, up
// to the login. Lines before the version do not: a server may send them for ever.
func TestWhatBringsALoginOn(t *testing.T) {
	for name, c := range map[string]struct {
		says []string
		want int
	}{
		"nothing":               {nil, 0},
		"lines before":          {[]string{"Welcome\r\n", "to SSH-2.0\r\n", "this host\r\n"}, 0},
		"the version":           {[]string{"SSH-2.0-x\r\n"}, 1},
		"the version, in parts": {[]string{"hello\r\nSS", "H-2.0", "-x\r\n"}, 2},
		"and more":              {[]string{"hello\r\n", "SSH-2.0-x\r\n", "kex", "init"}, 3},
		"too many lines before": {[]string{strings.Repeat("hello\r\n", 200), "SSH-2.0-x\r\n", "kex"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			got := 0
			g := &greeting{Conn: near, progress: func() { got++ }}
			go func() {
				for _, text := range append(c.says, "logged in") {
					_, _ = far.Write([]byte(text))
				}
				far.Close()
			}()
			buf := make([]byte, 4096)
			for n := 0; ; n++ {
				g.loggedIn.Store(n == len(c.says))
				_ = near.SetReadDeadline(time.Now().Add(5 * time.Second))
				if _, err := g.Read(buf); err != nil {
					break
				}
			}
			if got != c.want {
				t.Errorf("%d times progress, want %d", got, c.want)
			}
		})
	}
}
