package transport_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// slowStart is a connector whose start takes a while, or fails several times before. It
// gets on all the time, as others would not wait for one that is silent.
type slowStart struct {
	transporttest.Agent
	takes time.Duration
	fails func(attempt int) error
	tried int
}

func (s *slowStart) Start(ctx context.Context, with transport.Start) (*transport.Link, error) {
	s.tried++
	for began := time.Now(); time.Since(began) < s.takes; with.Progress() {
		time.Sleep(s.takes / 10)
	}
	if s.fails != nil {
		if err := s.fails(s.tried); err != nil {
			return nil, err
		}
	}
	return s.Agent.Start(ctx, with)
}

// TestWaitingForATurnTakesNoTimeOfTheStart: ten starts that take 2 s each, one after
// the other, come up with 3 s each.
func TestWaitingForATurnTakesNoTimeOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{Starts: 1})
		r := transport.NewRouter(b)
		var all []*transport.Context
		began := time.Now()
		for range 10 {
			c, err := r.Connect(t.Context(), &slowStart{Agent: agent(), takes: 2 * time.Second}, transport.WithTimeout(3*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		time.Sleep(time.Second)
		turns := 0
		for _, c := range all {
			if p, _ := c.Progress(); p.Phase == transport.PhaseTurn && p.Paused {
				turns++
			}
		}
		if turns != 9 {
			t.Errorf("%d say that they wait for their turn, want 9", turns)
		}
		for _, c := range all {
			if _, err := c.Ready().Get(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("they took %s, want one after the other", took)
		}
		_ = b.Shutdown()
	})
}

// pushes is a connector that sends an agent. Its host takes it, and says nothing more if it
// is silent.
type pushes struct {
	transporttest.Agent
	silent bool
}

func (p pushes) Start(ctx context.Context, with transport.Start) (*transport.Link, error) {
	if err := with.Slots.Push(ctx, 1<<20); err != nil {
		return nil, err
	}
	arrived, done := with.Push(1 << 20)
	if p.silent {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	arrived(1 << 20)
	done()
	with.Slots.Pushed()
	return p.Agent.Start(ctx, with)
}

// TestSilentStartsHoldNobodyUp: a start whose other side says nothing is not counted any
// more after a while, at each gate. However many there are, one behind them comes up in
// seconds.
func TestSilentStartsHoldNobodyUp(t *testing.T) {
	hung := agent()
	hung.Hang = true
	for name, c := range map[string]struct{ silent, good transport.Connector }{
		"programs": {hung, agent()},
		"pushes":   {pushes{agent(), true}, pushes{agent(), false}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := transport.NewBroker(transport.Options{})
				r := transport.NewRouter(b)
				for range 400 {
					if _, err := r.Connect(t.Context(), c.silent, transport.WithTimeout(time.Hour)); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				good, err := r.Connect(t.Context(), c.good)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if _, err := good.Ready().Get(t.Context()); err != nil || time.Since(began) > 15*time.Second {
					t.Errorf("it came up after %s: %v", time.Since(began), err)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// TestAStartThatCannotBeMadeNowIsTriedAgain: this machine has run out of something
// that other starts give back. Anything else is told at once.
func TestAStartThatCannotBeMadeNowIsTriedAgain(t *testing.T) {
	problem := &kind.Problem{Summary: "No pipes", Detail: "There are none."}
	for name, c := range map[string]struct {
		err   error
		again bool
		says  string
	}{
		"descriptors":          {os.NewSyscallError("pipe2", syscall.EMFILE), true, "see ulimit -n). It was tried 10 times, with fewer starts at once each time."},
		"those of the machine": {syscall.ENFILE, true, "tried 10 times"},
		"processes":            {fmt.Errorf("start own executable: %w", &os.PathError{Op: "fork/exec", Path: "/x", Err: syscall.EAGAIN}), true, "tried 10 times"},
		"memory":               {syscall.ENOMEM, true, "tried 10 times"},
		"buffers":              {syscall.ENOBUFS, true, "tried 10 times"},
		"ports":                {syscall.EADDRNOTAVAIL, true, "tried 10 times"},
		"not there":            {syscall.ENOENT, false, "no such file"},
		"another problem":      {problem, false, "There are none."},
	} {
		for _, recovers := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, recovers: %v", name, recovers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := transport.NewBroker(transport.Options{})
					k := &slowStart{Agent: agent(), fails: func(attempt int) error {
						if recovers && attempt > 3 {
							return nil
						}
						return c.err
					}}
					x, err := transport.NewRouter(b).Connect(t.Context(), k, transport.WithTimeout(time.Minute))
					if err != nil {
						t.Fatal(err)
					}
					_, err = x.Ready().Get(t.Context())
					switch {
					case !c.again && k.tried != 1:
						t.Errorf("it was tried %d times", k.tried)
					case c.again && recovers && err != nil:
						t.Error(err)
					case (!c.again || !recovers) && (err == nil || !strings.Contains(told(err), c.says)):
						t.Errorf("got %q, want %q", told(err), c.says)
					}
					_ = b.Shutdown()
				})
			})
		}
	}
}

// tooMany is what a connector says that may succeed with fewer starts at once.
var tooMany = &transport.CrowdedError{Err: &kind.Problem{Summary: "No pipes", Detail: "There are none."}}

// beside starts a context that is under way for an hour.
func beside(t *testing.T, r *transport.Router) {
	t.Helper()
	hung := agent()
	hung.Hang = true
	if _, err := r.Connect(t.Context(), hung, transport.WithTimeout(time.Hour)); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// TestAStartAloneIsNotTriedOften: a start that its program found too little for is tried again
// as long as others are under way that may give it back, and once more if there are none. It
// says so in a moment.
func TestAStartAloneIsNotTriedOften(t *testing.T) {
	for name, c := range map[string]struct {
		others bool
		tries  int
		within time.Duration
		says   string
	}{
		"alone":         {false, 2, time.Second, "There are none. It was tried 2 times."},
		"beside others": {true, 10, time.Minute, "There are none. It was tried 10 times, with fewer starts at once each time."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := transport.NewBroker(transport.Options{})
				r := transport.NewRouter(b)
				if c.others {
					beside(t, r)
				}
				began := time.Now()
				k := &slowStart{Agent: agent(), fails: func(int) error { return tooMany }}
				x, err := r.Connect(t.Context(), k, transport.WithTimeout(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				_, err = x.Ready().Get(t.Context())
				if took := time.Since(began); k.tried != c.tries || told(err) != c.says || took > c.within {
					t.Errorf("after %s and %d attempts: %q, want %d attempts and %q", took, k.tried, told(err), c.tries, c.says)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// told is what a person is told of an error.
func told(err error) string {
	var p *kind.Problem
	if errors.As(err, &p) {
		return p.Detail
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestTryingAgainKeepsToTheTime: what is told in the end is why it was refused, not
// that the time was over.
func TestTryingAgainKeepsToTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		k := &slowStart{Agent: agent(), fails: func(int) error {
			return errors.Join(&kind.Problem{Summary: "No pipes", Detail: "There are none."}, syscall.EMFILE)
		}}
		began := time.Now()
		x, err := transport.NewRouter(b).Connect(t.Context(), k, transport.WithTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Ready().Get(t.Context())
		if took := time.Since(began); took > time.Second || k.tried < 3 || !strings.HasPrefix(told(err), "There are none. It was tried ") {
			t.Errorf("after %s and %d attempts: %q", took, k.tried, told(err))
		}
		_ = b.Shutdown()
	})
}
