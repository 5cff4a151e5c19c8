package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// session is one channel that runs one command. Unlike the library's own type, it
// sends input without waiting for the answer to its request. That saves a round trip.
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
	abandon func()        // see abandonOnce
}

// session opens a channel. That takes one round trip.
func (c *connection) session(ctx context.Context) (*session, error) {
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	ch, reqs, err := c.client.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	s := &session{c: c, ch: ch, stdin: ch, stdout: ch, words: &connect.LastWords{}, done: make(chan struct{}), eof: make(chan struct{})}
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
	return s, nil
}

// linger closes the connection if the agent does not end with its stream.
func (s *session) linger() {
	select {
	case <-s.done:
		return
	case <-s.eof:
	}
	t := time.NewTimer(closeGrace)
	defer t.Stop()
	select {
	case <-s.done:
	case <-t.C:
	}
	s.c.close()
}

var errConnectionLost = errors.New("connection lost")

// start asks for the command, and does not wait for the answer. If the request
// cannot be sent, the connection has ended; reading from the session says so,
// after what the server said before.
func (s *session) start(line string) {
	_, _ = s.ch.SendRequest("exec", false, ssh.Marshal(struct{ Command string }{line}))
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

// closeGrace is how long an agent has to end after the end of its stream. Then
// the connection is closed.
const closeGrace = 2 * time.Second

// close tells the agent that nothing more comes. When the agent has ended, or
// after closeGrace, the connection is closed: that ends every wait.
func (s *session) close() error {
	s.closing.Do(func() {
		s.ch.CloseWrite()
		close(s.eof)
	})
	return nil
}

// closeWhenDone closes the input of a session whose output has ended, and waits for
// its end.
func (c *connection) closeWhenDone(s *session) {
	s.close()
	<-s.done
}

// drop ends a session whose agent did not start, and keeps the connection.
func (s *session) drop() { s.ch.Close() }

// link makes the Link of an agent whose frames begin at r.
func (c *connection) link(s *session, r io.Reader) *transport.Link {
	return &transport.Link{
		R: r, W: s.stdin,
		Close:     s.close,
		Wait:      s.wait,
		Kill:      s.kill,
		Dial:      c.dial,
		LastWords: s.words.Bytes,
	}
}

// kill signals what runs in the session.
func (s *session) kill(sig os.Signal) error {
	name := connect.SignalName(sig)
	if name == "" {
		return fmt.Errorf("signal %v has no name in the ssh protocol", sig)
	}
	_, err := s.ch.SendRequest("signal", false, ssh.Marshal(struct{ Name string }{name}))
	return err
}

// abandonGrace is how long what runs in an abandoned session has after the end of
// its input, and again after TERM.
const abandonGrace = 500 * time.Millisecond

// abandonOnce ends a session in which no agent came up, with what runs in it, and
// closes the connection. sshd ends nothing whose connection is closed, so a program
// that does not end with its input gets TERM and KILL.
func (s *session) abandonOnce() {
	defer s.c.close()
	s.close() // also closes the connection if a signal cannot be sent
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t := time.NewTimer(abandonGrace)
		select {
		case <-s.done:
			t.Stop()
			return
		case <-t.C:
			_ = s.kill(sig)
		}
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
