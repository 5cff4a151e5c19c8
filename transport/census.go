package transport

import (
	"sync"
	"time"
)

// census counts goroutines. Unlike with a sync.WaitGroup, one may begin while somebody
// waits for the last: a reader that is not ended yet begins some.
type census struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n is 0; nil if nobody waits
}

func (r *census) began() {
	r.mu.Lock()
	r.n++
	r.mu.Unlock()
}

func (r *census) ended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n--; r.n == 0 && r.none != nil {
		close(r.none)
		r.none = nil
	}
}

// await waits until none runs, for at most d.
func (r *census) await(d time.Duration) {
	r.mu.Lock()
	if r.n == 0 {
		r.mu.Unlock()
		return
	}
	if r.none == nil {
		r.none = make(chan struct{})
	}
	none := r.none
	r.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-none:
	case <-t.C:
	}
}
