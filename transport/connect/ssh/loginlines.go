package ssh

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// logPlan logs where a host is, and what it is reached through, as the ssh configuration has
// it.
func (s *settings) logPlan() {
	if !s.log.IsDebug() {
		return
	}
	by := "a connection"
	if s.command != "" {
		by = "a ProxyCommand"
	}
	s.log.Debug("host is to be logged in to", "host", s.addr(), "user", s.user, "by", by, "jumps", strings.Join(s.jumps, ","), "methods", strings.Join(s.methods, ","))
}

// logConnected logs that a host has answered.
func (s *settings) logConnected(conn net.Conn, trip time.Duration) {
	if s.log.IsDebug() {
		s.log.Debug("host is connected", "host", s.addr(), "to", addrOf(conn.RemoteAddr()), "from", addrOf(conn.LocalAddr()), "trip", trip.Round(10*time.Microsecond).String())
	}
}

// addrOf is the text of an address, which what carries a connection may not know.
func addrOf(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

// logVersion logs by which version the server names itself, when it has.
func (g *greeting) logVersion() {
	version, _ := g.parts()
	g.mu.Lock()
	first := !g.logged && version != "" && strings.Contains(string(g.heard), version+"\r\n")
	g.logged = g.logged || first
	g.mu.Unlock()
	if first {
		g.log.Debug("server names itself", "version", clip(version))
	}
}

// logVerdict logs what came of a host key.
func (t *trust) logVerdict(shown ssh.PublicKey, refused error) {
	if !t.s.log.IsDebug() {
		return
	}
	verdict := t.verdict
	if refused != nil {
		verdict = "refused: " + causeOf(refused)
	}
	cert, key := plainKey(shown)
	t.s.log.Debug("server shows its host key", "key", keyText(key), "certificate", strconv.FormatBool(cert != nil), "verdict", verdict)
}

// causeOf is an error in a few words that quote no host, if it is a problem.
func causeOf(err error) string {
	var p *kind.Problem
	if errors.As(err, &p) {
		return p.Summary + " (" + string(p.Code) + ")"
	}
	return err.Error()
}

// logAgent logs what the ssh-agent has.
func (c *credentials) logAgent() {
	switch {
	case !c.s.log.IsDebug():
	case c.s.agentSocket == "":
		c.s.log.Debug("no ssh-agent is asked")
	case c.agent.note != "":
		c.s.log.Debug("ssh-agent is of no use", "why", c.agent.note)
	default:
		c.s.log.Debug("ssh-agent is asked", "socket", c.s.agentSocket, "keys", strconv.Itoa(len(c.agent.keys)))
	}
}

// logObserved logs what the server still accepts, and what it was sent before. The caller
// holds mu.
func (c *credentials) logObserved(ctx *ssh.ClientAuthContext) {
	if !c.s.log.IsDebug() {
		return
	}
	tried := slices.DeleteFunc(slices.Clone(ctx.TriedMethods), func(m string) bool { return m == "none" })
	c.s.log.Debug("server asks for a login", "accepts", clip(strings.Join(ctx.AllowedMethods, ",")), "refused", strings.Join(tried, ","), "taken", strings.Join(ctx.PartialSuccessMethods, ","))
}

// logQuestions logs a round of questions, and whether they are answered. Neither the questions
// nor the answers are shown.
func (c *credentials) logQuestions(asked int, err error) {
	if !c.s.log.IsDebug() {
		return
	}
	c.s.log.Debug("server asks questions", "questions", strconv.Itoa(asked), "answered", strconv.FormatBool(err == nil))
}

// logLogin logs a login, and what was agreed on with the server.
func (s *settings) logLogin(sc ssh.Conn) {
	if !s.log.IsDebug() {
		return
	}
	pairs := []string{"host", s.addr(), "user", s.user}
	if with, ok := sc.(ssh.AlgorithmsConnMetadata); ok {
		a := with.Algorithms()
		pairs = append(pairs, "kex", a.KeyExchange, "cipher", a.Write.Cipher)
	}
	s.log.Debug("is logged in", pairs...)
}

// programEvents are the lines of the ssh program with -v that are logged, as what stands for
// them. A line that is none of these is not: some hold the values of variables.
var programEvents = []struct{ line, event, value string }{
	{"debug1: Connecting to ", "host is dialled", "host"},
	{"debug1: Connection established", "host is connected", ""},
	{"debug1: Executing proxy command", "ProxyCommand is started", ""},
	{"debug1: Remote protocol version ", "server names itself", "version"},
	{"debug1: Server host key: ", "server shows its host key", "key"},
	{"debug1: Found key in ", "host key is known", "file"},
	{"debug1: Next authentication method: ", "method is tried", "method"},
	{"debug1: Authentications that can continue: ", "server asks for a login", "accepts"},
	{"debug1: Offering public key: ", "key is offered", "key"},
	{"debug1: Server accepts key: ", "server knows the key, and asks for its signature", "key"},
	{"debug1: mux_client_request_session: master session id", "a ControlMaster carries the session", ""},
	{"Authenticated to ", "is logged in", "host"},
}

// logLine logs a line of the ssh program, if it is an event.
func (p *programProgress) logLine(line string) {
	if !p.start.Log.IsDebug() {
		return
	}
	for _, e := range programEvents {
		rest, is := strings.CutPrefix(line, e.line)
		switch {
		case !is:
		case e.value == "":
			p.start.Log.Debug(e.event)
		default:
			p.start.Log.Debug(e.event, e.value, rest)
		}
	}
}
