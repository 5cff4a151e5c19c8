package ssh

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// programProgress is how far the ssh program has come with one login, as it says itself
// with -v. A program that says it in other words is in PhaseDial until the host answers.
// What it says decides about nothing but phases and the words of a problem.
type programProgress struct {
	start  transport.Start
	args   SSH
	target string

	mu sync.Mutex
	programLogin
	phaseAt  transport.Phase // "" before PhaseHandshake
	proxied  bool            // a ProxyCommand or ProxyJump carries the connection
	signing  bool            // the server knows a key, and its signature is waited for
	asking   *time.Timer     // tells a person of that if it takes long; nil while nothing is signed
	answered func()          // ends what a person was asked; nil if nobody is
	loggedIn bool
	held     bool // PhaseBootstrap was entered before that
	signal   bool // a signal ended what ran on the host
	told     bool // the host said how that ended
	muxed    bool // a ControlMaster carries the session: it tells no more than the status
	// giveUp ends the start with a problem. It may be nil.
	giveUp func(error)
	// notKept is why the key of a new host is not remembered, nil if it is.
	notKept error
}

// phase passes on the phases of the bootstrap. The first begins with the program, but
// the host reads nothing before the login.
func (p *programProgress) phase(to transport.Phase) {
	p.mu.Lock()
	if to == transport.PhaseBootstrap && !p.loggedIn {
		p.held = true
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.start.Phase(to)
}

// ended is how the agent ended if the program ended so. The program does not say which
// signal ended the agent. One that ends before the host says how the agent ended has lost
// its connection, whether it was ended itself or gave up.
func (p *programProgress) ended(e transport.Exit) transport.Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.signal && e.Status == 255:
		return transport.Exit{Status: -1, Err: errSignalled}
	case p.loggedIn && !p.told && (e.Status == 255 && !p.muxed || e.Signal != ""):
		return transport.Exit{Status: -1, Err: errConnectionLost}
	}
	return e
}

var errSignalled = errors.New("killed by a signal that the ssh program does not name")

// steps are the lines by which the program says how far it is, as their beginnings.
var steps = []struct {
	line string
	to   transport.Phase
}{
	{"debug1: Connection established", transport.PhaseHandshake},
	{"debug1: Executing proxy command", transport.PhaseHandshake}, // one that ends at once leaves no other line
	{"debug1: Local version string", transport.PhaseHandshake},
	{"debug1: SSH2_MSG_SERVICE_ACCEPT received", transport.PhaseAuth},
	{"debug1: mux_client_request_session: master session id", transport.PhaseSession},
}

// login says by which keys the program logged in. Over a ControlMaster it does not tell.
func (p *programProgress) login() *transport.Login {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.programLogin.login()
	out.Unknown = out.Unknown || p.muxed
	return out
}

// hear takes a line of the program, and reports whether it is one of -v.
func (p *programProgress) hear(line string) (ours bool) {
	p.logLine(line)
	p.mu.Lock()
	defer p.mu.Unlock()
	to := p.phaseAt
	for _, s := range steps {
		if strings.HasPrefix(line, s.line) {
			to = s.to
		}
	}
	text, debug := strings.CutPrefix(line, "debug1: ")
	if debug {
		p.note(text)
	}
	switch {
	case strings.HasPrefix(line, "OpenSSH_") && p.server == "" && p.finished == 0:
		p.programs++ // later, it is a banner
	case strings.HasPrefix(line, "debug1: Executing proxy command"):
		p.proxied = true
	case strings.HasPrefix(line, "debug1: Offering public key"):
		p.signed()
	case strings.HasPrefix(line, "debug1: Server accepts key"):
		p.signs(line)
	case strings.HasPrefix(line, "debug1: Authentications that can continue"):
		p.signed()
	case debug && strings.Contains(line, " rtype exit-signal "):
		p.signal, p.told = true, true
	case debug && strings.Contains(line, " rtype exit-status "):
		p.told = true
	case strings.HasPrefix(line, "debug1: mux_client_request_session: master session id"):
		p.muxed = true
	case strings.HasPrefix(line, saysNotAdded), strings.HasPrefix(line, saysAdded):
		p.trusted(line)
	case strings.HasPrefix(line, "Authenticated to "):
		p.signed()
		if p.loggedInto() {
			to = transport.PhaseSession
		}
	}
	p.enter(to)
	return debug || strings.HasPrefix(line, "Authenticated to ") || strings.HasPrefix(line, "OpenSSH_") ||
		strings.HasPrefix(line, "Transferred: sent ") || strings.HasPrefix(line, "Bytes per second: sent ")
}

// signs notes that a signature is waited for. line is what the program says of the key:
// the file or the comment, the type and the fingerprint. The caller holds mu.
func (p *programProgress) signs(line string) {
	p.signed()
	p.signing = true
	_, key, _ := strings.Cut(line, "key: ")
	do := "confirm in the ssh-agent that " + clip(key) + " may be used"
	if strings.Contains(line, "-SK ") {
		do = "touch the security key " + clip(key)
	}
	p.asking = time.AfterFunc(askAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.signing && p.answered == nil {
			p.answered = p.start.Ask(do + ", to log in to " + p.target)
		}
	})
}

// signed notes that no signature is waited for any more. The caller holds mu.
func (p *programProgress) signed() {
	p.signing = false
	if p.asking != nil {
		p.asking.Stop()
	}
	if p.answered != nil {
		p.answered()
		p.answered = nil
	}
}

// enter enters a phase that is a new one. The caller holds mu.
func (p *programProgress) enter(to transport.Phase) {
	if to == p.phaseAt || p.loggedIn {
		return
	}
	p.phaseAt = to
	p.start.Phase(to)
	if to != transport.PhaseSession {
		return
	}
	p.loggedIn = true
	p.signed()
	p.start.Slots.LoggedIn()
	if p.held {
		p.start.Phase(transport.PhaseBootstrap)
	}
}

// listen takes what the program writes to its standard error. Words get what it says
// to a person, and what the host says.
func (p *programProgress) listen(words *connect.LastWords) io.WriteCloser {
	return &programStderr{p: p, words: words}
}

// programStderr splits what is written to it into lines. One goroutine uses it.
type programStderr struct {
	p     *programProgress
	words *connect.LastWords
	part  []byte // of a line
}

// longestLine is how many bytes of a line are kept back for its end.
const longestLine = 4 << 10

// Write implements io.Writer.
func (e *programStderr) Write(b []byte) (int, error) {
	e.part = append(e.part, b...)
	for {
		line, rest, whole := bytes.Cut(e.part, []byte("\n"))
		if !whole && len(line) < longestLine {
			return len(b), nil
		}
		if whole {
			line = e.part[:len(line)+1]
		}
		e.line(line)
		e.part = append(e.part[:0], rest...)
	}
}

func (e *programStderr) line(line []byte) {
	if !e.p.hear(strings.TrimRight(string(line), "\r\n")) {
		e.words.Write(line)
	}
}

// Close takes what is left as a line.
func (e *programStderr) Close() error {
	if len(e.part) > 0 {
		e.line(e.part)
	}
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	if e.p.asking != nil {
		e.p.asking.Stop() // the program has ended
	}
	return nil
}
