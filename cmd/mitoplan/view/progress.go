package view

import (
	"time"

	"github.com/mitoplan/mitoplan/executor"
)

// HeartbeatInterval is how often a run that shows nothing new says what it
// waits for.
const HeartbeatInterval = 10 * time.Second

// Sink writes what Progress has made of events.
type Sink interface {
	Event(executor.Event)
	Beat(Beat)
}

// Beat is what goes on in the moment.
type Beat struct {
	Running, Done int
	// Busy is the number of contexts in which something runs or that are being
	// connected, of Contexts that were ever needed.
	Busy, Contexts int
	Slowest        string
	SlowestContext string
	Elapsed        time.Duration // of the slowest
	Limit          string        // when the slowest is given up, "" where nothing says so
}

// Progress is the executor's View. One goroutine of its own owns all that is
// known of the run and does all writing, the heartbeat included; events reach
// it through a channel, so that a slow terminal holds nothing up for long.
type Progress struct {
	events chan any // executor.Event or chan struct{}
	done   chan struct{}
}

// NewProgress starts to show a run. Guard is deferred in its goroutine, to
// catch a panic. Close ends it.
func NewProgress(sink Sink, guard func()) *Progress {
	p := &Progress{events: make(chan any, 1024), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer guard()
		(&tracker{sink: sink, running: map[string]started{}, contexts: map[string]bool{}}).loop(p.events)
	}()
	return p
}

// Event tells of something; see executor.View.
func (p *Progress) Event(e executor.Event) {
	select {
	case p.events <- e:
	case <-p.done:
	}
}

// Flush returns when everything told so far is written.
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

// Close writes what is left and ends. Nothing may be told after it.
func (p *Progress) Close() {
	close(p.events)
	<-p.done
}

type started struct {
	at      time.Time
	context string
	limit   string
	until   func() string // nil where limit stays true
}

// end says when it is given up.
func (s started) end() string {
	if s.until != nil {
		return s.until()
	}
	return s.limit
}

// tracker is what Progress's goroutine knows.
type tracker struct {
	sink     Sink
	running  map[string]started
	contexts map[string]bool
	finished int
}

func (t *tracker) loop(events <-chan any) {
	tick := time.NewTicker(HeartbeatInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if len(t.running) > 0 {
				t.sink.Beat(t.beat(time.Now()))
			}
		case e, ok := <-events:
			if !ok {
				return
			}
			if written, ok := e.(chan struct{}); ok {
				close(written)
				continue
			}
			t.event(e.(executor.Event))
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
		t.finished++
	}
	t.sink.Event(e)
}

func (t *tracker) beat(now time.Time) Beat {
	b := Beat{Running: len(t.running), Done: t.finished, Contexts: len(t.contexts)}
	busy := map[string]bool{}
	for address, s := range t.running {
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
