package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// again is a session in which something went wrong, together with the state that
// its applies update.
type again struct {
	*lab
	s  *executor.Session
	st *state.State
}

func newAgain(l *lab, src string) again {
	o := l.options(src, nil)
	return again{l, l.open(o), o.State}
}

// try makes a plan and applies it.
func (a again) try(ctx context.Context) (executor.Summary, hcl.Diagnostics) {
	p, diags := a.s.Plan(ctx)
	if diags.HasErrors() {
		return executor.Summary{}, diags
	}
	return a.applies(ctx, p)
}

func (a again) applies(ctx context.Context, p *planner.Plan) (executor.Summary, hcl.Diagnostics) {
	a.t.Helper()
	run, err := a.store.Begin(a.st)
	if err != nil {
		a.t.Fatal(err)
	}
	sum, diags := a.s.Apply(ctx, p, executor.ApplyOptions{Journal: run, Holder: "test"})
	if err := run.Close(); err != nil {
		a.t.Fatal(err)
	}
	return sum, diags
}

// failsOnce wraps a function of the agent. The first call gives a problem, later
// ones the result of then.
func failsOnce[In, Out any](f transport.Func[In, Out], then func() Out) transport.Function {
	first := true
	return transport.NewFunc(f.FuncName(), func(context.Context, *transport.Node, In) (out Out, err error) {
		if first {
			first = false
			return out, &kind.Problem{Code: "odd", Summary: "Not yet", Detail: "It is too early."}
		}
		return then(), nil
	})
}

// Nothing that went wrong is remembered. A session that tries again reads everything
// anew, takes the locks again, and starts the contexts that failed.
func TestASessionTriesAgain(t *testing.T) {
	const src = "context \"far\" \"h\" { host = \"h\" }\nresource \"file\" \"x\" {\n  on      = context.far.h\n  path    = \"$DIR/x\"\n  content = \"x\"\n}"
	for name, tt := range map[string]struct {
		before, after func(*lab)
		cancel        time.Duration // after which the first try is interrupted
		problem       string        // of the first try
		lost          bool          // the second try finds that a context was lost
	}{
		"the lock was held": {
			before: func(l *lab) {
				l.replace = []transport.Function{failsOnce(kinds.LockFunc, func() (r resource.LockReply) { return r })}
			},
			problem: "Not yet",
		},
		"the host was away": {
			before:  func(l *lab) { l.broken = "h" },
			after:   func(l *lab) { l.set(func() { l.broken = "" }) },
			problem: "Connection refused",
		},
		"the connection was lost while it applied": {
			before: func(l *lab) {
				l.told = func(e executor.Event) {
					if e.Type == executor.ApplyStart {
						l.cut("h")
					}
				}
			},
			after:   func(l *lab) { l.told = nil },
			problem: "Connection lost",
		},
		"it was interrupted while the host was dialled": {
			before:  func(l *lab) { l.delay = time.Minute },
			after:   func(l *lab) { l.set(func() { l.delay = 0 }) },
			cancel:  time.Second,
			problem: "Interrupted",
		},
		"it was interrupted while it planned": {
			before:  func(l *lab) { l.replace = lying(true, check) },
			after:   func(l *lab) { l.set(func() { l.replace = nil }); l.cut("h") },
			cancel:  20 * time.Second,
			problem: "Interrupted",
			lost:    true,
		},
		"it was interrupted while it applied": {
			before:  func(l *lab) { l.replace = lying(true, apply) },
			after:   func(l *lab) { l.set(func() { l.replace = nil }); l.cut("h") },
			cancel:  20 * time.Second,
			problem: "Interrupted",
			lost:    true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t)
				tt.before(l)
				a := newAgain(l, src)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if tt.cancel > 0 {
					defer time.AfterFunc(tt.cancel, func() { cancel(errors.New("terminated")) }).Stop()
				}
				if _, diags := a.try(ctx); !strings.Contains(diags.Error(), tt.problem) {
					t.Fatalf("the first try says %v, want %s", diags, tt.problem)
				}
				if tt.after != nil {
					tt.after(l)
				}
				time.Sleep(time.Minute) // By now everything that was cut has ended.
				if tt.lost {
					if _, diags := a.try(t.Context()); len(diags) != 1 || diags[0].Summary != "Connection lost" {
						t.Errorf("the second try must notice the loss: %v", diags)
					}
				}
				sum, diags := a.try(t.Context())
				if diags.HasErrors() || sum.Added != 1 || l.read("x") != "x" {
					t.Errorf("the next try must add x: %+v %v, x holds %q", sum, diags, l.read("x"))
				}
				if sum, diags := a.try(t.Context()); diags.HasErrors() || sum.Added+sum.Changed != 0 {
					t.Errorf("the last try must have nothing to do: %+v %v", sum, diags)
				}
			})
		})
	}
}

// Only the last plan can be applied, and only once. What has changed since an older
// plan is not as that plan saw it, and a call that ran would run again.
func TestAPlanIsAppliedOnce(t *testing.T) {
	const src = "context \"local\" \"h\" {}\ncall \"command\" \"x\" {\n  on    = context.local.h\n  shell = \"echo ran >> $DIR/ran\"\n}"
	l := newLab(t)
	a := newAgain(l, src)
	refused := func(p *planner.Plan, why string) {
		t.Helper()
		sum, diags := a.applies(t.Context(), p)
		if len(diags) != 1 || diags[0].Summary != "Plan cannot be applied" || !strings.Contains(diags[0].Detail, why) || sum != (executor.Summary{}) {
			t.Errorf("got %+v %v, want %s", sum, diags, why)
		}
	}
	refused(&planner.Plan{}, "has made no plan")
	first := l.plan(a.s)
	second := l.plan(a.s)
	refused(first, "not the last plan")
	refused(nil, "has made no plan")
	if _, diags := a.applies(t.Context(), second); diags.HasErrors() {
		t.Fatal(diags)
	}
	refused(second, "applied it already")
	if got := l.read("ran"); got != "ran\n" {
		t.Errorf("the call must run once, and printed %q", got)
	}
}

// A session that was opened with a plan file asks the hosts when it plans again. It
// does not use the answers in the file.
func TestPlanAgainAfterAPlanFile(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	f := l.savedOf(s, l.plan(s))
	saved, _ := l.reopen(f, l.options(fileAndLine, nil))
	l.write("x", "one\ntwo\n")
	if p := l.plan(saved); len(p.Actions) != 2 || p.Actions[0].Op == planner.Create {
		t.Errorf("the new plan does not see the file that exists now: %+v", p.Summary())
	}
}
