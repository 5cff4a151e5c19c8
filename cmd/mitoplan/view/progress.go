package view

import (
	"slices"
	"strings"
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
	Ending         bool          // the user asked to stop: what runs is being ended
	// Transfers are the contents that are on their way, by address of the action.
	Transfers []*Transfer
	// Reading is the large source that is read on the controller; nil if none is. With
	// groups, it is in a Beat of its own.
	Reading *Transfer
}

// transfer is that of the slowest, nil if there is none.
func (b Beat) transfer() *Transfer {
	for _, t := range b.Transfers {
		if t.Address == b.Slowest {
			return t
		}
	}
	return nil
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
	meter   *meter        // nil if nothing is sent for it
}

// begun is what an event says of something that begins.
func begun(e executor.Event, context string) started {
	s := started{at: time.Now(), context: context, limit: e.Limit, until: e.Until}
	if e.Moved != nil {
		s.meter = &meter{moved: e.Moved}
	}
	return s
}

// tracker is the state of Progress's goroutine.
type tracker struct {
	sink     Sink
	running  map[string]started
	contexts map[string]bool
	finished map[string]int // by group
	busy     time.Time      // since when something runs, as far as frames have seen
	beaten   time.Time      // when something new was shown last
	reading  *reading       // the large source that is read on the controller
	ending   func() string  // by when all that runs is ended; nil until the user asks for that
}

// reading is a large source while it is read on the controller.
type reading struct {
	Transfer
	meter *meter
	since time.Time
}

// read takes an event of a large source.
func (t *tracker) read(e executor.Event) {
	if e.Done >= e.Of {
		t.reading = nil
		return
	}
	if t.reading == nil || t.reading.Address != e.Address {
		r := &reading{since: time.Now()}
		r.meter = &meter{moved: func() (int64, int64, bool) { return r.Done, r.Of, true }}
		t.reading = r
	}
	t.reading.Transfer = Transfer{Address: e.Address, Done: e.Done, Of: e.Of}
}

// transferOf is how far the large source has been read, nil if none is.
func (t *tracker) transferOf(now time.Time) *Transfer {
	if t.reading == nil {
		return nil
	}
	out := t.reading.meter.read(now)
	out.Address = t.reading.Address
	return out
}

func (t *tracker) loop(events <-chan any) {
	interval := meterInterval
	live, animated := t.sink.(animated)
	if animated {
		interval = FrameInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	t.beaten = time.Now()
	for {
		select {
		case <-tick.C:
			if animated {
				live.Frame(t.frame(time.Now()))
			} else {
				t.heartbeat(time.Now())
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
				t.reading = nil
				close(written)
			default:
				t.event(e.(executor.Event))
				if animated && len(t.running) == 0 && t.reading == nil {
					live.Frame(nil)
				}
			}
		}
	}
}

// heartbeat says what goes on, if it is time to. Meters are read all the time.
func (t *tracker) heartbeat(now time.Time) {
	b := t.beat("", now)
	b.Reading = t.transferOf(now)
	if now.Sub(t.beaten) < HeartbeatInterval {
		return
	}
	t.beaten = now
	if len(t.running) > 0 || b.Reading != nil {
		t.sink.Beat(b)
	}
}

func (t *tracker) event(e executor.Event) {
	if e.Type == executor.SourceRead {
		t.read(e)
		return
	}
	t.reading = nil
	switch e.Type {
	case executor.Stopping:
		t.ending = e.Until
	case executor.ContextStarting:
		t.contexts[e.Address] = true
		t.running[e.Address] = begun(e, e.Address)
	case executor.ReadStart, executor.ApplyStart:
		t.running[e.Address] = begun(e, e.Context)
	case executor.ContextStatus:
		delete(t.running, e.Address)
	case executor.ReadDone, executor.ApplyDone, executor.ApplyErrored, executor.ApplyInterrupted, executor.ApplySkipped:
		delete(t.running, e.Address)
		t.finished[config.BlockAddress(e.Context)]++
	}
	t.sink.Event(e)
}

// frame returns what is going on in each group. It is empty until something has taken
// longer than liveAfter.
func (t *tracker) frame(now time.Time) []Beat {
	var out []Beat
	if r := t.transferOf(now); r != nil && now.Sub(t.reading.since) >= liveAfter {
		out = append(out, Beat{Reading: r})
	}
	if len(t.running) == 0 {
		t.busy = time.Time{}
		return out
	}
	groups := map[string]bool{}
	for _, s := range t.running {
		groups[config.BlockAddress(s.context)] = true
		if t.busy.IsZero() || s.at.Before(t.busy) {
			t.busy = s.at
		}
	}
	if now.Sub(t.busy) < liveAfter {
		return out
	}
	for _, group := range sortedNames(groups) {
		out = append(out, t.beat(group, now))
	}
	return out
}

// beat returns what is going on in a group, or in all of them.
func (t *tracker) beat(group string, now time.Time) Beat {
	b := Beat{Group: group, Ending: t.ending != nil}
	in := func(context string) bool { return group == "" || config.BlockAddress(context) == group }
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
		if _, starting := t.running[s.context]; !starting || address == s.context {
			b.Running++ // what waits for its context does not run yet
		}
		busy[s.context] = true
		if m := s.meter.read(now); m != nil && t.ending == nil {
			m.Address, m.Context = address, s.context
			b.Transfers = append(b.Transfers, m)
		}
		elapsed := now.Sub(s.at)
		if b.Slowest == "" || elapsed > b.Elapsed || elapsed == b.Elapsed && address < b.Slowest {
			b.Slowest, b.SlowestContext, b.Elapsed, b.Limit = address, s.context, elapsed, t.end(s)
		}
	}
	slices.SortFunc(b.Transfers, func(x, y *Transfer) int { return strings.Compare(x.Address, y.Address) })
	b.Busy = len(busy)
	b.Contexts = max(b.Contexts, b.Busy)
	return b
}

// end says when something that was started is given up.
func (t *tracker) end(s started) string {
	if t.ending != nil {
		return t.ending()
	}
	if s.until != nil {
		return s.until()
	}
	return s.limit
}
