package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// connection is a client that has logged in, and everything that lives as long
// as it: the connections that carry it, and the goroutine that asks whether the other side
// is alive. Start owns it, and then the Link.
type connection struct {
	s      *settings
	client *ssh.Client
	conn   *greeting
	before *connection // what carries this one, nil for none
	login  *transport.Login

	closing sync.Once
	closed  chan struct{}
	lost    error // why keepalive closed it; read after wait
	tasks   sync.WaitGroup
}

// open dials and logs in. If nothing else says how to reach the host, it goes
// through the jumps of the ssh configuration.
func (k SSH) open(ctx context.Context, s transport.Start) (*connection, error) {
	s.Phase(transport.PhaseDial)
	chain, err := k.chain(ctx, s.Dial != nil, nil)
	if err != nil {
		return nil, err
	}
	for _, host := range chain {
		host.warn(s.Warn)
		host.log = s.Log
		host.logPlan()
	}
	dial := s.Dial
	if dial == nil {
		dial = chain[0].dial
	}
	timed := slices.ContainsFunc(chain, func(s *settings) bool { return s.timeout > 0 })
	if timed {
		defer s.Within(transport.DefaultTimeout) // for the agent
	}
	var c *connection
	for _, host := range chain {
		if timed {
			s.Within(cmp.Or(host.timeout, transport.DefaultTimeout))
		}
		next, err := host.loginInTurn(ctx, s, dial)
		if err != nil {
			if c != nil {
				c.close()
				c.wait()
			}
			return nil, host.asJump(chain[len(chain)-1], err)
		}
		next.before = c
		c, dial = next, next.dial
	}
	return c, nil
}

// chain returns the hosts that are logged in to, in order: the jumps of the ssh
// configuration, and last the host itself. The jumps of a jump come before it, as
// with ssh. With via there are no jumps.
func (k SSH) chain(ctx context.Context, via bool, seen []string) ([]*settings, error) {
	s, err := k.resolve(ctx, via)
	if err != nil {
		return nil, err
	}
	if via || len(s.jumps) == 0 {
		return []*settings{s}, nil
	}
	var hosts []*settings
	seen = append(seen, k.Host)
	for i, j := range s.jumps {
		jump, err := k.jump(strings.TrimSpace(j))
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, jump.Host) {
			continue
		}
		more, err := jump.chain(ctx, i > 0 || len(seen) > maxJumps, seen)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, more...)
	}
	return append(hosts, s), nil
}

// asJump is err, unless this host is a jump on the way to the last one: then it says that.
func (s *settings) asJump(last *settings, err error) error {
	var found *kind.Problem
	if s == last || !errors.As(err, &found) {
		return err
	}
	return ofJump(found, s.addr(), last.addr(), last.args)
}

// maxJumps bounds a configuration in which each jump names another one.
const maxJumps = 8

// jump is one [user@]host[:port] of ProxyJump. What this context says about
// keys and trust holds for its jumps, too, but not a pinned host key.
func (k SSH) jump(spec string) (SSH, error) {
	spec = strings.TrimPrefix(spec, "ssh://")
	to := SSH{PrivateKey: k.PrivateKey, IdentityFile: k.IdentityFile, Passphrase: k.Passphrase, Certificate: k.Certificate,
		Agent: k.Agent, IdentitiesOnly: k.IdentitiesOnly, KnownHosts: k.KnownHosts, HostKeyCheck: k.HostKeyCheck, SSHConfig: k.SSHConfig,
		KeepaliveInterval: k.KeepaliveInterval, KeepaliveCount: k.KeepaliveCount}
	if user, rest, ok := cutLast(spec, "@"); ok {
		to.User, spec = user, rest
	}
	to.Host = spec
	if host, port, err := net.SplitHostPort(spec); err == nil {
		to.Host = host
		n, err := parsePort(port)
		if err != nil {
			return SSH{}, configProblem(fmt.Errorf("ProxyJump %q: %w", spec, err))
		}
		to.Port = int64(n)
	}
	if p := to.Validate(); len(p) > 0 {
		return SSH{}, configProblem(fmt.Errorf("ProxyJump %q: %w", spec, &p[0]))
	}
	return to, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// login makes one connection: it dials, shakes hands and authenticates. The end of ctx
// ends every wait, by closing the connection: tunnels have no deadlines.
func (s *settings) login(ctx context.Context, start transport.Start, dial transport.DialFunc) (*connection, error) {
	cred, err := gather(ctx, s)
	if err != nil {
		return nil, err
	}
	defer cred.close()
	cred.ask = start.Ask
	cred.dropShortKeys()
	cred.limit(s.algorithms)
	trust, err := newTrust(s, start.Warn)
	if err != nil {
		return nil, err
	}
	start.Phase(transport.PhaseDial)
	start.Slots.Dialling()
	s.log.Debug("host is dialled", "host", s.addr())
	conn, err := dial(ctx, s.reach.network, s.addr())
	if err != nil {
		return nil, s.crowdedDial(ctx, start, err)
	}
	trip := distance(conn)
	s.logConnected(conn, trip)
	start.Slots.Far(loginTrips * trip)
	// An ssh-agent that is to sign may ask a person, for ever.
	stop := context.AfterFunc(ctx, func() { conn.Close(); cred.close() })
	defer stop()
	start.Phase(transport.PhaseHandshake)
	said := &greeting{Conn: conn, progress: start.Progress, log: s.log}
	hand := &handshake{trust: trust, cred: cred, phase: start.Phase, greeting: said}
	patient := patientConn{said, connect.NewPatientWriter(conn, func() { conn.Close() })}
	sc, chans, reqs, err := ssh.NewClientConn(patient, s.addr(), hand.config())
	patient.w.Stop()
	said.loggedIn.Store(true)
	if err != nil {
		err = hand.failed(ctx, conn, err)
		conn.Close()
		return nil, err
	}
	s.logLogin(sc)
	c := &connection{s: s, client: ssh.NewClient(sc, chans, reqs), conn: said, login: cred.login(), closed: make(chan struct{})}
	c.tasks.Go(c.keepalive)
	if !stop() {
		c.close()
		c.wait()
		return nil, context.Cause(ctx)
	}
	return c, nil
}

// patientConn is the connection of a login. What the server said before it ended
// the connection is read before anything says that it did: see
// connect.PatientWriter.
type patientConn struct {
	net.Conn
	w *connect.PatientWriter
}

// Write implements net.Conn.
func (c patientConn) Write(b []byte) (int, error) { return c.w.Write(b) }

// handshake is one run of the protocol up to the login, and how far it came.
type handshake struct {
	trust *trust
	cred  *credentials
	phase func(transport.Phase)

	greeting *greeting // what the server says first

	refused error // the error of check
	trusted bool  // the key exchange is over
	banner  string
}

// config is what the library needs for the handshake and the login.
func (h *handshake) config() *ssh.ClientConfig {
	a := h.trust.s.algorithms
	return &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: a.kex, Ciphers: a.ciphers, MACs: a.macs},
		User:              h.trust.s.user,
		Auth:              h.cred.methods(),
		AuthCallback:      h.cred.observe,
		HostKeyAlgorithms: h.trust.algorithms(),
		ClientVersion:     "SSH-2.0-mitoplan",
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			if h.refused = h.trust.s.allows(key); h.refused == nil {
				h.refused = h.trust.check(name, remote, key)
			}
			h.trust.logVerdict(key, h.refused)
			if h.refused == nil {
				h.trusted = true
				h.phase(transport.PhaseAuth)
			}
			return h.refused
		},
		BannerCallback: func(text string) error {
			if len(h.banner) < 1024 {
				h.banner += text[:min(len(text), 1024)]
			}
			return nil
		},
	}
}

// keepalive asks whether the other side is alive. If it does not answer and says
// nothing else, the connection is closed: a request on a dead connection waits for ever.
// On a slow line the request may stand behind much that was sent before it, while the
// other side lives.
func (c *connection) keepalive() {
	if c.s.every == 0 {
		<-c.closed
		return
	}
	tick := time.NewTicker(c.s.every)
	defer tick.Stop()
	answers := make(chan error, 1)
	asking, missed, heard := false, int64(0), c.conn.said.Load()
	for {
		select {
		case <-c.closed:
			if asking {
				<-answers
			}
			return
		case err := <-answers:
			asking, missed = false, 0
			if err != nil {
				c.close()
			}
		case <-tick.C:
			if before := heard; asking {
				if heard = c.conn.said.Load(); heard != before {
					missed = 0
					continue
				}
				missed++
				c.s.log.Debug("no answer to a keepalive", "host", c.s.addr())
				if missed >= c.s.unanswered {
					c.lost = fmt.Errorf("no answer from %s for %s", c.s.addr(), time.Duration(missed)*c.s.every)
					c.close()
				}
				continue
			}
			asking = true
			go func() {
				_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
				answers <- err
			}()
		}
	}
}

// close ends the connection, and then those that carried it. The stream is
// closed first: a client on a dead connection would wait to say goodbye. So does a stream
// that another connection carries, if that takes nothing more: then that one is closed
// after abandonGrace.
func (c *connection) close() {
	c.closing.Do(func() {
		close(c.closed)
		if c.before != nil {
			late := time.AfterFunc(abandonGrace, c.before.close)
			defer late.Stop()
		}
		c.conn.Close()
		c.client.Close()
		if c.before != nil {
			c.before.close()
		}
	})
}

// isClosed reports whether close was called.
func (c *connection) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// wait returns when the connection and its goroutines have ended.
func (c *connection) wait() {
	c.client.Wait()
	c.close()
	c.tasks.Wait()
	if c.before != nil {
		c.before.wait()
	}
}
