package transport

import (
	"sync"
	"time"
)

// spawning are the starts that one context was asked for and has not answered. It lets
// each wait for its turn, and nobody here knows how many are before it. So the time of
// all of them begins again when one is answered, and is that of the one that may take
// the longest. A context gains little by that: it cannot answer more starts than it was
// asked for. The zero value is ready.
type spawning struct {
	mu   sync.Mutex
	all  map[*spawnAsked]struct{}
	last time.Time // when one was answered last
}

// spawnAsked is one of these starts.
type spawnAsked struct {
	since time.Time
	bound time.Duration
}

// ask notes a start that the context was asked for, and has bound from now on.
func (s *spawning) ask(bound time.Duration) *spawnAsked {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[*spawnAsked]struct{})
	}
	a := &spawnAsked{time.Now(), bound}
	s.all[a] = struct{}{}
	return a
}

// answered notes that the context has said how a start went.
func (s *spawning) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
}

// forget notes that a start is not waited for any more.
func (s *spawning) forget(a *spawnAsked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, a)
}

// left is how long a start is still waited for.
func (s *spawning) left(a *spawnAsked) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	bound, since := a.bound, a.since
	for other := range s.all {
		bound = max(bound, other.bound)
	}
	if s.last.After(since) {
		since = s.last
	}
	return time.Until(since.Add(bound))
}
