package transport

import "time"

// A context that others are reached through writes into the same connection as they do, and
// its heartbeats stand behind what is under way of theirs. If the line becomes slow, they come
// late, though the context lives. That the line carries anything says nothing of it: those
// others may go on while it is stopped. So one of them is asked for an echo when the context
// is silent. What the context wrote before that stands before the echo. If the echo comes and
// nothing of the context has, it is lost.

// echoPatience is how long an echo is waited for. Who is asked may be hostile.
const echoPatience = time.Minute

// echo is one that was asked for when a child was silent.
type echo struct {
	heard  time.Time // when something came of the child last; another silence is another echo
	of     *Stream   // who was asked; nil before that
	number uint32
	asked  time.Time
}

// isBehind reports whether what a silent child wrote may still stand behind what others wrote
// whose connections go through it. s is its stream.
func (c *child) isBehind(s *Stream) bool {
	now, heard, e := time.Now(), s.lastHeard(), &c.echo
	if !e.heard.Equal(heard) {
		*e = echo{heard: heard}
	}
	if e.of == nil {
		of := c.nursery.speaking(c, now)
		if of == nil {
			return false
		}
		e.of, e.number, e.asked = of, of.ask(), now
		return true
	}
	return e.of.speaks(now) && !e.of.echoed(e.number) && now.Sub(e.asked) < echoPatience
}

// speaking is the stream of a child whose connection goes through c, or through one that does,
// and that something came from lately; nil if there is none.
func (n *nursery) speaking(c *child, now time.Time) *Stream {
	for _, d := range n.carriedBy(c) {
		n.mu.Lock()
		s := d.stream
		n.mu.Unlock()
		if s != nil && s.speaks(now) {
			return s
		}
		if s := n.speaking(d, now); s != nil {
			return s
		}
	}
	return nil
}
