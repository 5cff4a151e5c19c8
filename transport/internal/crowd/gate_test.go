package crowd

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fixed is a gate that lets n through at once.
func fixed(n int) *Gate { return NewGate(Range{n, n, n}, 0) }

func enter(t *testing.T, g *Gate) *Slot {
	t.Helper()
	s, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestGateIsFair: who came first is first, and no more than the limit are through.
func TestGateIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fixed(2)
		first, second := enter(t, g), enter(t, g)
		if g.Try() != nil {
			t.Fatal("a third is through")
		}
		var mu sync.Mutex
		var order []int
		for i := range 3 {
			go func() {
				s, err := g.Enter(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				s.Free()
			}()
			synctest.Wait()
		}
		if len(order) != 0 {
			t.Fatalf("%v are through", order)
		}
		first.Done(0)
		first.Done(0) // does nothing
		synctest.Wait()
		if !slices.Equal(order, []int{0, 1, 2}) {
			t.Errorf("the order is %v", order)
		}
		second.Free()
		if g.Others() != 0 || g.busy != 0 || len(g.held) != 0 {
			t.Errorf("%d are still through, which count for %f", g.running, g.busy)
		}
	})
}

// TestWhoGivesUpWaitingTakesNoSlot: also if it gets one at that moment.
func TestWhoGivesUpWaitingTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fixed(1)
		held := enter(t, g)
		why := errors.New("nobody wants it")
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			if s, err := g.Enter(ctx); s != nil || err != why {
				t.Errorf("got %v, %v", s, err)
			}
		}()
		synctest.Wait()
		cancel(why)
		synctest.Wait()
		held.Free()
		if g.Try() == nil {
			t.Error("the slot is lost")
		}
	})
}

// TestASlotThatIsHeldForLongCountsNoMore: one host that hangs, or is behind a slow
// line, holds nobody up for longer than a few times the usual time.
func TestASlotThatIsHeldForLongCountsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fixed(1)
		for range 4 {
			s := enter(t, g)
			time.Sleep(2 * time.Second)
			s.Done(0)
		}
		slow := enter(t, g)
		began := time.Now()
		next := enter(t, g)
		if waited := time.Since(began); waited != 8*time.Second {
			t.Errorf("the next one waited %s, want 4 times the usual 2s", waited)
		}
		slow.Done(0)
		if g.busy != 1 {
			t.Errorf("%f is counted, want that of the other one", g.busy)
		}
		next.Done(0)
	})
}

// TestPatienceGrows: as long as nothing gets done, slots count for longer and
// longer. Slow may be the line that all share.
func TestPatienceGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fixed(1)
		began := time.Now()
		var at []time.Duration
		for range 5 {
			enter(t, g)
			at = append(at, time.Since(began))
		}
		if want := []time.Duration{0, 1e9, 3e9, 7e9, 15e9}; !slices.Equal(at, want) {
			t.Errorf("slots were given at %v, want %v", at, want)
		}
	})
}

// TestMaxIsABound: whatever a slot counts for, no more than max are held.
func TestMaxIsABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Range{16, 2, 256}, 3)
		for range 3 {
			enter(t, g).Weigh(time.Hour)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if s, _ := g.Enter(ctx); s != nil {
			t.Error("a fourth is through")
		}
	})
}

// TestFarHostsCountForLess: more of them are let through at once.
func TestFarHostsCountForLess(t *testing.T) {
	g := fixed(4)
	n := 0
	for s := g.Try(); s != nil; s = g.Try() {
		s.Weigh(19 * unknownWork)
		n++
	}
	if n < 32 {
		t.Errorf("%d are through, want many times 4", n)
	}
}

// TestRefusalsOfOneCrowdAreOne: ten that are refused together lower the limit once.
func TestRefusalsOfOneCrowdAreOne(t *testing.T) {
	g := NewGate(Range{10, 1, 256}, 0)
	var slots []*Slot
	for range 10 {
		slots = append(slots, g.Try())
	}
	for _, s := range slots {
		s.Refused()
	}
	if got := g.limit.Now(); got != 6 {
		t.Errorf("the limit is %.1f, want 6", got)
	}
	g.Try().Refused()
	if got := g.limit.Now(); got >= 6 {
		t.Errorf("the limit is %.1f after the next refusal", got)
	}
}

// TestPause: pauses grow, are never the same for all, and have a bound.
func TestPause(t *testing.T) {
	all := time.Duration(0)
	for n := 1; n < Attempts; n++ {
		want := min(firstPause<<(n-1), mostPause)
		for range 20 {
			if d := Pause(n); d < want/2 || d >= want {
				t.Errorf("the pause after attempt %d is %s, want it between %s and %s", n, d, want/2, want)
			}
		}
		all += want
	}
	if all > 15*time.Second {
		t.Errorf("the pauses take up to %s", all)
	}
}
