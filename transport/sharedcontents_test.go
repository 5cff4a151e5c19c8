package transport_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// TestContentsThatAreSharedGiveTimeToAll: calls that pull the same blob, of which each
// takes many times their timeout, all succeed: those of one context, which pull it one
// after the other or at once, and those of contexts behind a hop, which pulls it once for
// all of them. That the one it was pulled for has ended takes nothing from the others.
func TestContentsThatAreSharedGiveTimeToAll(t *testing.T) {
	const rate, size = 64 << 10, 40 * 64 << 10
	data := bytes.Repeat([]byte("shared"), size)[:size]
	blob := transport.BlobOf(data, false)
	for name, c := range map[string]struct {
		kids  int  // contexts behind the hop that pull; 0: the hop itself does, twice
		after bool // the second call comes after the first
		ends  bool // the first context ends half-way
		took  time.Duration
	}{
		"one after the other":        {after: true, took: 80 * time.Second},
		"at once":                    {took: 80 * time.Second},
		"at once, behind a hop":      {kids: 3, took: 40 * time.Second},
		"the first ends meanwhile":   {kids: 3, ends: true, took: 40 * time.Second},
		"one after the other behind": {kids: 1, after: true, took: 80 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, hop := onLine(t, rate, 50*time.Millisecond)
				at := []*transport.Context{hop, hop}
				if c.kids > 0 {
					at = nil
				}
				for range c.kids {
					kid, err := next(b, []*transport.Context{hop}, agent())
					if err != nil {
						t.Fatal(err)
					}
					if _, err := kid.Ready().Get(t.Context()); err != nil {
						t.Fatal(err)
					}
					at = append(at, kid)
				}
				if c.kids == 1 {
					at = append(at, at[0])
				}
				began := time.Now()
				var all []*transport.Result[none]
				for _, ctx := range at {
					b.Offer(ctx, blob, source(data))
					opts := []transport.CallOption{transport.Timeout(5 * time.Second), transport.Bounded(transport.Bounds{Total: 30 * time.Second, InTurn: true})}
					if c.after && len(all) > 0 {
						opts = append(opts, transport.After(all[0]))
					}
					all = append(all, pullsSlowly.CallAsync(t.Context(), ctx, slowly{Blob: blob, Piece: size}, opts...))
					synctest.Wait()
				}
				if c.ends {
					time.Sleep(5 * time.Second)
					go func() { _ = at[0].Shutdown(context.Background()) }()
					all = all[1:]
				}
				for _, r := range all {
					if _, err := r.Get(t.Context()); err != nil {
						t.Errorf("after %s: %v", time.Since(began), err)
					}
				}
				if took := time.Since(began); took < c.took-5*time.Second || took > c.took+10*time.Second {
					t.Errorf("it took %s, want some %s", took, c.took)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// TestEachOfferGivesItsTimeOnce: a context that pulls one blob for ever is given the time
// of as many pulls as it was offered, however many others were offered it.
func TestEachOfferGivesItsTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := bytes.Repeat([]byte("x"), 8<<20) // more than may be under way
		blob := transport.BlobOf(data, false)
		b, chain := tree(t, transport.Options{}, agent(), 1)
		other, err := next(b, nil, agent())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			b.Offer(chain[0], blob, source(data))
			b.Offer(other, blob, source(data))
		}
		began := time.Now()
		again := slowly{Blob: blob, Piece: 64 << 10, Every: time.Second, Again: 1 << 20}
		_, err = pullsSlowly.Call(t.Context(), chain[0], again, transport.Bounded(transport.Bounds{Total: time.Minute}))
		wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took < 6*time.Minute || took > 10*time.Minute {
			t.Errorf("it was waited for %s, want a minute, and three times some 110 s", took)
		}
		_ = b.Shutdown()
	})
}

// TestWaitingForWhatAnotherPulls: a function that waits for contents that another one
// brings has the time in which they move, and no more.
func TestWaitingForWhatAnotherPulls(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		over time.Duration // when it has a *TimeoutError; 0: it has none
	}{
		"as long as they move": {40 * 64 << 10, 0},
		"and no longer":        {20 * 64 << 10, 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, ctx := onLine(t, 64<<10, 50*time.Millisecond)
				data := make([]byte, c.size)
				blob := transport.BlobOf(data, false)
				b.Offer(ctx, blob, source(data))
				began := time.Now()
				brings := pullsSlowly.CallAsync(t.Context(), ctx, slowly{Blob: blob, Piece: c.size}, transport.Timeout(5*time.Second))
				_, err := awaits.Call(t.Context(), ctx, 42, transport.Timeout(5*time.Second))
				took := time.Since(began)
				if c.over == 0 && err != nil {
					t.Errorf("after %s: %v", took, err)
				} else if c.over > 0 {
					wantAs[*transport.TimeoutError](t, err)
					if took < c.over-2*time.Second || took > c.over+12*time.Second {
						t.Errorf("it ended after %s, want some %s", took, c.over)
					}
				}
				if _, err := brings.Get(t.Context()); err != nil {
					t.Error(err)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// awaits waits so many seconds, as for contents.
var awaits = transport.NewFunc("awaits", func(ctx context.Context, _ *transport.Node, seconds int) (none, error) {
	defer transport.AwaitContents(ctx)()
	return none{}, pause(ctx, time.Duration(seconds)*time.Second)
})

// TestWaitingToPull: a function that has to wait until other pulls of its context are over
// has the time in which their contents move.
func TestWaitingToPull(t *testing.T) {
	const calls, size = 40, 64 << 10 // 32 of them pull at once
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		ctx, err := next(b, nil, slowLine{agent(), 64 << 10, nil}, transport.WithParallelism(calls))
		if err != nil {
			t.Fatal(err)
		}
		var all []*transport.Result[none]
		for k := range calls {
			data := bytes.Repeat([]byte{byte(k)}, size)
			in := slowly{Blob: transport.BlobOf(data, false), Piece: size}
			b.Offer(ctx, in.Blob, source(data))
			all = append(all, pullsSlowly.CallAsync(t.Context(), ctx, in, transport.Timeout(5*time.Second)))
		}
		for _, r := range all {
			if _, err := r.Get(t.Context()); err != nil {
				t.Error(err)
			}
		}
		_ = b.Shutdown()
	})
}
