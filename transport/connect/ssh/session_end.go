package ssh

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// sessionInput is what is written to a session. The library may not end it while
// something is being written.
type sessionInput struct {
	*session
	mu sync.Mutex // held while something is written
}

// Write implements io.Writer. It waits until the server has answered the request of the
// command, which another goroutine sends: input may not come before that. An agent has
// answered later than that.
func (in *sessionInput) Write(b []byte) (int, error) {
	select {
	case <-in.asked:
	case <-in.eof:
	case <-in.done:
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	select {
	case <-in.eof:
		return 0, io.EOF
	default:
		return in.ch.Write(b)
	}
}

// end tells what runs in the session that nothing more comes, when it is to. That waits
// behind what is being written. On a line that takes nothing more that is as long as
// the connection lives, so nobody else waits for it.
func (in *sessionInput) end() {
	select {
	case <-in.done:
	case <-in.eof:
		in.mu.Lock()
		defer in.mu.Unlock()
		_ = in.ch.CloseWrite()
	}
}

// linger kills an agent that does not end with its stream, and closes the connection. An
// agent that is stopped would stay for ever: sshd ends nothing whose connection is closed.
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
	case <-s.killed:
	case <-t.C:
		s.c.s.log.Debug("agent does not end with its stream, and is killed")
		_ = s.kill(syscall.SIGKILL)
	}
	t.Reset(abandonGrace)
	select {
	case <-s.done:
	case <-t.C:
	}
	s.c.close()
}

// closeGrace is how long an agent has to end after the end of its stream, in which it ends
// all that runs below it: a second more than it takes. Then it is killed.
const closeGrace = 5 * time.Second

// close tells the agent that nothing more comes. When the agent has ended, or soon after
// it was killed, the connection is closed: that ends every wait. If nobody kills it, that
// is after closeGrace.
func (s *session) close() error {
	s.closing.Do(func() { close(s.eof) })
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

// errFullLine is the error of a signal behind much that is on its way.
var errFullLine = errors.New("the connection takes nothing more")

// kill signals what runs in the session. It waits abandonGrace at most. Nothing is left
// to be done after KILL: the connection is closed soon, whether that has arrived or not.
func (s *session) kill(sig os.Signal) error {
	if sig == syscall.SIGKILL {
		defer s.killing.Do(func() { close(s.killed) })
	}
	name := connect.SignalName(sig)
	if name == "" {
		return fmt.Errorf("signal %v has no name in the ssh protocol", sig)
	}
	late := time.NewTimer(abandonGrace)
	defer late.Stop()
	out := signal{name, make(chan error, 1)}
	signals := s.signals
	for {
		select {
		case signals <- out:
			signals = nil
		case err := <-out.sent:
			return err
		case <-s.done:
			return errConnectionLost
		case <-late.C:
			return errFullLine
		}
	}
}

// abandonGrace is how long what runs in an abandoned session has after the end of
// its input, and again after TERM.
const abandonGrace = 500 * time.Millisecond

// abandonOnce ends a session in which no agent came up, with what runs in it, and
// closes the connection. sshd ends nothing whose connection is closed, so a program
// that does not end with its input gets TERM and KILL. A connection that takes no signal
// is closed at once: what it carries is the agent that nobody wants any more.
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
			if s.kill(sig) != nil {
				return
			}
		}
	}
}

// signal is one that is sent to what runs in a session.
type signal struct {
	name string
	sent chan error // has room for one
}

// sendSignals sends signals. They may have to wait as the end of the input does.
func (s *session) sendSignals() {
	for {
		select {
		case <-s.done:
			return
		case sig := <-s.signals:
			_, err := s.ch.SendRequest("signal", false, ssh.Marshal(struct{ Name string }{sig.name}))
			sig.sent <- err
		}
	}
}
