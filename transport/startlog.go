package transport

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// StartLog takes what happens in the start of one context and at its end, one line an event,
// for who wants to know why a context does not come up. What is told is logged at the level
// debug, with the context, its chain and the time since its start began. A connector has it
// as Start.Log. It is told no password, no key and no value of a variable: what is in it is
// shown as it is. Any goroutine may use it, and nobody waits for the log. While nobody wants
// lines, a call costs no memory, and nothing crosses the wire. A nil *StartLog takes everything
// and shows nothing.
type StartLog struct {
	of  *child       // nil for one of NewStartLog
	log hclog.Logger // nil for one of a child
}

// NewStartLog makes a StartLog that gives its lines to a logger. Programs need none; it is
// for tests that call the Start of a connector themselves.
func NewStartLog(log hclog.Logger) *StartLog {
	if isNil(log) {
		return nil
	}
	return &StartLog{log: log}
}

// IsDebug reports whether a line would be shown now. Who has to make the texts of a line asks
// it first.
func (l *StartLog) IsDebug() bool {
	switch {
	case l == nil:
		return false
	case l.of != nil:
		return l.of.nursery.log.IsDebug()
	}
	return l.log != nil && l.log.IsDebug()
}

// Debug takes one event. pairs are names and values, one after the other. What a host has said
// may be a value, but not the event.
func (l *StartLog) Debug(event string, pairs ...string) {
	if !l.IsDebug() {
		return
	}
	args := make([]any, 0, len(pairs)+8)
	for i, text := range pairs {
		if i%2 == 1 {
			text = shorten(Clean(text), maxPair)
		}
		args = append(args, text)
	}
	if l.of == nil {
		l.log.Debug(event, args...)
		return
	}
	l.of.tell(event, args)
}

// startsLogged is the name of the logger of these lines.
const startsLogged = "connect"

// aboutChildren is a logger of an agent. What it logs of a child of that agent is shown in the
// controller as the other lines of that context.
type aboutChildren interface {
	about(child Address, name string) hclog.Logger
}

// tell logs an event of this child.
func (c *child) tell(event string, args []any) {
	n := c.nursery
	at := "at"
	if log, is := n.log.(aboutChildren); is {
		log := log.about(c.address, c.name)
		n.sayBy(log, hclog.Debug, event, append(args, at, roughly(time.Since(c.since)))...)
		return
	}
	args = append(args, "context", c.name, "chain", shownChain(c.chain), at, roughly(time.Since(c.since)))
	n.sayBy(n.log.Named(startsLogged), hclog.Debug, event, args...)
}

// shownChain is how a line shows the contexts that lead to one, and that one.
func shownChain(chain []string) string { return strings.Join(chain, " > ") }

// roughly is a duration as a line shows it.
func roughly(d time.Duration) string {
	unit := time.Millisecond
	if d < 10*time.Millisecond {
		unit = 10 * time.Microsecond
	}
	return d.Round(unit).String()
}

// logUp logs that a context is up: who it is, and how long its start took, phase by phase.
func (c *child) logUp(g *Greeting) {
	if !c.log.IsDebug() {
		return
	}
	c.times.end(*c.phase.Load(), true)
	c.log.Debug("is up", "user", g.User, "hostname", g.Hostname, "platform", g.OS+"/"+g.Arch, "pid", strconv.FormatInt(g.PID, 10),
		"version", g.Version, "phases", c.times.String())
}

// logFailure logs that a start has failed, and how long it was in each phase.
func (c *child) logFailure(e *ConnectError) {
	if !c.log.IsDebug() {
		return
	}
	c.times.end(*c.phase.Load(), true)
	c.log.Debug("start has failed", "phase", string(e.Phase), "cause", told(e), "phases", c.times.String())
}

// told is an error in one line that quotes no host, if it has a problem.
func told(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Summary + " (" + string(p.Code) + ")"
	}
	var e *ConnectError
	if errors.As(err, &e) {
		return e.Cause
	}
	return err.Error()
}

// awaitLink waits for the end of the process or the channel.
func (c *child) awaitLink(link *Link) {
	c.exit = link.Wait()
	if c.log.IsDebug() {
		c.log.Debug("has ended", "how", c.exit.String())
	}
	close(c.exited)
}

// phaseTimes is how long a start was in each phase. They are kept while lines are wanted.
type phaseTimes struct {
	mu    sync.Mutex
	since time.Time // when the phase began
	spent []phaseTime
}

type phaseTime struct {
	phase Phase
	took  time.Duration
}

// end notes the end of a phase, and returns how long it was. Of a phase that comes several
// times the times are added.
func (t *phaseTimes) end(phase Phase, keep bool) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	took := now.Sub(t.since)
	t.since = now
	if !keep {
		return took
	}
	i := slices.IndexFunc(t.spent, func(s phaseTime) bool { return s.phase == phase })
	if i < 0 {
		i = len(t.spent)
		t.spent = append(t.spent, phaseTime{phase: phase})
	}
	t.spent[i].took += took
	return took
}

// String lists the phases that have ended, in their order.
func (t *phaseTimes) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	texts := make([]string, len(t.spent))
	for i, s := range t.spent {
		texts[i] = string(s.phase) + " " + roughly(s.took)
	}
	return strings.Join(texts, ", ")
}
