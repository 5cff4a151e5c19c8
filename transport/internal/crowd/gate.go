package crowd

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// Gate is the queue in front of one kind of work. Whoever comes first gets the first
// slot that is free. Any goroutine may use it.
//
// A slot counts for as much as the work takes of what all share. Work that mostly
// waits for a far host counts for less than one: see Slot.Weigh. Work that takes much
// longer than usual waits for a slow line. It does not count any more after some time,
// its patience, and another one may begin. Work whose host is silent takes nothing of
// what all share, and does not count until the host says something: see silence.
type Gate struct {
	mu      sync.Mutex
	limit   *Limit
	max     int     // of running
	running int     // slots that have not ended
	busy    float64 // what they count for
	held    []*Slot // those that count
	queue   []*waiter
	usual   time.Duration // how long a piece takes, 0 before the first was done
	waited  time.Duration // the least patience; it doubles while nothing gets done
	timer   *time.Timer   // ends the patience of a slot; nil if nobody waits
	made    time.Time     // the times of slots count from here
	cuts    int           // by refusals
	silence silence
}

const (
	// leastPatience is how long every slot counts, if it is held for so long.
	leastPatience = time.Second
	// usualTimes is how many times longer than usual a slot counts.
	usualTimes = 4
	// leastWeight is what a slot counts for at least.
	leastWeight = 1.0 / 16
	// unknownWork is how much work something is taken for before any was done.
	unknownWork = 50 * time.Millisecond
	// rounding is what a sum of weights may be off by.
	rounding = 1e-9
)

// waiter is somebody in the queue. came has room for the slot.
type waiter struct{ came chan *Slot }

// NewGate returns a gate with a limit in that range. At most max pieces of work are
// done at once, whatever they count for; 0 is no bound of the caller's.
func NewGate(in Range, max int) *Gate {
	if max <= 0 {
		max = math.MaxInt
	}
	return &Gate{limit: NewLimit(in.below(max)), max: max, waited: leastPatience, made: time.Now(), silence: silence{late: never}}
}

// Enter waits for a slot. The end of ctx ends the waiting.
func (g *Gate) Enter(ctx context.Context) (*Slot, error) {
	w := &waiter{make(chan *Slot, 1)}
	g.mu.Lock()
	g.queue = append(g.queue, w)
	g.admit()
	g.mu.Unlock()
	select {
	case s := <-w.came:
		return s, nil
	default:
	}
	select {
	case s := <-w.came:
		return s, nil
	case <-ctx.Done():
		g.leave(w)
		return nil, context.Cause(ctx)
	}
}

// Try is Enter for those who would rather know first that they have to wait: it
// returns nil then.
func (g *Gate) Try() *Slot {
	w := &waiter{make(chan *Slot, 1)}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, w)
	g.admit()
	select {
	case s := <-w.came:
		return s
	default:
		g.queue = g.queue[:len(g.queue)-1]
		return nil
	}
}

// leave takes a waiter out of the queue, or gives back the slot that it got meanwhile.
func (g *Gate) leave(w *waiter) {
	g.mu.Lock()
	i := slices.Index(g.queue, w)
	if i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	g.mu.Unlock()
	if i < 0 {
		(<-w.came).Free()
	}
}

// admit gives slots to those who wait, as many as fit. The caller holds mu.
func (g *Gate) admit() {
	now := g.now()
	g.endPatience(now)
	for len(g.queue) > 0 && g.running < g.max && g.fits() {
		s := &Slot{gate: g, weight: 1, began: now, until: now + g.patience(), epoch: g.limit.Epoch(), cuts: g.cuts}
		s.silent.begin(g, now)
		g.running++
		g.busy++
		g.held = append(g.held, s)
		g.queue[0].came <- s
		g.queue = g.queue[1:]
	}
	if len(g.queue) > 0 {
		for _, s := range g.held {
			s.full = true
		}
	}
	g.wakeUp(now)
}

// fits reports whether one more may begin. The caller holds mu.
func (g *Gate) fits() bool {
	return g.busy == 0 || g.busy+1 <= g.limit.Now()+rounding || g.silence.mute
}

// now is the time of this gate.
func (g *Gate) now() time.Duration { return time.Since(g.made) }

// patience is how long a slot counts. The caller holds mu.
func (g *Gate) patience() time.Duration { return max(g.waited, usualTimes*g.usual) }

// endPatience stops counting slots that are held for too long, or whose host is
// silent, if somebody waits. The caller holds mu.
func (g *Gate) endPatience(now time.Duration) {
	if len(g.queue) == 0 {
		return
	}
	slow, rule := false, g.lendRule()
	g.held = slices.DeleteFunc(g.held, func(s *Slot) bool {
		switch {
		case rule.from(s) <= now:
			g.lend(s, now)
		case s.until <= now:
			slow = true
		default:
			return false
		}
		g.weigh(s, 0)
		return true
	})
	if slow {
		g.waited *= 2
	}
}

// weigh changes what a slot counts for. The caller holds mu.
func (g *Gate) weigh(s *Slot, weight float64) {
	if g.busy += weight - s.weight; g.busy < rounding {
		g.busy = 0
	}
	s.weight = weight
}

// wakeUp sees to it that admit is called when the next patience ends that somebody
// waits for. The caller holds mu.
func (g *Gate) wakeUp(now time.Duration) {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if len(g.queue) == 0 || len(g.held) == 0 {
		return
	}
	next, rule := forever, g.lendRule()
	for _, s := range g.held {
		next = min(next, s.until, rule.from(s))
	}
	g.timer = time.AfterFunc(next-now, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.admit()
	})
}
