package ssh

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// greeting is a connection that keeps the beginning of what the other side says:
// its lines, and the one with its version (RFC 4253, section 4.2). They tell what
// it is when no handshake comes about. It also tells of each time that the other side
// has said something, up to the login. Lines before the version count for nothing: a
// server may send them for ever.
type greeting struct {
	net.Conn
	// progress is called when something has come after the version; any goroutine
	// may be in it.
	progress func()
	log      *transport.StartLog
	// said counts how often something came.
	said     atomic.Int64
	loggedIn atomic.Bool
	// ahead came with the version and has not been read yet. It belongs to the reader.
	ahead []byte

	mu      sync.Mutex // the library may still read when the handshake has failed
	heard   []byte
	greeted bool // heard has the version
	logged  bool // the version was logged
	// lost says that not the other side ended the connection, but one that carries it.
	lost *hopLostError

	// over is true when nothing more can be read.
	over atomic.Bool
}

// maxGreeting bounds what is kept, in bytes.
const maxGreeting = 1024

// Read implements net.Conn. The library reads the version byte by byte. All that has come
// is taken at once then, since each byte would cost a system call.
func (g *greeting) Read(b []byte) (int, error) {
	if len(g.ahead) == 0 && len(b) == 1 {
		buf := make([]byte, maxGreeting)
		n, err := g.receive(buf)
		if n == 0 {
			return 0, err
		}
		g.ahead = buf[:n]
	}
	if len(g.ahead) == 0 {
		return g.receive(b)
	}
	n := copy(b, g.ahead)
	g.ahead = g.ahead[n:]
	return n, nil
}

// receive reads from the connection, and notes that the other side has said something.
func (g *greeting) receive(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if n > 0 {
		g.said.Add(1)
		if !g.loggedIn.Load() && g.hear(b[:n]) {
			g.progress()
			if g.log.IsDebug() {
				g.logVersion()
			}
		}
	}
	if err != nil {
		g.over.Store(true)
		g.mu.Lock()
		_ = errors.As(err, &g.lost)
		g.mu.Unlock()
	}
	return n, err
}

// carrierLost is the error of the hop that carried the connection, nil if that lives.
func (g *greeting) carrierLost() *hopLostError {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lost
}

// hear keeps the beginning of what is said, and reports whether that has the version.
func (g *greeting) hear(b []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = append(g.heard, b[:min(len(b), maxGreeting-len(g.heard))]...)
	g.greeted = g.greeted || bytes.HasPrefix(g.heard, []byte("SSH-")) || bytes.Contains(g.heard, []byte("\nSSH-"))
	return g.greeted
}

// parts are the line with the version, "" if there was none, and the first line
// that is none.
func (g *greeting) parts() (version, other string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for line := range bytes.Lines(g.heard) {
		text := strings.TrimSpace(string(line))
		switch {
		case strings.HasPrefix(text, "SSH-"):
			return text, other
		case other == "":
			other = text
		}
	}
	return "", other
}

// toldSoFar says of the other side what it has said up to now.
func (g *greeting) toldSoFar() kind.Wording {
	version, other := g.parts()
	g.mu.Lock()
	defer g.mu.Unlock()
	at := max(bytes.LastIndex(g.heard, []byte("\nSSH-")), 0)
	_, more, whole := strings.Cut(strings.TrimPrefix(string(g.heard[at:]), "\n"), "\n")
	switch {
	case version != "" && whole && more == "":
		return kind.Say("named itself %q and then said nothing", clip(version))
	case version != "" && whole:
		return kind.Say("named itself %q and then stopped in the exchange of keys", clip(version))
	case version != "" || other != "":
		return kind.Say("said %q and no more", clip(strings.Join(strings.Fields(string(g.heard)), " ")))
	}
	return kind.Say("said nothing")
}

// unshaken is the problem of a handshake that did not come about, though there was
// time: the host key was not seen. What the other side said first tells what it is.
func (h *handshake) unshaken(err error) error {
	addr := h.trust.s.addr()
	version, other := h.greeting.parts()
	var says kind.Wording
	if version != "" {
		says = kind.Say(", which says that it is %q,", clip(version))
	}
	why, ended := strings.CutPrefix(trim(err), "disconnect, reason ")
	switch {
	case strings.HasPrefix(version, "SSH-1.") && !strings.HasPrefix(version, "SSH-1.99-"):
		return speaksVersion1(kind.Say("%s%s", addr, says))
	case ended:
		_, why, _ = strings.Cut(why, ": ") // the number of the reason
		return attrProblem("host", kind.CodeSSHHandshake, "Server ended the handshake",
			"%s%s ended the handshake and gave this reason: %s. Look at the log of its sshd.", addr, says, why)
	case version == "" && turnedAway(other):
		return crowdedUnless(penalty(other), attrProblem("host", kind.CodeSSHClosed, "Server closed the connection",
			"%s takes no connection from this address now: %q. Its sshd has too many connections (MaxStartups), or keeps the address out for a while after logins that failed (PerSourcePenalties). Try again later, and look at the log of its sshd.", addr, clip(other)))
	case version == "" && other != "":
		return notSpoken(addr, other)
	case isCut(err):
		when := kind.Say("before it said anything")
		if version != "" {
			when = kind.Say("after it said its version, %q, and before it showed its host key", clip(version))
		}
		return crowdedUnless(false, attrProblem("host", kind.CodeSSHClosed, "Server closed the connection",
			"%s ended the connection %s. Its sshd refuses this address (hosts.deny, PerSourcePenalties), has too many connections (MaxStartups), or is no sshd. Look at the log of its sshd.", addr, when))
	}
	return attrProblem("host", kind.CodeSSHNotSpoken, "Server breaks the ssh protocol",
		"What %s%s sent in the handshake is not as the protocol has it: %s. It is no sshd, or something in between, such as a proxy, changes what is sent. Try ssh -v from the machine that dials, and look at the log of the sshd.", addr, says, trim(err))
}

// speaksVersion1 is the problem of a server of the first version of the protocol.
func speaksVersion1(server kind.Wording) error {
	return attrProblem("host", kind.CodeSSHHandshake, "No common ground with the server",
		"%s speaks only version 1 of the protocol, which is not considered safe any more. Update its sshd.", server)
}

// notSpoken is the problem of a server that speaks something else.
func notSpoken(addr, began string) error {
	return attrProblem("port", kind.CodeSSHNotSpoken, "No ssh server answers",
		"What answers at %s does not speak the ssh protocol. It began with %q. Correct port, or look at what listens there.", addr, clip(began))
}

// turnedAway reports whether a line is what sshd says instead of its version to
// an address that it takes no connection from: see drop_connection in OpenSSH's
// sshd.c.
func turnedAway(line string) bool {
	return strings.Contains(line, "MaxStartups") || penalty(line)
}

// penalty reports whether sshd keeps this address out for a while. Nobody waits for
// that: it takes longer than a start.
func penalty(line string) bool { return strings.Contains(line, "Not allowed at this time") }
