package ssh

import (
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// commandConn is a connection through a ProxyCommand: what the command reads
// and writes. It ends with the command, and the command ends with it.
type commandConn struct {
	*connect.Program
	words *connect.LastWords
	// end ends the command, once. It returns how the command ended by itself, nil
	// if it had to be ended.
	end func() *transport.Exit
}

// startCommand starts a ProxyCommand in the user's shell, as ssh_proxy_connect
// of OpenSSH's sshconnect.c does: "exec" saves the process of the shell.
func startCommand(command string) (*commandConn, error) {
	cmd := exec.Command(firstOf(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+command)
	cmd.Env = connect.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	words := &connect.LastWords{}
	p, err := connect.StartProgram(cmd, words)
	if err != nil {
		return nil, err
	}
	return &commandConn{Program: p, words: words, end: sync.OnceValue(p.End)}, nil
}

// Close ends the stream, and then the command with all that it started and that
// is still in its process group. It returns when the command has ended.
func (c *commandConn) Close() error {
	c.end()
	return nil
}

// reason says why the command ended: its status and its own words. It does not
// depend on whether reading from it or writing to it failed first.
func (c *commandConn) reason() string {
	exit := c.end()
	said := c.words.String()
	if exit != nil && exit.Status == 0 {
		return firstOf(said, "it ended without an error")
	}
	how := "it closed its output, and did not end"
	if exit != nil {
		how = exit.String()
	}
	if said == "" {
		return how
	}
	return how + ": " + said
}

// complaint is what the command has written to its standard error, as a sentence; "" if
// that is nothing. The command ends.
func (c *commandConn) complaint() string {
	c.end()
	said := c.words.String()
	if said == "" {
		return ""
	}
	return " It wrote to its standard error: " + prose.Sentence(said)
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

// dialCommand dials by the ProxyCommand of the host.
func (s *settings) dialCommand() (net.Conn, error) {
	c, err := startCommand(s.command)
	if err != nil {
		return nil, attrProblem("ssh_config", kind.CodeSSHProxyCommand, "ProxyCommand cannot be started",
			"%q cannot be started: %v. Correct ProxyCommand in the ssh configuration.", clip(s.command), err).Because(err)
	}
	s.log.Debug("ProxyCommand is started")
	return c, nil
}
