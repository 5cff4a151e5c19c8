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
	// dropsAtOnce is how many lines wait to be logged.
	dropsAtOnce = 64
)

// dropLog logs dropped frames on a goroutine of its own, so that a reader never
// waits for a log.
type dropLog struct {
	mu      sync.Mutex // guards what follows; not held while logging
	series  map[dropKey]*dropSeries
	queue   []dropNote
	busy    bool
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

// add notes a dropped frame. It reports whether the caller must start to log.
// end is called when the series is over.
func (l *dropLog) add(key dropKey, n func() dropNote, end func()) (begin bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	if s := l.series[key]; s != nil {
		if s.more++; s.more == 1 {
			s.last = n()
		}
		if s.more == dropsMost && key.level >= hclog.Warn {
			key.from.blame(fmt.Errorf("%w: %d frames that nobody may send", errExcess, dropsMost))
		}
		return false
	}
	if l.series == nil {
		l.series = make(map[dropKey]*dropSeries)
	}
	l.series[key] = &dropSeries{end: time.AfterFunc(dropsPer, end)}
	return l.enqueue(n())
}

// enqueue adds a line to be logged. The caller holds mu.
func (l *dropLog) enqueue(n dropNote) (begin bool) {
	if len(l.queue) >= dropsAtOnce {
		return false
	}
	l.queue = append(l.queue, n)
	begin = !l.busy
	l.busy = true
	return begin
}

// over ends a series: the number of its frames that were not logged is.
func (l *dropLog) over(key dropKey) (begin bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close(key)
}

// close is over for a caller that holds mu.
func (l *dropLog) close(key dropKey) (begin bool) {
	s := l.series[key]
	if s == nil {
		return false
	}
	s.end.Stop()
	delete(l.series, key)
	if s.more == 0 {
		return false
	}
	s.last.more = s.more
	return l.enqueue(s.last)
}

// stop ends every series. Nothing is noted after it.
func (l *dropLog) stop() (begin bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for key := range l.series {
		begin = l.close(key) || begin
	}
	return begin
}

// take returns the lines that are to be logged now. If there are none, whoever
// logs is done.
func (l *dropLog) take() []dropNote {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.queue
	l.queue = nil
	l.busy = len(queue) > 0
	return queue
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
		if x.drops.over(key) {
			x.logDrops()
		}
	}
	if x.drops.add(key, note, end) {
		x.goroutine(x.logDrops)
	}
}

// logDrops logs all lines that wait.
func (x *exchange) logDrops() {
	for queue := x.drops.take(); len(queue) > 0; queue = x.drops.take() {
		for _, n := range queue {
			if n.more > 0 {
				x.log.Log(n.level, "more frames dropped", "count", n.more, "why", n.why, "from", n.from)
				continue
			}
			x.log.Log(n.level, "frame dropped", "why", n.why, "from", n.from, "to", n.to, "handle", n.handle, "size", n.size)
		}
	}
}
