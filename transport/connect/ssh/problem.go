package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// dialProblem is the problem of a connection that did not come up.
func dialProblem(ctx context.Context, s *settings, err error) error {
	var p *kind.Problem
	if errors.As(err, &p) {
		return err
	}
	var dns *net.DNSError
	var lost *hopLostError
	switch {
	case errors.As(err, &lost) && ctx.Err() == nil:
		return lost.problem(s)
	case isTimeout(ctx, err) && s.tooShort(ctx) != nil:
		return s.tooShort(ctx)
	case errors.As(err, &dns) && dns.IsNotFound:
		return attrProblem("host", kind.CodeSSHNameNotFound, "Host name is not found",
			"No name server knows %s. Correct host, or its HostName in the ssh configuration.", s.host)
	case errors.As(err, &dns) && isTimeout(ctx, err) && ctx.Err() != nil:
		return attrProblem("host", kind.CodeSSHNameUnresolved, "Host name cannot be looked up",
			"No name server has said %s what %s is. Check the name servers of the machine that dials, or write the address as host.", s.within(ctx), s.host)
	case errors.As(err, &dns) && ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &dns):
		return attrProblem("host", kind.CodeSSHNameUnresolved, "Host name cannot be looked up",
			"Looking up %s failed: %v. Check the name servers of the machine that dials.", s.host, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(err.Error(), "onnection refused"):
		return attrProblem("port", kind.CodeSSHRefused, "Connection refused",
			"%s is up, but nothing listens on port %s. Start sshd there, or correct port.", s.host, s.port)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), strings.Contains(err.Error(), "o route to host"):
		return attrProblem("host", kind.CodeSSHNoRoute, "No route to host",
			"No packet reaches %s: %v. The host is down, or a network in between is. Check whether the host is up, and the route to it.", s.addr(), innermost(err))
	case strings.Contains(err.Error(), "ame or service not known"):
		return attrProblem("host", kind.CodeSSHNameNotFound, "Host name is not found",
			"The machine that dials %s does not know its name: %s. Correct host, or its HostName in the ssh configuration: a name counts where it is dialled, behind the hop.", s.host, innermost(err))
	case strings.Contains(err.Error(), "failure in name resolution"):
		return attrProblem("host", kind.CodeSSHNameUnresolved, "Host name cannot be looked up",
			"The machine that dials %s looks its name up, and got no answer: %s. Check the name servers of that machine, which is the hop, or write the address as host.", s.host, innermost(err))
	case isTimeout(ctx, err), strings.Contains(err.Error(), "onnection timed out"):
		return attrProblem("host", kind.CodeSSHTimeout, "Host does not answer",
			"%s did not answer %s. The host is down, or a firewall drops what is sent to port %s.", s.addr(), s.within(ctx), s.port)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return attrProblem("host", kind.CodeSSHDial, "Host cannot be reached", "Dialling %s failed: %v. Check whether its sshd can be reached from the machine that dials.", s.addr(), innermost(err))
}

// innermost is the cause in an error of dialling, without the address.
func innermost(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

func isTimeout(ctx context.Context, err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.As(context.Cause(ctx), &t) && t.Timeout()
}

// within says of something that did not happen in time which time that was, and what
// sets it. If the system gave up by itself, nobody set it.
func (s *settings) within(ctx context.Context) kind.Wording {
	var late *transport.TimeoutError
	if !errors.As(context.Cause(ctx), &late) {
		return kind.Say("in time")
	}
	by, inAll := kind.Rule("connect_timeout"), kind.Rule("")
	if late.After == s.timeout {
		by = "ConnectTimeout of the ssh configuration"
	}
	if late.Phase == transport.PhaseEndless {
		inAll = " in all"
	}
	return kind.Say("within %s%s (%s)", late.After, inAll, by)
}

// tooShort is the problem of a time in which no host can be reached, nil if it is longer. A
// configuration with such a time is refused before; a program may give it to Connect.
func (s *settings) tooShort(ctx context.Context) error {
	var late *transport.TimeoutError
	if !errors.As(context.Cause(ctx), &late) || late.After >= kind.LeastConnectTimeout {
		return nil
	}
	return attrProblem("connect_timeout", kind.CodeContextDuration, "Too little time to connect",
		"%s was not reached %s, and no host is in so little time. Raise that: 10s is usual.", s.addr(), s.within(ctx))
}

// explain is the problem of a handshake or login that failed.
func (h *handshake) explain(ctx context.Context, err error) error {
	s := h.trust.s
	var p *kind.Problem
	switch {
	case h.refused != nil && errors.As(h.refused, &p):
		return p
	case isTimeout(ctx, err) && s.tooShort(ctx) != nil:
		return s.tooShort(ctx)
	case isTimeout(ctx, err) && h.cred.unsigned() != nil:
		return h.cred.waitedInVain(h.cred.unsigned(), s.within(ctx))
	case ctx.Err() != nil && isTimeout(ctx, err) && h.cred.unanswered(s.within(ctx)) != nil:
		return h.cred.unanswered(s.within(ctx))
	case isTimeout(ctx, err) && h.trusted:
		return attrProblem("host", kind.CodeSSHLoginTimeout, "Server does not finish the login",
			"%s showed its host key, but did not finish the login of %s %s. Its sshd may wait for a name server (UseDNS), for PAM, or for a disk. See its log.", s.addr(), s.user, s.within(ctx))
	case isTimeout(ctx, err):
		return attrProblem("host", kind.CodeSSHHandshakeTimeout, "Server does not finish the handshake",
			"%s accepted the connection but did not finish the handshake %s: it %s. Its sshd hangs, or something else listens there. Look at what listens on that port.", s.addr(), s.within(ctx), h.greeting.toldSoFar())
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !h.trusted:
		return h.unshaken(err)
	}
	return h.refusedLogin(err)
}

// isCut reports whether an error is the end of a connection. There are many, as
// either side may see it first: TCP, a pipe or a tunnel, in a read or a write.
// All of them mean the same.
func isCut(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed, os.ErrClosed} {
		if errors.Is(err, end) {
			return true
		}
	}
	// The library loses the type of some errors. "channel open: <nil>" is how it
	// says that a connection ended while it waited for the answer to its request
	// of a channel.
	text := err.Error()
	return strings.HasSuffix(text, "channel open: <nil>") || strings.HasSuffix(text, "EOF") ||
		strings.Contains(text, "connection reset") || strings.Contains(text, "closed network")
}

func trim(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "ssh: handshake failed: "), "ssh: ")
}

// explain is the problem of a connection that broke after the login. cause is why
// this side gave the start up, nil if it did not.
func (c *connection) explain(cause, err error) error {
	if cause != nil {
		return cause
	}
	var refused *ssh.OpenChannelError
	switch {
	case errors.As(err, &refused):
		return attrProblem("host", kind.CodeSSHNoSession, "Server opens no session",
			"%s let %s in but opens no session: %s. Look at MaxSessions in its sshd_config.", c.s.addr(), c.s.user, firstOf(refused.Message, "it does not say why"))
	case isCut(err) && c.lost == nil:
		return endedIt(c.s.addr(), c.s.user)
	}
	return attrProblem("host", kind.CodeSSHLost, "Connection lost",
		"The connection to %s broke after the login, before an agent ran: %v. Look at the log of its sshd.", c.s.addr(), err)
}

// explain is the problem of a session that ended without an agent, by the rule
// of connect.Failure. cause is why this side gave the start up, nil if it did
// not.
func (s *session) explain(cause, err error) error {
	if cause == nil && s.refused.Load() {
		return runsNothing(s.c.s.addr(), s.c.s.user)
	}
	f := connect.Failure{Err: err, Cause: cause}
	if cause == nil {
		s.c.closeWhenDone(s)
		if s.exited {
			f.Exit = &s.exit
		} else {
			f.Cause = s.c.explain(nil, errors.Join(err, s.c.lost))
		}
	}
	f.LastWords = s.words.String()
	f.Explain = func(words string) error { return s.refusal(f.Exit, words) }
	if f.Exit != nil && strings.Contains(f.LastWords, "exec: restricted") {
		return errRestricted
	}
	return f.Reason()
}

// refusal is the problem of an account that runs no commands, as the shell or the
// server tells it; nil if nothing says so. exit is nil if it is not known.
func (s *session) refusal(exit *transport.Exit, words string) error {
	if noShell(words) {
		return withoutShell(s.c.s.addr(), s.c.s.user, words)
	}
	return accountRefusal(s.c.s.addr(), s.c.s.user, exit, words)
}

var _ transport.ThroughConnector = SSH{}
