package executor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// TestUntil: what is shown of a start that takes long is true. It used to be
// "50.0s, given up after 10s" while an agent was being built, which does not count.
func TestUntil(t *testing.T) {
	for want, p := range map[string]transport.Progress{
		"given up in 7s": {Phase: "auth", Left: 7 * time.Second},
		"given up in 1m": {Phase: "dial", Left: time.Minute},
		"waits for the context that it goes through":                                {Phase: "via", Paused: true},
		"waits until fewer are on their way, which does not count against it":       {Phase: "turn", Left: 10 * time.Second, Paused: true},
		"the agent for its platform is being made, which does not count against it": {Phase: "image", Left: 10 * time.Second, Paused: true},
		"touch the security key, which does not count against it":                   {Phase: "auth", Left: 10 * time.Second, Paused: true, Asked: "touch the security key"},
		"agent: 2.1 MB on their way, given up in 9s":                                {Phase: "push", Left: 9 * time.Second, Arrived: -1, Size: 2_100_000},
		"agent: nothing of 2.1 MB has arrived, given up in 9s":                      {Phase: "push", Left: 9 * time.Second, Size: 2_100_000},
		"agent: 1,200 of 2,100 KB, 8.0 KB/s, 1m53s left":                            {Phase: "push", Left: 9 * time.Second, Arrived: 1_200_000, Size: 2_100_000, Rate: 8000},
		"given up at any moment":                                                    {Phase: "auth", Left: 400 * time.Millisecond},
		"agent: 2,100 of 2,100 KB, 65 KB/s, 0s left":                                {Phase: "push", Left: 9 * time.Second, Arrived: 2_100_000, Size: 2_100_000, Rate: 65_000},
	} {
		if got := leftOf(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
	if got := (&handle{}).until("")(); got != "waits for the context that it goes through" {
		t.Errorf("a context that is not started yet says %q", got)
	}
}

// What contents move is told beside the bound that it does not count against.
func TestMovingContentsAreToldBesideTheBound(t *testing.T) {
	limit := timed(20*time.Second, true, "").String()
	for moved, want := range map[time.Duration]string{
		0: "given up after 20s", 46400 * time.Millisecond: "given up after 20s, not counting 46s in which contents moved",
	} {
		if got := limit + notCounting(moved, "contents moved"); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

// stops are what a view is told of the end of a session.
type stops struct{ all []Event }

func (s *stops) Event(e Event) { s.all = append(s.all, e) }

// ended is work that has nothing left to do.
type ended struct{ work }

func (ended) Next() []*planner.Step { return nil }
func (ended) Finished() bool        { return true }
func (ended) Stop()                 {}

// TestAStopTellsTheViewByWhen: a view is told when the user asks to stop, and what is ended
// by when is true at the moment when that is shown.
func TestAStopTellsTheViewByWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		view := &stops{}
		s := newSession(Options{View: view}, nil)
		if err := s.drive(t.Context(), ended{}); err != nil || len(view.all) > 0 {
			t.Fatalf("error %v and events %v though nobody stopped it", err, view.all)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.drive(ctx, ended{}); err == nil || len(view.all) != 1 || view.all[0].Type != Stopping {
			t.Fatalf("error %v and events %v, want that it stops", err, view.all)
		}
		for _, want := range []string{"being ended, given up in 10s", "being ended, given up in 7s", "being ended, given up in 4s", "being ended, given up in 1s", "being ended"} {
			if got := view.all[0].Until(); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
			time.Sleep(3 * time.Second)
		}
	})
}
