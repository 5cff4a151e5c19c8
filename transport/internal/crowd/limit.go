// Package crowd says how much of one kind of work may be done at once: how many
// hosts are logged in to, how many agents are pushed, how many processes are
// started. Nobody has to set a number. Too much at once shows in the work itself:
// it takes longer than the same work took when there was less of it, or it is
// refused. Then less is done at once.
//
// A Limit decides, and knows neither clocks nor goroutines. A Gate is the queue in
// front of one kind of work. Gates are those of one process. A Pause is how long to
// wait before something that was refused is tried again. The package starts no work
// itself and does not know what the work is.
//
// Read the files in this order: limit.go gates.go gate.go slot.go
// silence.go pause.go.
package crowd

import (
	"time"
)

// Range is where a Limit begins, and between what it stays.
type Range struct{ First, Least, Most int }

// below returns the range without what is above max; 0 is no bound.
func (r Range) below(max int) Range {
	if max > 0 {
		r = Range{min(r.First, max), min(r.Least, max), min(r.Most, max)}
	}
	return r
}

const (
	// tolerance is how many times longer than at best work may take before there
	// is too much of it at once.
	tolerance = 2.5
	// cutTo is what remains of a limit when there was too much.
	cutTo = 0.6
	// relief is how much quicker work has to become by a cut; otherwise it was not
	// the crowd that made it slow.
	relief = 0.8
	// grain is the least time that a comparison is about. Below it, chance decides.
	grain = 5 * time.Millisecond
)

// Limit is how much work of one kind may be done at once, by additive increase and
// multiplicative decrease. It compares how long pieces of work took, some at a time,
// with the best that was seen. Waiting for the network is known beforehand and is
// left out of the comparison, so that far hosts do not look like a crowd. The middle
// of several pieces counts, so that one slow host does not, either. If hosts are slow
// by themselves, fewer at once do not make them quicker; the cut is then taken back.
//
// The zero value is not ready; NewLimit makes one. A Limit belongs to one goroutine,
// or to a mutex of its owner.
type Limit struct {
	n      float64
	in     Range
	best   time.Duration // the work of a good window, 0 before the first
	window []piece
	// epoch counts the changes of n. What began before the last one says nothing
	// about the present limit.
	epoch   int
	opening bool // nothing was ever too much; the limit doubles
	cut     *cut // the last change, if it was a cut by slowness
}

// piece is one piece of work that was done.
type piece struct{ took, network time.Duration }

// cut is a cut that is still to be judged.
type cut struct{ from, ratio float64 }

// NewLimit returns a limit that stays in the range.
func NewLimit(in Range) *Limit { return &Limit{n: float64(in.First), in: in, opening: true} }

// Now is how much may be done at once.
func (l *Limit) Now() float64 { return l.n }

// Best is how long a piece of work takes when there is little of it, without the time
// for the network. It is 0 if that is not known yet.
func (l *Limit) Best() time.Duration { return l.best }

// Epoch is to be kept when a piece of work begins, for Done.
func (l *Limit) Epoch() int { return l.epoch }

// Done is told of a piece of work that was done. network is the part of the time that
// was spent waiting for the network, as far as it is known. full is true if there was
// as much at once as the limit allowed; else there is no reason to allow more.
func (l *Limit) Done(epoch int, took, network time.Duration, full bool) {
	if epoch != l.epoch {
		return
	}
	l.window = append(l.window, piece{took, network})
	if len(l.window) < l.enough() {
		return
	}
	ratio, work := l.compare()
	l.window = l.window[:0]
	if l.best == 0 || work < l.best {
		l.best = work
	}
	switch {
	case l.cut != nil && ratio > tolerance && ratio > relief*l.cut.ratio:
		l.best = work
		l.change(max(l.cut.from, l.n), nil)
	case ratio > tolerance:
		l.opening = false
		l.change(l.n*cutTo, &cut{l.n, ratio})
	case full && l.opening:
		l.change(l.n*2, nil)
	case full:
		l.change(l.n+max(1, l.n/8), nil)
	default:
		l.cut = nil
	}
}

// Refused is told that work was refused, while busy pieces were being done, because
// there was too much of it.
func (l *Limit) Refused(busy float64) {
	l.opening = false
	l.change(min(l.n, busy)*cutTo, nil)
}

// enough is how many pieces are compared at a time.
func (l *Limit) enough() int { return min(max(4, int(l.n/2)), 32) }

// compare returns how many times longer the middle piece of the window took than it
// should have, and how much work the middle piece was.
func (l *Limit) compare() (ratio float64, work time.Duration) {
	works := make([]float64, len(l.window))
	for i, p := range l.window {
		works[i] = float64(max(p.took-p.network, grain))
	}
	work = time.Duration(middle(works))
	best := work
	if l.best > 0 {
		best = min(best, l.best)
	}
	ratios := make([]float64, len(l.window))
	for i, p := range l.window {
		ratios[i] = float64(max(p.took, grain)) / float64(p.network+best)
	}
	return middle(ratios), work
}

// middle is the median of some numbers, which it puts in order. There are at most 32 of
// them, see enough. So it is done by insertion: package slices would add 7 KB to an agent
// for each type of number.
func middle(all []float64) float64 {
	for i := range all {
		for j := i; j > 0 && all[j] < all[j-1]; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
	return all[(len(all)-1)/2]
}

// change sets the limit.
func (l *Limit) change(n float64, c *cut) {
	l.n = min(max(n, float64(l.in.Least)), float64(l.in.Most))
	l.cut = c
	l.epoch++
	l.window = l.window[:0]
}
