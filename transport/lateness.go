package transport

import (
	"runtime"
	"sync"
	"time"
)

// lateness measures for how long this process could not go on although it had to:
// because its machine is loaded, because more is to be done at once than it has
// processors for, or because it was stopped. A host cannot be blamed for that time: its
// answer may be there, and nobody has read it.
//
// It has a tick, and sees by how much that comes late. The function of a timer goes
// before all others that can run, so the tick lets those go first that wait. While
// nobody watches, there is no tick. A nursery has one for all its starts. The zero value
// is ready, and a nil *lateness never saw any. Any goroutine may use it.
type lateness struct {
	mu       sync.Mutex
	watchers int
	round    int           // the ticks of the watchers before these do nothing
	due      time.Time     // when the next tick is due
	lost     time.Duration // until the last tick
}

const (
	// lateTick is the time between two ticks.
	lateTick = 100 * time.Millisecond
	// lateGrain is by how much a tick may be late on a machine that has nothing to do.
	lateGrain = 50 * time.Millisecond
)

// watch begins to measure, for one more watcher. unwatch is called once for each watch.
func (l *lateness) watch() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watchers++; l.watchers == 1 {
		l.round++
		l.next(l.round)
	}
}

func (l *lateness) unwatch() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers--
}

// until is for how long this process could not go on until now. Only differences of it
// say anything. Before a watch it does not grow.
func (l *lateness) until(now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost + l.overdue(now)
}

// overdue is by how much the next tick is late already. The caller holds mu.
func (l *lateness) overdue(now time.Time) time.Duration {
	if late := now.Sub(l.due); l.watchers > 0 && late > lateGrain {
		return late
	}
	return 0
}

// next sets the next tick. The caller holds mu.
func (l *lateness) next(round int) {
	l.due = time.Now().Add(lateTick)
	time.AfterFunc(lateTick, func() {
		runtime.Gosched()
		l.tick(round)
	})
}

func (l *lateness) tick(round int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watchers == 0 || l.round != round {
		return
	}
	l.lost += l.overdue(time.Now())
	l.next(round)
}
