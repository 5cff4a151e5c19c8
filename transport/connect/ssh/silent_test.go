package ssh

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// stopsTalking is a host that says so much and then nothing more: how often its sshd
// writes something that arrives. All is what a login takes, and more.
type stopsTalking int

const (
	isDown        stopsTalking = -1 // it is not even connected to
	saysNothing   stopsTalking = 0
	saysVersion   stopsTalking = 1
	offersKeys    stopsTalking = 2
	saysWhoItIs   stopsTalking = 4
	takesNobodyIn stopsTalking = 6
	lives         stopsTalking = 1000
)

// dial dials such a host. Its sshd runs in this process until the connection is closed.
func (s stopsTalking) dial(config *ssh.ServerConfig) transport.DialFunc {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if s == isDown {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		near, far := transporttest.Pair(0)
		go func() {
			conn, chans, reqs, err := ssh.NewServerConn(&mute{inMemory: inMemory{End: far}, left: int(s)}, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(reqs)
			for c := range chans {
				_ = c.Reject(ssh.Prohibited, "no")
			}
			conn.Close()
		}()
		return inMemory{End: near}, nil
	}
}

// inMemory is an end of a pair with what else a connection has.
type inMemory struct {
	net.Conn // has no methods that are called
	*transporttest.End
}

func (c inMemory) Read(b []byte) (int, error)  { return c.End.Read(b) }
func (c inMemory) Write(b []byte) (int, error) { return c.End.Write(b) }
func (c inMemory) Close() error                { return c.End.Close() }
func (inMemory) LocalAddr() net.Addr           { return &net.TCPAddr{} }
func (inMemory) RemoteAddr() net.Addr          { return &net.TCPAddr{} }

// mute is a connection of which only some writes arrive.
type mute struct {
	inMemory
	left int
}

func (c *mute) Write(b []byte) (int, error) {
	if c.left--; c.left < 0 {
		return len(b), nil
	}
	return c.inMemory.Write(b)
}

// fleet logs in to hosts at once, with a bound of 10 s without progress for each.
type fleet struct {
	t        *testing.T
	router   *transport.Router
	settings *settings
	config   *ssh.ServerConfig
	contexts []*transport.Context
	loggedIn atomic.Int32
}

// goTo goes to n more hosts, or to one host n times.
func (f *fleet) goTo(n int, what stopsTalking, sameHost bool) {
	for range n {
		one := *f.settings
		if !sameHost {
			one.port = strconv.Itoa(len(f.contexts) + 1)
		}
		c, err := f.router.Connect(f.t.Context(), inStart{func(ctx context.Context, with transport.Start) {
			if c, err := one.loginInTurn(ctx, with, what.dial(f.config)); err == nil {
				f.loggedIn.Add(1)
				c.close()
				c.wait()
			}
		}}, transport.WithTimeout(10*time.Second))
		if err != nil {
			f.t.Fatal(err)
		}
		f.contexts = append(f.contexts, c)
	}
}

// inFleet runs a test of a fleet in virtual time.
func inFleet(t *testing.T, do func(*testing.T, *fleet)) {
	server := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	s, err := server.args().resolve(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		do(t, &fleet{t: t, router: transport.NewRouter(b), settings: s, config: server.config})
		_ = b.Shutdown()
	})
}

// TestSilentHostsWaitTogether: hosts that are down, or fall silent anywhere in a login, are
// told together, after the time that one of them has. Hosts behind them in the queue come
// up in seconds. A person who forgot to connect to a network waits no longer.
func TestSilentHostsWaitTogether(t *testing.T) {
	const live = 4
	for name, c := range map[string]struct {
		what  stopsTalking
		hosts int
	}{
		"down":                  {isDown, 200},
		"silent":                {saysNothing, 200},
		"after the version":     {saysVersion, 200},
		"after its keys' names": {offersKeys, 80},
		"after its host key":    {saysWhoItIs, 80},
		"in the login":          {takesNobodyIn, 80},
	} {
		t.Run(name, func(t *testing.T) {
			inFleet(t, func(t *testing.T, f *fleet) {
				f.goTo(c.hosts, c.what, false)
				f.goTo(live, lives, false)
				time.Sleep(5 * time.Second)
				if n := f.loggedIn.Load(); n != live {
					t.Errorf("%d logins within 5 s, want those of the %d hosts that live", n, live)
				}
				time.Sleep(10 * time.Second)
				f.wantAllTold(15 * time.Second)
			})
		})
	}
}

// wantAllTold fails if not every start has ended.
func (f *fleet) wantAllTold(within time.Duration) {
	f.t.Helper()
	synctest.Wait()
	n := 0
	for _, c := range f.contexts {
		select {
		case <-c.Ready().Done():
			n++
		default:
		}
	}
	if n != len(f.contexts) {
		f.t.Errorf("%d of %d were told within %s", n, len(f.contexts), within)
	}
}

// TestOneSilentHostIsToldSoon: 80 contexts of one host that accepts and never speaks, or
// falls silent later, are told in the time of two. The first crowd finds out, and the others
// go together.
func TestOneSilentHostIsToldSoon(t *testing.T) {
	for _, what := range []stopsTalking{isDown, saysNothing, saysVersion, saysWhoItIs} {
		t.Run(fmt.Sprint("after ", int(what)), func(t *testing.T) {
			inFleet(t, func(t *testing.T, f *fleet) {
				f.goTo(80, what, true)
				time.Sleep(21 * time.Second)
				f.wantAllTold(21 * time.Second)
			})
		})
	}
}

// TestAHostThatLivesIsMetByFew: a host that lives and is reached by many contexts is
// gone to by few at once, as before: MaxStartups of its sshd counts those that are silent, too.
func TestAHostThatLivesIsMetByFew(t *testing.T) {
	inFleet(t, func(t *testing.T, f *fleet) {
		f.goTo(8, saysVersion, true)
		synctest.Wait()
		f.goTo(40, lives, true)
		time.Sleep(time.Second / 2)
		if n := f.loggedIn.Load(); n != 0 {
			t.Errorf("%d more have logged in", n)
		}
		time.Sleep(10 * time.Second)
		if n := f.loggedIn.Load(); n != 40 {
			t.Errorf("%d of 40 have logged in", n)
		}
	})
}

// TestLiveHostsBehindSilentOnes is the same with sockets and a real clock: hosts that
// accept connections and never speak have a minute, and those behind them are not held
// up for that.
func TestLiveHostsBehindSilentOnes(t *testing.T) {
	server := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	r := transport.NewRouter(b)
	goTo := func(k SSH) (loggedIn chan error) {
		loggedIn = make(chan error, 1)
		s, err := k.resolve(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Connect(t.Context(), inStart{func(ctx context.Context, with transport.Start) {
			c, err := s.loginInTurn(ctx, with, s.dial)
			if err == nil {
				c.close()
				c.wait()
			}
			loggedIn <- err
		}}, transport.WithTimeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return loggedIn
	}
	for range 100 {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close() // the kernel accepts for it
		k := server.args()
		k.Port = int64(silent.Addr().(*net.TCPAddr).Port)
		goTo(k)
	}
	select {
	case err := <-goTo(server.args()):
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the host that lives waits for those that are silent")
	}
}
