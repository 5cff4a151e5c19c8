package ssh

import (
	"context"
	"crypto/rand"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// frozen is a connection on which no write returns once so many bytes have been written,
// as on a line that takes nothing more behind a buffer that is full. Only Close ends
// such a write.
type frozen struct {
	net.Conn
	left   atomic.Int64
	full   func() // is called when the first write waits
	closed chan struct{}
	once   sync.Once
}

func newFrozen(c net.Conn, after int64, full func()) *frozen {
	f := &frozen{Conn: c, full: sync.OnceFunc(full), closed: make(chan struct{})}
	f.left.Store(after)
	return f
}

func (f *frozen) Write(b []byte) (int, error) {
	if f.left.Add(-int64(len(b))) >= 0 {
		return f.Conn.Write(b)
	}
	f.full()
	<-f.closed
	return 0, net.ErrClosed
}

func (f *frozen) Close() error {
	f.once.Do(func() { close(f.closed) })
	return f.Conn.Close()
}

// noise is an agent that cannot be compressed.
type noise struct{}

func (noise) Agent(context.Context, string, string) (*transport.AgentImage, error) {
	image := &transport.AgentImage{Gzip: make([]byte, 1<<20), Size: 1 << 20}
	_, _ = rand.Read(image.Gzip)
	return image, nil
}

// freezeAfter is how much is written before the line freezes: the login, and some of the agent.
const freezeAfter = 100 << 10

// TestAStartEndsThoughTheLineIsFull: the push of an agent over a line that takes nothing
// any more ends with its start, and waits neither for the line nor for a keepalive. All
// that is said to the host at the end would stand behind the agent.
func TestAStartEndsThoughTheLineIsFull(t *testing.T) {
	server := newServer(t, func(s *server) {
		s.config.NoClientAuth = true
		s.exec = "echo 'a1a1a1a1a1a1a1a1 need Linux x86_64 gz'; exec cat >/dev/null"
	})
	for _, hop := range []bool{false, true} {
		t.Run(map[bool]string{false: "directly", true: "of a jump"}[hop], func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := start()
			s.Agents = noise{}
			s.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				return newFrozen(c, freezeAfter, cancel), err
			}
			ended := make(chan error, 1)
			go func() {
				if !hop {
					_, err := server.args().Start(ctx, s)
					ended <- err
					return
				}
				ended <- throughJump(ctx, s, server.args())
			}()
			select {
			case err := <-ended:
				if err == nil {
					t.Error("an agent came up")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the start has not ended in 20 s")
			}
		})
	}
}

// throughJump starts an agent through a jump whose line is that of the start.
func throughJump(ctx context.Context, s transport.Start, k SSH) error {
	jump, err := k.open(ctx, s)
	if err != nil {
		return err
	}
	s.Dial = jump.dial
	c, err := k.open(ctx, s)
	if err != nil {
		return err
	}
	c.before = jump
	_, err = c.agent(ctx, s, connect.NewBootstrap(s, k.Common))
	c.close()
	c.wait()
	return err
}

// TestALinkEndsThoughTheLineIsFull is the same of an agent that runs: the end of its stream
// and signals wait behind what is being written to it, and nobody waits for them.
func TestALinkEndsThoughTheLineIsFull(t *testing.T) {
	server := newServer(t, func(s *server) {
		s.config.NoClientAuth = true
		s.exec = "echo a1a1a1a1a1a1a1a1; exec cat >/dev/null"
	})
	full := make(chan struct{})
	s := start()
	s.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return newFrozen(c, freezeAfter, func() { close(full) }), err
	}
	link, err := server.args().Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = link.W.Write(make([]byte, 1<<20))
	}()
	<-full
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = link.Kill(syscall.SIGTERM)
		_ = link.Close()
		_ = link.Kill(syscall.SIGKILL)
		link.Wait()
		<-written
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the link has not ended in 20 s")
	}
}
