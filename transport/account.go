package transport

import (
	"errors"
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
	// hoardTime is how long a neighbour may stay beyond that bound while none of
	// its bytes is consumed. They may have to pass a slow connection, or somebody
	// may have stopped the terminal.
	hoardTime = 30 * time.Second
	// uncounted is the size up to which a reply is not counted: the call that
	// it answers took more.
	uncounted = 1 << 10
)

// errUnconsumed is why a neighbour is ended that has sent more than is consumed.
var errUnconsumed = errors.New("it sent more than was consumed: " + size(maxUnconsumed) + " waited here and none of it was taken")

// account counts what this process holds of one neighbour and of everything
// behind it. Each child has one; it lives as long as the child. What is received
// is charged to it, and refunded once it has been consumed. The methods of a nil
// account do nothing: what comes from above is not counted.
type account struct {
	bytes   atomic.Int64 // received and not consumed
	values  atomic.Int64 // of decoded values that somebody holds; see Context.Hold
	waiting atomic.Bool  // the stream's reader waits for a refund
	refunds chan struct{}
	end     atomic.Pointer[func(error)] // ends the connection; nil before the greeting
}

func newAccount() *account { return &account{refunds: make(chan struct{}, 1)} }

// endBy says how the connection of this account is ended.
func (a *account) endBy(end func(error)) { a.end.Store(&end) }

// blame ends the neighbour's connection for what came in on it. Frames may lie
// about who sent them; the connection that they came on does not.
func (a *account) blame(err error) {
	if a == nil {
		return
	}
	if end := a.end.Load(); end != nil {
		go (*end)(err) // closing a connection may take a while
	}
}

// charge counts n bytes as held.
func (a *account) charge(n int) {
	if a != nil {
		a.bytes.Add(int64(n))
	}
}

// refund counts n bytes as consumed, and wakes the reader if it waits for that.
func (a *account) refund(n int) {
	if a == nil || n == 0 {
		return
	}
	a.bytes.Add(int64(-n))
	if a.waiting.Load() {
		select {
		case a.refunds <- struct{}{}:
		default:
		}
	}
}

// claim charges for a payload of n bytes. The result refunds it, once. It is nil
// if the payload is so small that it is not counted.
func (a *account) claim(n int) (release func()) {
	if a == nil || n <= uncounted {
		return nil
	}
	a.charge(n)
	return sync.OnceFunc(func() { a.refund(n) })
}

// claimFor releases a claim at the latest when its owner is garbage collected. Nobody
// can read the payload any more then.
func claimFor[T any](owner *T, release func()) {
	if release != nil {
		runtime.AddCleanup(owner, func(f func()) { f() }, release)
	}
}

// full reports whether so much is held that the neighbour must wait. unfinished
// is how many bytes of its messages are incomplete. Those alone make nobody
// wait: only more of them would complete them.
func (a *account) full(unfinished int) bool {
	if a == nil {
		return false
	}
	n := a.bytes.Load()
	return n > 0 && n+int64(unfinished) > maxUnconsumed
}

// debt is what a queue has to refund once its bytes have been written.
type debt struct {
	to *account
	n  int
}

// owe charges n bytes to an account and notes in the list of debts that they are
// to be refunded.
func owe(debts []debt, to *account, n int) []debt {
	if to == nil {
		return debts
	}
	to.charge(n)
	if last := len(debts) - 1; last >= 0 && debts[last].to == to {
		debts[last].n += n
		return debts
	}
	return append(debts, debt{to, n})
}

// pay refunds the first n bytes of the debts and returns the debts that are
// left.
func pay(debts []debt, n int) []debt {
	for len(debts) > 0 && n > 0 {
		d := &debts[0]
		part := min(n, d.n)
		d.to.refund(part)
		d.n -= part
		if n -= part; d.n == 0 {
			debts = debts[1:]
		}
	}
	return debts
}

// payAll refunds all debts.
func payAll(debts []debt) {
	for _, d := range debts {
		d.to.refund(d.n)
	}
}
