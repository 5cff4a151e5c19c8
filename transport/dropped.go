package transport

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Bounds of what is logged of frames that nobody gets: whoever sends them
// chooses how many there are.
const (
	dropsAtOnce = 64
	dropsPer    = time.Second
)

// dropLog logs dropped frames on a goroutine of its own: a reader never waits
// for a log.
type dropLog struct {
	mu    sync.Mutex // guards what follows; not held while logging
	queue []dropNote
	more  int // not logged one by one
	busy  bool
	since time.Time
	count int // since then
}

type dropNote struct {
	level         hclog.Level
	why, from, to string
	handle        uint32
	size          int
}

// add notes a frame and reports whether somebody has to begin to log.
func (l *dropLog) add(n func() dropNote, now time.Time) (begin bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= dropsPer {
		l.since, l.count = now, 0
	}
	if l.count++; l.count > dropsAtOnce || len(l.queue) >= dropsAtOnce {
		l.more++
		return false
	}
	l.queue = append(l.queue, n())
	begin = !l.busy
	l.busy = true
	return begin
}

func (l *dropLog) take() (queue []dropNote, more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, more = l.queue, l.more
	l.queue, l.more = nil, 0
	l.busy = len(queue) > 0
	return queue, more
}

// dropped logs a frame that nobody gets.
func (b *Broker) dropped(m *Message, why string) { b.noteDrop(m, why, hclog.Warn) }

func (b *Broker) noteDrop(m *Message, why string, level hclog.Level) {
	note := func() dropNote { return dropNote{level, why, m.Src.String(), m.Dst.String(), m.Handle, m.size()} }
	if b.drops.add(note, time.Now()) {
		b.goroutine(b.logDrops)
	}
}

func (b *Broker) logDrops() {
	for {
		queue, more := b.drops.take()
		if more > 0 {
			b.log.Warn("more frames dropped", "count", more)
		}
		if len(queue) == 0 {
			return
		}
		for _, n := range queue {
			b.log.Log(n.level, "frame dropped", "why", n.why, "from", n.from, "to", n.to, "handle", n.handle, "size", n.size)
		}
	}
}
