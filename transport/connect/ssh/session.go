package ssh

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// session is one channel that runs one command. Unlike the library's own type, it is
// read without waiting for the answer to its request. That saves a round trip.
type session struct {
	c      *connection
	ch     ssh.Channel
	stdin  io.Writer
	stdout io.Reader
	words  *connect.LastWords

	tasks   sync.WaitGroup
	done    chan struct{} // closed when exit is set
	exit    transport.Exit
	exited  bool // the server said how the command ended
	closing sync.Once
	eof     chan struct{} // closed when nothing more is sent
	killing sync.Once
	killed  chan struct{} // closed when KILL was sent, or could not be
	signals chan signal   // to sendSignals
	// asked is closed when the server has answered the request of the command, or has ended
	// the channel. refused is true if it will not run it.
	asked   chan struct{}
	refused atomic.Bool
	abandon func() // see abandonOnce
}

// session opens a channel. That takes one round trip.
func (c *connection) session(ctx context.Context) (*session, error) {
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	ch, reqs, err := c.client.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	s := &session{c: c, ch: ch, stdout: ch, words: &connect.LastWords{}, done: make(chan struct{}), asked: make(chan struct{}), eof: make(chan struct{}), killed: make(chan struct{}), signals: make(chan signal)}
	in := &sessionInput{session: s}
	s.stdin = in
	s.abandon = sync.OnceFunc(s.abandonOnce)
	s.tasks.Go(func() { io.Copy(s.words, ch.Stderr()) })
	s.tasks.Go(func() { s.requests(reqs) })
	c.tasks.Go(func() {
		s.tasks.Wait()
		if !s.exited {
			s.exit = transport.Exit{Status: -1, Err: errConnectionLost}
		}
		close(s.done)
	})
	c.tasks.Go(s.linger)
	c.tasks.Go(s.sendSignals)
	c.tasks.Go(in.end)
	return s, nil
}

var errConnectionLost = errors.New("connection lost")

// start asks for the command, and does not wait for the answer. If the request
// cannot be sent, the connection has ended; reading from the session says so,
// after what the server said before. A server that refuses leaves the channel open:
// it is closed here.
func (s *session) start(line string) {
	s.tasks.Go(func() {
		defer close(s.asked)
		runs, err := s.ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{line}))
		if err == nil && !runs {
			s.c.s.log.Debug("server does not run sh")
			s.refused.Store(true)
			s.ch.Close()
		}
	})
}

// requests learns from the server how the command ended.
func (s *session) requests(reqs <-chan *ssh.Request) {
	for r := range reqs {
		switch r.Type {
		case "exit-status":
			var m struct{ Status uint32 }
			if ssh.Unmarshal(r.Payload, &m) == nil {
				s.exit, s.exited = transport.Exit{Status: int(m.Status)}, true
			}
		case "exit-signal":
			var m struct {
				Signal     string
				CoreDumped bool
				Error      string
				Lang       string
			}
			if ssh.Unmarshal(r.Payload, &m) == nil {
				s.exit, s.exited = transport.Exit{Status: -1, Signal: clip(m.Signal)}, true
			}
		}
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

// link makes the Link of an agent whose frames begin at r.
func (c *connection) link(s *session, r io.Reader) *transport.Link {
	return &transport.Link{
		R: r, W: s.stdin,
		Close:     s.close,
		Wait:      s.wait,
		Kill:      s.kill,
		Dial:      c.dial,
		Login:     c.login,
		LastWords: s.words.Bytes,
	}
}

// wait returns how the agent ended. Nothing is left running then.
func (s *session) wait() transport.Exit {
	<-s.done
	s.c.close()
	s.c.wait()
	if !s.exited && s.c.lost != nil {
		s.exit.Err = s.c.lost
	}
	return s.exit
}
