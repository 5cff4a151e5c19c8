package view

import (
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
)

// HeartbeatInterval is how long nothing new is shown before a line says what is waited
// for.
const HeartbeatInterval = 10 * time.Second

// Sink writes what Progress has made of events.
type Sink interface {
	Event(executor.Event)
	Beat(Beat)
}

// animated is a Sink that is shown what goes on all the time, by groups.
type animated interface{ Frame([]Beat) }

// Beat says what is going on at one moment, in all contexts or in those of a group.
type Beat struct {
	Group         string // the block of the contexts, "" for all
	Running, Done int
	// Busy is the number of contexts in which something runs or that are being
	// connected, of Contexts that were ever needed.
	Busy, Contexts int
	Slowest        string
	SlowestContext string
	Elapsed        time.Duration // of the slowest
	Limit          string        // when the slowest is given up, "" if nothing says so
}

// Progress is the executor's View. It has one goroutine, which owns everything that is
// known about the run, and does all writing, the heartbeat included. Events reach it
// through a channel with a buffer, so that a slow terminal does not delay the work.
type Progress struct {
	events chan any // executor.Event or chan struct{}
	done   chan struct{}
}

// NewProgress starts to show a run. guard is deferred in its goroutine, to catch a
// panic. Close ends the goroutine.
func NewProgress(sink Sink, guard func()) *Progress {
	p := &Progress{events: make(chan any, 1024), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer guard()
		(&tracker{sink: sink, running: map[string]started{}, contexts: map[string]bool{}, finished: map[string]int{}}).loop(p.events)
	}()
	return p
}

// Event implements executor.View.
func (p *Progress) Event(e executor.Event) {
	select {
	case p.events <- e:
	case <-p.done:
	}
}

// Flush returns when every event so far has been written.
func (p *Progress) Flush() {
	written := make(chan struct{})
	select {
	case p.events <- written:
	case <-p.done:
		return
	}
	select {
	case <-written:
	case <-p.done:
	}
}

// Close writes what is left, and ends the goroutine. No method may be called after it.
func (p *Progress) Close() {
	close(p.events)
	<-p.done
}

type started struct {
	at      time.Time
	context string
	limit   string
	until   func() string // nil if limit stays true
}

// end says when something that was started is given up.
func (s started) end() string {
	if s.until != nil {
		return s.until()
	}
	return s.limit
}

// tracker is the state of Progress's goroutine.
type tracker struct {
	sink     Sink
	running  map[string]started
	contexts map[string]bool
	finished map[string]int // by group
	busy     time.Time      // since when something runs, as far as frames have seen
}

func (t *tracker) loop(events <-chan any) {
	interval := HeartbeatInterval
	live, animated := t.sink.(animated)
	if animated {
		interval = FrameInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			switch {
			case animated:
				live.Frame(t.frame(time.Now()))
			case len(t.running) > 0:
				t.sink.Beat(t.beat("", time.Now()))
			}
		case e, ok := <-events:
			written, flush := e.(chan struct{})
			if flush && len(t.running) == 0 {
				clear(t.finished) // what comes next is counted by itself
			}
			if animated && (!ok || flush && len(t.running) == 0) {
				live.Frame(nil)
			}
			switch {
			case !ok:
				return
			case flush:
				close(written)
			default:
				t.event(e.(executor.Event))
				if animated && len(t.running) == 0 {
					live.Frame(nil)
				}
			}
		}
	}
}

func (t *tracker) event(e executor.Event) {
	switch e.Type {
	case executor.ContextStarting:
		t.contexts[e.Address] = true
		t.running[e.Address] = started{time.Now(), e.Address, e.Limit, e.Until}
	case executor.ReadStart, executor.ApplyStart:
		t.running[e.Address] = started{time.Now(), e.Context, e.Limit, e.Until}
	case executor.ContextStatus:
		delete(t.running, e.Address)
	case executor.ReadDone, executor.ApplyDone, executor.ApplyErrored, executor.ApplySkipped:
		delete(t.running, e.Address)
		t.finished[groupOf(e.Context)]++
	}
	t.sink.Event(e)
}

// groupOf returns the block of a context, without the prefix that all their addresses
// have.
func groupOf(context string) string {
	return config.BlockAddress(config.Label(context))
}

// frame returns what is going on in each group. It is empty until something has taken
// longer than liveAfter.
func (t *tracker) frame(now time.Time) []Beat {
	if len(t.running) == 0 {
		t.busy = time.Time{}
		return nil
	}
	groups := map[string]bool{}
	for _, s := range t.running {
		groups[groupOf(s.context)] = true
		if t.busy.IsZero() || s.at.Before(t.busy) {
			t.busy = s.at
		}
	}
	if now.Sub(t.busy) < liveAfter {
		return nil
	}
	var out []Beat
	for _, group := range sortedNames(groups) {
		out = append(out, t.beat(group, now))
	}
	return out
}

// beat returns what is going on in a group, or in all of them.
func (t *tracker) beat(group string, now time.Time) Beat {
	b := Beat{Group: group}
	in := func(context string) bool { return group == "" || groupOf(context) == group }
	for g, n := range t.finished {
		if group == "" || g == group {
			b.Done += n
		}
	}
	for context := range t.contexts {
		if in(context) {
			b.Contexts++
		}
	}
	busy := map[string]bool{}
	for address, s := range t.running {
		if !in(s.context) {
			continue
		}
		b.Running++
		busy[s.context] = true
		elapsed := now.Sub(s.at)
		if b.Slowest == "" || elapsed > b.Elapsed || elapsed == b.Elapsed && address < b.Slowest {
			b.Slowest, b.SlowestContext, b.Elapsed, b.Limit = address, s.context, elapsed, s.end()
		}
	}
	b.Busy = len(busy)
	b.Contexts = max(b.Contexts, b.Busy)
	return b
}
