package transport

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what one host makes this process hold.
const (
	// maxUnconsumed is how many bytes of one neighbour may wait here: in other
	// streams' queues, as replies that nobody has taken, in receivers.
	maxUnconsumed = 32 << 20
	// hoardTime is how long nothing is read from a neighbour beyond that, while
	// none of it is consumed: it may have to pass a slow connection, or somebody
	// may have stopped the terminal.
	hoardTime = 30 * time.Second
	// uncounted is the size up to which a reply is not counted: the call that
	// it answers took more.
	uncounted = 1 << 10
)

// errHoards is the end of a neighbour that has sent more than is consumed.
var errHoards = errors.New("it sent more than was consumed: " + size(maxUnconsumed) + " waited here and none of it was taken")

// tally counts what this process holds of one neighbour and of all that is
// behind it. Methods of a nil tally do nothing: what comes from above is not
// counted.
type tally struct {
	bytes   atomic.Int64 // arrived and not consumed
	values  atomic.Int64 // decoded, of those that somebody said to hold
	waiting atomic.Bool  // the reader waits for less
	taken   chan struct{}
	stream  atomic.Pointer[Stream] // that it counts for, since the greeting
}

func newTally() *tally { return &tally{taken: make(chan struct{}, 1)} }

// blame ends the neighbour's stream for what came in on it. Frames may lie
// about who sent them, the stream that they came on does not.
func (a *tally) blame(err error) {
	if a == nil {
		return
	}
	if s := a.stream.Load(); s != nil {
		go s.fail(err) // closing a connection may take a while
	}
}

func (a *tally) add(n int) {
	if a != nil {
		a.bytes.Add(int64(n))
	}
}

// take gives n bytes back, as consumed.
func (a *tally) take(n int) {
	if a == nil || n == 0 {
		return
	}
	a.bytes.Add(int64(-n))
	if a.waiting.Load() {
		select {
		case a.taken <- struct{}{}:
		default:
		}
	}
}

// claim counts a payload until the result is called, once.
func (a *tally) claim(n int) (release func()) {
	if a == nil || n <= uncounted {
		return nil
	}
	a.add(n)
	return sync.OnceFunc(func() { a.take(n) })
}

// claimFor is claim for what the owner keeps: where nobody takes it, it ends
// with the owner.
func claimFor[T any](owner *T, release func()) {
	if release != nil {
		runtime.AddCleanup(owner, func(f func()) { f() }, release)
	}
}

// full reports whether too much waits, with what is unfinished. What is
// unfinished alone stops nobody: nothing but more of it can be waited for.
func (a *tally) full(unfinished int) bool {
	if a == nil {
		return false
	}
	n := a.bytes.Load()
	return n > 0 && n+int64(unfinished) > maxUnconsumed
}

// debt is what a queue has to give back once it is written.
type debt struct {
	to *tally
	n  int
}

// owe adds a debt to a list.
func owe(debts []debt, to *tally, n int) []debt {
	if to == nil {
		return debts
	}
	to.add(n)
	if last := len(debts) - 1; last >= 0 && debts[last].to == to {
		debts[last].n += n
		return debts
	}
	return append(debts, debt{to, n})
}

// pay gives back the first n bytes of the debts and returns what is left.
func pay(debts []debt, n int) []debt {
	for len(debts) > 0 && n > 0 {
		d := &debts[0]
		part := min(n, d.n)
		d.to.take(part)
		d.n -= part
		if n -= part; d.n == 0 {
			debts = debts[1:]
		}
	}
	return debts
}

// payAll gives everything back.
func payAll(debts []debt) {
	for _, d := range debts {
		d.to.take(d.n)
	}
}

// pause reads nothing more from a neighbour of which too much waits here, until
// some is consumed. Where nothing is for too long, the stream ends.
func (s *Stream) pause() {
	a := s.tally
	if !a.full(s.bytes) && !s.uplink.crowded() {
		return
	}
	a.waiting.Store(true)
	defer a.waiting.Store(false)
	late := time.NewTimer(s.hoard)
	defer late.Stop()
	for {
		room := s.uplink.roomIfCrowded()
		if !a.full(s.bytes) && room == nil {
			return
		}
		select {
		case <-a.taken:
		case <-room:
		case <-s.over:
			return
		case <-late.C:
			s.fail(errHoards)
			return
		}
		late.Reset(s.hoard)
	}
}

// Hold counts n bytes of values from the context's host as held by the caller,
// who gives them back with Release. All that is held of one host, and the next
// value from it, may take 64 MiB: what is beyond ends the host's connection,
// and the error is the *LostError that says so.
func (c *Context) Hold(n int64) error {
	held := c.tally.values.Add(n)
	if held <= maxDecoded {
		return nil
	}
	c.tally.values.Add(-n)
	return c.overdrawn(fmt.Errorf("%w: its answers take more than %s, which is the most that is held of one host at once", errExcess, size(maxDecoded)))
}

// Release gives back what Hold counted.
func (c *Context) Release(n int64) { c.tally.values.Add(-n) }

// overdrawn ends the connection to the context's host, for what it sent, and
// returns the error of who waits for it.
func (c *Context) overdrawn(err error) error {
	c.tally.blame(err)
	return &LostError{Context: c.name, Chain: c.chain, Cause: err.Error()}
}
