package transport

import (
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// How many entries of one context are shown.
const (
	// entryRate is how many are shown in a second. entryBurst is how many
	// more may come at once. Beyond that credit is held back, so that who waits
	// for credit has entrySlack more under way at most: that much is shown, too.
	entryRate  = 10_000
	entryBurst = 20_000
	entrySlack = logBacklog
	// missingPer is how often the number of those is logged that were not
	// shown.
	missingPer = 10 * time.Second
)

// gate lets a bounded number of entries through. Their senders wait for credit, which
// it holds back as long as they log too fast. The entries of those that do not wait
// are counted.
type gate struct {
	mu      sync.Mutex // guards what follows
	used    float64    // how much of entryBurst is used up, or more
	at      time.Time  // when used was computed
	skipped int        // those that came too fast
	stuck   int        // those that came while the log was stuck
	closed  bool
	tell    *time.Timer
	owed    map[Address]*owedEntries
}

// owedEntries are the entries of a context that it was not given credit for
// yet.
type owedEntries struct{ entries, bytes int }

// pass reports whether one more entry may be shown.
func (g *gate) pass(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill(now)
	if g.used >= entryBurst+entrySlack {
		return false
	}
	g.used++
	return true
}

// refill gives back what the time since the last call makes room for. The caller
// holds mu.
func (g *gate) refill(now time.Time) {
	g.used = max(0, g.used-now.Sub(g.at).Seconds()*entryRate)
	g.at = now
}

// delay is how long credit is held back: until not more than entryBurst is used up.
func (g *gate) delay(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill(now)
	return time.Duration(max(0, g.used-entryBurst) / entryRate * float64(time.Second))
}

// skip counts an entry that is not shown. tell is called some time after the
// first of them.
func (g *gate) skip(tell func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.skipped++; g.skipped == 1 {
		g.tell = time.AfterFunc(missingPer, tell)
	}
}

// lose counts an entry that is not shown because the log is stuck. It takes no time, so
// that it holds nobody up.
func (g *gate) lose() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stuck++
	g.used = max(0, g.used-1)
}

// missing is how many were not shown since it was called last.
func (g *gate) missing() (skipped, stuck int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	skipped, stuck = g.skipped, g.stuck
	g.skipped, g.stuck = 0, 0
	if g.tell != nil {
		g.tell.Stop()
	}
	return skipped, stuck
}

// close is called when no entry comes any more. It reports whether some are missing.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.tell != nil {
		g.tell.Stop()
	}
	return g.skipped+g.stuck > 0
}

// open reports whether entries may still come.
func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.closed
}

// owe counts an entry that was dealt with, and returns how many entries are to
// be credited to their sender now; 0 if that can wait. The sender logs nothing
// while too many entries, or too many bytes of them, are under way.
func (g *gate) owe(src Address, size int) (entries uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owed == nil || len(g.owed) > logWindow {
		g.owed = make(map[Address]*owedEntries)
	}
	o := g.owed[src]
	if o == nil {
		o = &owedEntries{}
		g.owed[src] = o
	}
	o.entries++
	if o.bytes += size; o.entries < queue.Now().LogEntries/4 && o.bytes < logBytesWindow/4 {
		return 0
	}
	delete(g.owed, src)
	return uint32(o.entries)
}
