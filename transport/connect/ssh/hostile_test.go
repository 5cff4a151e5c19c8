package ssh

import (
	"slices"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// nosy is a server that notes what a client asks for, and asks for what it could
// abuse: the ssh-agent, the display, and connections into the controller's network.
type nosy struct {
	mu     sync.Mutex // guards what follows
	asked  []string
	opened []string // channels that the client has let it open
}

var wanted = []string{"auth-agent@openssh.com", "x11", "forwarded-tcpip", "direct-tcpip", "session", "tun@openssh.com", "forwarded-streamlocal@openssh.com"}

func (n *nosy) watch(conn ssh.Conn, requests <-chan *ssh.Request) {
	for _, kind := range wanted {
		ch, reqs, err := conn.OpenChannel(kind, nil)
		if err != nil {
			continue
		}
		go ssh.DiscardRequests(reqs)
		n.mu.Lock()
		n.opened = append(n.opened, kind)
		n.mu.Unlock()
		ch.Close()
	}
	for r := range requests {
		n.note("global " + r.Type)
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

func (n *nosy) note(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, what)
}

// A server gets the command that starts the agent and nothing else. No ssh-agent is
// forwarded to it, and it can open nothing in the other direction.
func TestNothingIsForwardedToAHost(t *testing.T) {
	n := &nosy{}
	signer, key := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()); s.nosy = n })
	k := s.args()
	k.PrivateKey = pemOf(t, key, "")
	assertWorks(t, k)
	s.stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.opened) > 0 {
		t.Errorf("the client let the server open %q", n.opened)
	}
	for _, what := range n.asked {
		if !slices.Contains([]string{"exec", "signal", "global keepalive@openssh.com"}, what) {
			t.Errorf("the client asked for %q, want only exec, signals and keepalives", what)
		}
	}
	if !slices.Contains(n.asked, "exec") {
		t.Errorf("the client asked for %q, want exec among it", n.asked)
	}
}
