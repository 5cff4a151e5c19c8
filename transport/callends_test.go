package transport_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// toldCtx is a ctx that counts who asks to be told of its end.
type toldCtx struct {
	context.Context
	mu     sync.Mutex
	asked  int
	waits  map[int]func()
	ending chan struct{}
}

func newToldCtx() *toldCtx {
	return &toldCtx{Context: context.Background(), waits: map[int]func(){}, ending: make(chan struct{})}
}

func (c *toldCtx) Done() <-chan struct{} { return c.ending }

func (c *toldCtx) Err() error {
	select {
	case <-c.ending:
		return context.Canceled
	default:
		return nil
	}
}

// AfterFunc is what context.AfterFunc asks.
func (c *toldCtx) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	n := c.asked
	c.waits[n] = f
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waits := c.waits[n]
		delete(c.waits, n)
		return waits
	}
}

func (c *toldCtx) end() {
	close(c.ending)
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, f := range c.waits {
		delete(c.waits, n)
		go f()
	}
}

// counts are how often the ctx was asked, and how many of those wait.
func (c *toldCtx) counts() (asked, waiting int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked, len(c.waits)
}

// TestCallsOfOneCtxWaitForItsEndTogether: the calls that one ctx was given for ask it once,
// its end cancels each of them that has no result, and nobody waits for it when all have
// one.
func TestCallsOfOneCtxWaitForItsEndTogether(t *testing.T) {
	const calls = 50
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := newToldCtx()
	longest := hang.CallAsync(ctx, chain[0], none{})
	for range 2 {
		short := make([]*transport.Result[string], calls)
		for i := range short {
			short[i] = echo.CallAsync(ctx, chain[0], textIn{Text: "x"})
		}
		for _, r := range short {
			if _, err := r.Get(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if asked, waiting := ctx.counts(); asked != 1 || waiting != 1 {
		t.Errorf("%d calls asked the ctx %d times, and %d wait for its end; want once for the one that goes on", 2*calls+1, asked, waiting)
	}
	hanging := make([]*transport.Result[none], calls)
	for i := range hanging {
		hanging[i] = hang.CallAsync(ctx, chain[0], none{})
	}
	ctx.end()
	for _, r := range append(hanging, longest) {
		_, err := r.Get(within(t, time.Minute))
		wantAs[*transport.CancelledError](t, err)
	}

	again := newToldCtx()
	for range calls {
		if _, err := echo.Call(again, chain[0], textIn{Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, waiting := again.counts(); waiting != 0 {
		t.Errorf("%d calls wait for the end of a ctx, and all have their results", waiting)
	}
}
