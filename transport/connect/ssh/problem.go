package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"golang.org/x/crypto/ssh"
)

// dialProblem words a connection that did not come up.
func dialProblem(ctx context.Context, s *settings, err error) error {
	var p *kind.Problem
	if errors.As(err, &p) {
		return err
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return attrProblem("host", "ssh_name_not_found", "Host name is not found",
			"No name server knows %s. Correct host, or its HostName in the ssh configuration.", s.host)
	case errors.As(err, &dns):
		return attrProblem("host", "ssh_name_unresolved", "Host name can not be looked up",
			"Looking up %s failed: %v. Look at the name servers of the machine that dials.", s.host, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(err.Error(), "onnection refused"):
		return attrProblem("port", "ssh_refused", "Connection refused",
			"%s is up, but nothing listens on port %s. Start sshd there, or correct port.", s.host, s.port)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), strings.Contains(err.Error(), "o route to host"):
		return attrProblem("host", "ssh_no_route", "No route to host",
			"Nothing carries packets to %s: %v. The host is down, or a network between is.", s.addr(), err)
	case isTimeout(ctx, err):
		return attrProblem("host", "ssh_timeout", "Host does not answer",
			"%s did not answer in time. The host is down, or a firewall drops what is sent to port %s.", s.addr(), s.port)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return attrProblem("host", "ssh_dial", "Host can not be reached", "Dialling %s: %v.", s.addr(), err)
}

func isTimeout(ctx context.Context, err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.As(context.Cause(ctx), &t) && t.Timeout()
}

// explain words a handshake or login that failed.
func (h *handshake) explain(ctx context.Context, err error) error {
	s := h.trust.s
	var p *kind.Problem
	switch {
	case h.refused != nil && errors.As(h.refused, &p):
		return p
	case isTimeout(ctx, err):
		return attrProblem("host", "ssh_handshake_timeout", "Server does not finish the handshake",
			"%s took the connection but did not finish in time. Its sshd hangs, or something else listens there.", s.addr())
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !h.trusted && isCut(err):
		return attrProblem("host", "ssh_closed", "Server closed the connection",
			"%s ended the connection before it showed its host key. Its sshd refuses this address, has too many connections (MaxStartups), or is no sshd.", s.addr())
	case !h.trusted:
		return attrProblem("host", "ssh_handshake", "No common ground with the server",
			"The handshake with %s failed: %v. An old sshd may offer nothing that is still considered safe.", s.addr(), trim(err))
	}
	return h.refusedLogin(err)
}

func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		strings.HasSuffix(err.Error(), "EOF") || strings.Contains(err.Error(), "connection reset") || strings.Contains(err.Error(), "closed network")
}

func trim(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "ssh: handshake failed: "), "ssh: ")
}

// refusedLogin says what was tried. A server answers alike for a user that it
// does not know and for one that may not log in, so both are named.
func (h *handshake) refusedLogin(err error) error {
	c, s := h.cred, h.cred.s
	c.mu.Lock()
	defer c.mu.Unlock()
	after := c.report() + h.afterBanner()
	who := "The server may not know the user " + s.user + ", or not let it in: it answers alike for both. "
	triedPassword := slices.Contains(c.tried, "password") || slices.Contains(c.tried, "keyboard-interactive")
	switch {
	case len(c.accepted) > 0:
		return attrProblem("user", "ssh_key_unproven", "Login refused after the key was accepted",
			"%s knows the key %s of %s, but did not let it in: it asks for more than a key, or the key could not sign. %s",
			s.addr(), strings.Join(c.accepted, ", "), s.user, after)
	case s.args.Password != "" && triedPassword:
		return attrProblem("password", "ssh_password_refused", "Password refused",
			"%s does not take the password of %s. %s%s", s.addr(), s.user, who, after)
	case len(c.signers) == 0 && s.args.Password == "":
		return attrProblem("user", "ssh_nothing_to_offer", "Nothing to log in with",
			"There is no key for %s and no password. Set identity_file, private_key or password, or start an ssh-agent. %s", s.target(), after)
	case isCut(err) && len(c.signers) > 5:
		return attrProblem("identities_only", "ssh_too_many_keys", "Server cut the login off",
			"%s ended the connection while %d keys were tried; a server takes six at most. Set identity_file and identities_only. %s", s.addr(), len(c.signers), after)
	case len(c.signers) > 0:
		return attrProblem("user", "ssh_key_refused", "Key refused",
			"%s takes none of the keys that were shown to it for %s. Put one of them into the user's authorized_keys, or set another. %s%s", s.addr(), s.user, who, after)
	}
	return attrProblem("user", "ssh_login_refused", "Login refused", "%s did not let %s in: %s. %s", s.addr(), s.user, trim(err), after)
}

// report lists the keys that were tried and what the server takes.
func (c *credentials) report() string {
	var b strings.Builder
	if len(c.signers) > 0 {
		b.WriteString("Keys tried: ")
		for i, s := range c.signers {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(ssh.FingerprintSHA256(s.PublicKey()) + " (" + c.names[i] + ")")
		}
		b.WriteString(". ")
	}
	if len(c.skipped) > 0 {
		b.WriteString("Not used: " + strings.Join(c.skipped, "; ") + ". ")
	}
	if len(c.allowed) > 0 {
		b.WriteString("The server accepts: " + strings.Join(c.allowed, ", ") + ".")
	}
	return strings.TrimSpace(b.String())
}

func (h *handshake) afterBanner() string {
	if b := strings.TrimSpace(h.banner); b != "" {
		return " The server says: " + b
	}
	return ""
}

// explain words a connection that broke after the login.
func (c *connection) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return attrProblem("host", "ssh_no_session", "Server opens no session",
			"%s let %s in but opens no session: %s. Look at MaxSessions in its sshd_config.", c.s.addr(), c.s.user, refused.Message)
	}
	return attrProblem("host", "ssh_lost", "Connection lost",
		"The connection to %s broke after the login: %v.", c.s.addr(), err)
}

// explain words a session that ended without an agent.
func (s *session) explain(ctx context.Context, err error) error {
	var p *kind.Problem
	switch {
	case errors.As(err, &p):
		return p
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	s.c.closeWhenDone(s)
	if !s.exited {
		return s.c.explain(ctx, errors.Join(err, s.c.lost))
	}
	return s.ended()
}

func (s *session) ended() error {
	words := s.words.String()
	if s.exit.Status == 0 && s.exit.Signal == "" && words == "" {
		return attrProblem("user", "ssh_forced_command", "The account runs no commands",
			"%s ended the session at once and in peace. A ForceCommand or a command= in authorized_keys may run something else for %s.", s.c.s.addr(), s.c.s.user)
	}
	if strings.Contains(words, "account is currently not available") || strings.Contains(words, "sftp connections only") {
		return attrProblem("user", "ssh_no_shell", "The account has no shell",
			"%s has no login shell at %s: %s", s.c.s.user, s.c.s.host, words)
	}
	return connect.Ended(s.exit, words)
}

var _ transport.ThroughConnector = SSH{}
