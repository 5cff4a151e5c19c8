package crowd

import (
	"slices"
	"time"
)

// Slot is the right to do one piece of work. It ends with Done, Refused or Free; what
// is called after that does nothing.
type Slot struct {
	gate   *Gate
	weight float64 // 0 when it does not count
	began  time.Duration
	until  time.Duration // the end of its patience
	epoch  int
	cuts   int
	full   bool // somebody waited while it was held
	silent silent
	ended  bool
}

// Weigh says how much of the time of this work is waiting for the network. The slot
// counts for the rest.
func (s *Slot) Weigh(network time.Duration) {
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	work := g.limit.Best()
	if work == 0 {
		work = unknownWork
	}
	weight := max(leastWeight, float64(work)/float64(work+network))
	s.silent.counts = weight
	if s.weight > 0 {
		g.weigh(s, weight)
		g.admit()
	}
}

// Done says that the work is done. network is the part of the time that was spent
// waiting for the network, as far as it is known.
func (s *Slot) Done(network time.Duration) { s.DoneOf(1, network) }

// DoneOf is Done for work of which one piece is longer than another. amount is how
// much it was, in a unit of the caller's.
func (s *Slot) DoneOf(amount float64, network time.Duration) {
	s.end(func(g *Gate) {
		took := g.now() - s.began
		if g.usual == 0 {
			g.usual = took
		}
		g.usual += (took - g.usual) / 4
		g.waited = leastPatience
		g.gotOn(s)
		g.limit.Done(s.epoch, time.Duration(float64(took)/amount), network, s.full)
	})
}

// Refused says that the work was refused because there was too much of it. What was
// begun before the limit was lowered for that does not lower it again.
func (s *Slot) Refused() {
	s.end(func(g *Gate) {
		g.silence.mute = false
		if s.cuts == g.cuts {
			g.cuts++
			g.limit.Refused(g.busy)
		}
	})
}

// Free says that the work has ended, and that nothing follows from how long it took.
func (s *Slot) Free() { s.end(func(g *Gate) { g.givenUp(s) }) }

func (s *Slot) end(tell func(*Gate)) {
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	tell(g)
	g.running--
	if s.weight > 0 {
		g.weigh(s, 0)
		g.held = slices.DeleteFunc(g.held, func(o *Slot) bool { return o == s })
	}
	g.admit()
}
