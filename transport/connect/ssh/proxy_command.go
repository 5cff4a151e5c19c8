package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// commandConn is a connection through a ProxyCommand: what the command reads
// and writes. It ends with the command, and the command ends with it.
type commandConn struct {
	in    io.WriteCloser
	out   io.ReadCloser
	cmd   *exec.Cmd
	words *connect.LastWords

	tasks   sync.WaitGroup
	done    chan struct{} // closed when the command has ended
	err     error         // how it ended; read after done is closed
	closing sync.Once
}

// commandGrace is how long a ProxyCommand has to end after the end of its
// stream, and again after TERM.
const commandGrace = 500 * time.Millisecond

// startCommand starts a ProxyCommand in the user's shell, as ssh_proxy_connect
// of OpenSSH's sshconnect.c does: "exec" saves the process of the shell.
func startCommand(command string) (*commandConn, error) {
	c := &commandConn{words: &connect.LastWords{}, done: make(chan struct{})}
	c.cmd = exec.Command(firstOf(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+command)
	c.cmd.Env = connect.Environ()
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Stderr = c.words
	c.cmd.WaitDelay = commandGrace
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.out, c.cmd.Stdout = r, w
	err = c.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	c.tasks.Go(func() {
		c.err = c.cmd.Wait()
		close(c.done)
	})
	return c, nil
}

// Read implements net.Conn.
func (c *commandConn) Read(p []byte) (int, error) { return c.out.Read(p) }

// Write implements net.Conn.
func (c *commandConn) Write(p []byte) (int, error) { return c.in.Write(p) }

// Close ends the stream, and then the command with all that it started and that
// is still in its process group. It returns when the command has ended.
func (c *commandConn) Close() error {
	c.closing.Do(func() {
		c.in.Close()
		c.out.Close()
		for _, sig := range []syscall.Signal{0, syscall.SIGTERM, syscall.SIGKILL} {
			if sig != 0 {
				syscall.Kill(-c.cmd.Process.Pid, sig)
			}
			t := time.NewTimer(commandGrace)
			select {
			case <-c.done:
				t.Stop()
				return
			case <-t.C:
			}
		}
	})
	c.tasks.Wait()
	return nil
}

// ended is how the command ended, nil while it runs.
func (c *commandConn) ended() error {
	t := time.NewTimer(commandGrace)
	defer t.Stop()
	select {
	case <-c.done:
	case <-t.C:
		return nil
	}
	said := strings.TrimSpace(c.words.String())
	switch {
	case c.err != nil && said != "":
		return fmt.Errorf("%w: %s", c.err, said)
	case c.err != nil:
		return c.err
	case said != "":
		return errors.New(said)
	}
	return errors.New("it ended without an error")
}

// commandAddr is the address of both ends of the stream.
type commandAddr struct{}

func (commandAddr) Network() string { return "command" }
func (commandAddr) String() string  { return "ProxyCommand" }

// LocalAddr implements net.Conn.
func (*commandConn) LocalAddr() net.Addr { return commandAddr{} }

// RemoteAddr implements net.Conn.
func (*commandConn) RemoteAddr() net.Addr { return commandAddr{} }

// SetDeadline implements net.Conn. There are no deadlines: every wait of a
// login ends with its context instead.
func (*commandConn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements net.Conn.
func (*commandConn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements net.Conn.
func (*commandConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

// dialCommand dials by the ProxyCommand of the hop.
func (s *settings) dialCommand() (net.Conn, error) {
	c, err := startCommand(s.command)
	if err != nil {
		return nil, attrProblem("ssh_config", kind.CodeSSHProxyCommand, "ProxyCommand cannot be started", "%q: %v.", clip(s.command), err)
	}
	return c, nil
}
