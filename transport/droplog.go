package transport

import (
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Bounds of what is logged of frames that are dropped: their sender chooses how
// many there are.
const (
	// dropsPer is how often the dropped frames of one neighbour are logged: the
	// first with what is wrong with it, then the number of the others.
	dropsPer = 10 * time.Second
	// dropsMost is how many frames that nobody may send a neighbour may send
	// within that time. With one more it is ended.
	dropsMost = 1 << 18
)

// dropLog says which dropped frames are logged, and counts the others.
type dropLog struct {
	mu      sync.Mutex // guards what follows
	series  map[dropKey]*dropSeries
	stopped bool
}

// dropKey is a neighbour, nil for the parent, and the level at which its
// dropped frames are logged.
type dropKey struct {
	from  *account
	level hclog.Level
}

// dropSeries counts the dropped frames of one neighbour since one was logged.
type dropSeries struct {
	more int // not logged one by one
	last dropNote
	end  *time.Timer
}

// dropNote is one line to be logged.
type dropNote struct {
	level         hclog.Level
	why, from, to string
	handle        uint32
	size, more    int
}

// add notes a dropped frame. If it is the first of its series, ok is true and it is to
// be logged. end is called when the series is over.
func (l *dropLog) add(key dropKey, note func() dropNote, end func()) (n dropNote, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return n, false
	}
	if s := l.series[key]; s != nil {
		if s.more++; s.more == 1 {
			s.last = note()
		}
		if s.more == dropsMost && key.level >= hclog.Warn {
			key.from.blame(fmt.Errorf("%w: %d frames that nobody may send", errExcess, dropsMost))
		}
		return n, false
	}
	if l.series == nil {
		l.series = make(map[dropKey]*dropSeries)
	}
	l.series[key] = &dropSeries{end: time.AfterFunc(dropsPer, end)}
	return note(), true
}

// over ends a series. If some of its frames were not logged, ok is true and their
// number is to be logged.
func (l *dropLog) over(key dropKey) (n dropNote, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close(key)
}

// close is over for a caller that holds mu.
func (l *dropLog) close(key dropKey) (n dropNote, ok bool) {
	s := l.series[key]
	if s == nil {
		return n, false
	}
	s.end.Stop()
	delete(l.series, key)
	s.last.more = s.more
	return s.last, s.more > 0
}

// stop ends every series, and returns what is to be logged of them. Nothing is noted
// after it.
func (l *dropLog) stop() (notes []dropNote) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for key := range l.series {
		if n, ok := l.close(key); ok {
			notes = append(notes, n)
		}
	}
	return notes
}

// dropped logs a frame that is dropped, and why.
func (x *exchange) dropped(m *Message, why string) { x.noteDrop(m, why, hclog.Warn) }

// noteDrop logs a frame that is dropped at a level. What is only logged for
// debugging may be what an honest neighbour sends.
func (x *exchange) noteDrop(m *Message, why string, level hclog.Level) {
	if level == hclog.Debug && !x.log.IsDebug() {
		return
	}
	key := dropKey{m.from, level}
	note := func() dropNote {
		return dropNote{level: level, why: why, from: m.Src.String(), to: m.Dst.String(), handle: m.Handle, size: m.size()}
	}
	end := func() {
		if n, ok := x.drops.over(key); ok {
			x.sayDropped(n)
		}
	}
	if n, ok := x.drops.add(key, note, end); ok {
		x.sayDropped(n)
	}
}

// sayDropped logs one line about dropped frames.
func (x *exchange) sayDropped(n dropNote) {
	if n.more > 0 {
		x.say(n.level, "more frames dropped", "count", n.more, "why", n.why, "from", n.from)
		return
	}
	x.say(n.level, "frame dropped", "why", n.why, "from", n.from, "to", n.to, "handle", n.handle, "size", n.size)
}
