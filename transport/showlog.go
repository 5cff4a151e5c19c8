package transport

import (
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Bounds of what is shown of one entry.
const (
	// maxEntry is the length of an entry up to which it is looked at. Those of
	// an agent fit into a frame: their texts are cut before they are sent.
	maxEntry = MaxFrame
	// maxKey is how many bytes of a key are shown.
	maxKey = 64
)

// logged takes an entry of a context below. It is shown on a goroutine of the
// context, and what the context says after it waits for that. If the context
// sends more than can be shown, the rest is counted. So is what comes while the
// log is stuck, which nothing waits for.
func (b *Broker) logged(m *Message) {
	c := b.nearest(m.Src)
	if c == nil {
		b.dropped(m, "an entry of an unknown context")
		return
	}
	size := int64(m.size())
	waiting := c.logs.Add(size)
	if size > maxEntry || waiting > logBytes || c.mail.entries() > logBacklog || !c.gate.pass(time.Now()) {
		c.logs.Add(-size)
		c.gate.skip(func() { c.mail.postEntry(c.tellMissing, func() {}) })
		c.credit(m)
		return
	}
	c.mail.postEntry(func() { c.show(m); c.logs.Add(-size) }, func() {
		c.logs.Add(-size)
		c.gate.lose()
		c.credit(m)
	})
}

// credit lets the sender of an entry send more, when enough has been dealt
// with, and not faster than entries are shown.
func (c *Context) credit(m *Message) {
	n := c.gate.owe(m.Src, m.size())
	if n == 0 {
		return
	}
	give := func() { c.broker.giveCredit(m, m.Src, creditPayload{Logs: n}) }
	if delay := c.gate.delay(time.Now()); delay > 0 {
		time.AfterFunc(delay, func() {
			if c.gate.open() {
				give()
			}
		})
		return
	}
	give()
}

// tellMissing logs how many entries were not shown. It is called by who shows an
// entry.
func (c *Context) tellMissing() {
	skipped, stuck := c.gate.missing()
	if skipped > 0 {
		c.logger().Warn("log entries dropped: it logs more than is shown", "count", skipped)
	}
	if stuck > 0 {
		c.logger().Warn("log entries dropped: the log did not take them", "count", stuck)
	}
}

// logger is the logger for the context's entries. It is used by who shows one
// only.
func (c *Context) logger() hclog.Logger {
	if c.log == nil {
		c.log = c.broker.log.Named(c.name).With("context", c.name)
	}
	return c.log
}

// show logs an entry and gives credit back.
func (c *Context) show(m *Message) {
	defer c.credit(m)
	var p logPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		c.broker.dropped(m, err.Error())
		return
	}
	if len(p.Child) > 0 {
		c.showAbout(m.Src, &p)
		return
	}
	l := c.logger()
	if p.Name != "" {
		l = l.Named(hostWord(p.Name))
	}
	l.Log(clampLevel(p.Level), oneLine(p.Message), p.args(m.Src, c.address)...)
}

// showAbout logs what an agent has to say of the start or the end of one of its own children,
// as this process logs it of its children. The child may be one that was not started from here,
// but by a function: then the entry is one of the agent, and has the name that it gave.
func (c *Context) showAbout(src Address, p *logPayload) {
	b, args := c.broker, p.args(src, c.address)
	child, ok := src.behindHop(p.Child)
	if about := b.namingOf(child); ok && about != nil {
		args = append(args, "context", about.name, "chain", shownChain(about.chain), "by", c.name)
	} else {
		args = append(args, "context", c.name, "chain", shownChain(c.chain), "starts", hostWord(p.Name))
	}
	b.log.Named(startsLogged).Log(clampLevel(p.Level), oneLine(p.Message), args...)
}

func clampLevel(l int32) hclog.Level {
	return min(max(hclog.Level(l), hclog.Trace), hclog.Error)
}

// args are the pairs of an entry. If it comes from a context that was not
// started from here, its address is one of them.
func (p *logPayload) args(src, known Address) []any {
	n := min(len(p.Pairs), maxPairs) &^ 1
	args := make([]any, 0, n+2)
	for i := 0; i < n; i += 2 {
		args = append(args, hostKey(p.Pairs[i]), shorten(Clean(p.Pairs[i+1]), maxPair))
	}
	if src != known {
		args = append(args, "address", src.String())
	}
	return args
}

// ownKeys are the keys that this process itself uses for entries. Readers of
// JSON may not tell upper from lower case.
var ownKeys = []string{"context", "chain", "by", "starts", "address", "logger", "module", "caller", "level", "message", "msg", "name", "time", "timestamp", "ts"}

// hostKey is the key of a pair that a host sent. It is made a word, so that it
// cannot look like another pair, and is never one of ownKeys.
func hostKey(key string) string {
	key = hostWord(key)
	for _, own := range ownKeys {
		if strings.EqualFold(key, own) {
			return "host." + key
		}
	}
	return key
}

// hostWord makes one word of a name that a host sent.
func hostWord(s string) string {
	word := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-/", r):
			return r
		case r == '@':
			return -1
		}
		return '_'
	}
	if s = strings.Map(word, s[:min(len(s), maxKey)]); s == "" {
		return "_"
	}
	return s
}
