package executor

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// retries is work that lets time pass: it wants its step again so many times, each
// time after a pause.
type retries struct {
	left    int
	pause   time.Duration
	grace   time.Duration
	next    []*planner.Step
	done    []time.Duration // since the beginning
	began   time.Time
	stopped bool
	over    bool
}

func (r *retries) Next() []*planner.Step {
	out := r.next
	r.next = nil
	return out
}

func (r *retries) Done(step *planner.Step, _ planner.Result) {
	r.done = append(r.done, time.Since(r.began))
	if r.stopped {
		r.over = true
	} else if r.left--; r.left > 0 {
		r.next = append(r.next, &planner.Step{Type: planner.StepWait, Timeout: r.pause})
	}
}

func (r *retries) Finished() bool { return r.left == 0 || r.over }

func (r *retries) Stop() {
	r.stopped, r.next = true, nil
	if r.grace > 0 {
		r.next = append(r.next, &planner.Step{Type: planner.StepWait, Timeout: r.grace})
	} else {
		r.over = true
	}
}

func (r *retries) limit(*planner.Step) limit { return limit{} }
func (r *retries) sent(*planner.Step)        {}

// The loop owns the clock. If work asks it to let time pass, it waits exactly that
// long, even if nothing else can come. If the user asks to stop, it ends as soon as
// the work does.
func TestLoopOwnsTheClock(t *testing.T) {
	for name, tt := range map[string]struct {
		times         int
		stop          time.Duration // when the user asks to stop, 0 is never
		grace         time.Duration
		want          []time.Duration
		lasts         time.Duration
		interrupted   bool
		somethingElse bool // is waited for, too
	}{
		"once":                      {times: 1, want: []time.Duration{time.Hour}, lasts: time.Hour},
		"three times":               {times: 3, want: []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour}, lasts: 3 * time.Hour},
		"beside something else":     {times: 2, somethingElse: true, want: []time.Duration{time.Hour, 2 * time.Hour}, lasts: 2 * time.Hour},
		"stopped":                   {times: 2, stop: 90 * time.Minute, want: []time.Duration{time.Hour}, lasts: 90 * time.Minute, interrupted: true},
		"stopped, with time to end": {times: 2, stop: 90 * time.Minute, grace: 10 * time.Second, want: []time.Duration{time.Hour, 90*time.Minute + 10*time.Second}, lasts: 90*time.Minute + 10*time.Second, interrupted: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(Options{}, nil)
				defer s.loop.begin()()
				ctx, cancel := context.WithCancelCause(t.Context())
				if tt.stop > 0 {
					defer time.AfterFunc(tt.stop, func() { cancel(errors.New("interrupt")) }).Stop()
				}
				defer cancel(nil)
				if tt.somethingElse {
					r := transport.NewReceiver(transport.NewRouter(transport.NewBroker(transport.Options{})))
					s.on(r, func(any, error) {})
				}
				w := &retries{left: tt.times, pause: time.Hour, grace: tt.grace, began: time.Now()}
				w.next = []*planner.Step{{Type: planner.StepWait, Timeout: w.pause}}
				err := s.drive(ctx, w)
				if lasts := time.Since(w.began); lasts != tt.lasts || (err != nil) != tt.interrupted || err != nil && err.Error() != "interrupt" {
					t.Errorf("the loop ended after %s with %v, want %s and interrupted %v", lasts, err, tt.lasts, tt.interrupted)
				}
				if len(w.done) != len(tt.want) {
					t.Fatalf("the step came back at %v, want %v", w.done, tt.want)
				}
				for k, at := range w.done {
					if at != tt.want[k] {
						t.Errorf("the step came back at %v, want %v", w.done, tt.want)
					}
				}
			})
		})
	}
}

// waits is work that lets several periods pass at the same time.
type waits struct {
	next []*planner.Step
	left int
	over []string
}

func (w *waits) Next() []*planner.Step {
	out := w.next
	w.next = nil
	return out
}

func (w *waits) Done(step *planner.Step, _ planner.Result) {
	w.left--
	w.over = append(w.over, string(step.Wait)+" "+step.Address)
}

func (w *waits) Finished() bool            { return w.left == 0 }
func (w *waits) Stop()                     {}
func (w *waits) limit(*planner.Step) limit { return limit{} }
func (w *waits) sent(*planner.Step)        {}

// Work may let any number of periods pass at the same time. Each step comes back by
// itself, when its own time is over.
func TestLoopLetsSeveralTimesPassAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(Options{}, nil)
		defer s.loop.begin()()
		w := &waits{left: 4}
		for _, step := range []planner.Step{
			{Wait: planner.WaitGrace, Timeout: 3 * time.Second}, {Wait: "retry", Address: "file.x", Timeout: time.Second},
			{Wait: "retry", Address: "file.y", Timeout: 2 * time.Second}, {Wait: "retry", Address: "file.z", Timeout: time.Second},
		} {
			step.Type = planner.StepWait
			w.next = append(w.next, &step)
		}
		began := time.Now()
		if err := s.drive(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if want := []string{"retry file.x", "retry file.z", "retry file.y", "grace "}; !slices.Equal(w.over, want) || time.Since(began) != 3*time.Second {
			t.Errorf("after %s the steps came back as %q, want %q after 3s", time.Since(began), w.over, want)
		}
	})
}

// Alarms go off in the order of their times.
func TestAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loop
		defer l.begin()()
		var got []time.Duration
		for _, d := range []time.Duration{3, 1, 2, 1} {
			l.after(d*time.Second, func() { got = append(got, d) })
		}
		for range 4 {
			if err := l.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != 4 || got[0] != 1 || got[1] != 1 || got[2] != 2 || got[3] != 3 {
			t.Errorf("the alarms went off in the order %v, want 1 1 2 3", got)
		}
		if err := l.wait(t.Context()); !errors.Is(err, transport.ErrEmpty) {
			t.Errorf("with no alarm left the wait gave %v, want ErrEmpty", err)
		}
	})
}
