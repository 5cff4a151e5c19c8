package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
)

// accounts is a host on which everything that is missing is made. Each thing takes
// some time.
type accounts struct {
	takes map[string]time.Duration
	fails map[string]bool

	mu      sync.Mutex
	running int
	atOnce  int
	began   []string
}

func (a *accounts) functions() []transport.Function {
	return []transport.Function{
		transport.NewFunc(kinds.CheckFunc.FuncName(), func(_ context.Context, _ *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
			kindName, _, _ := strings.Cut(in.Address, ".")
			c := resource.Change{Op: resource.Create, After: map[string]any{}, Writes: []kind.Thing{kind.ThingOf(kindName, in.Address)}}
			var set map[string]any
			if err := transport.Unmarshal(in.Args, &set); err != nil {
				return resource.CheckReply{}, err
			}
			if uid, ok := set["uid"]; ok {
				c.After["uid"] = uid
			}
			return resource.CheckReply{Change: c}, nil
		}),
		transport.NewFunc(kinds.ApplyFunc.FuncName(), func(_ context.Context, _ *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
			return resource.ApplyReply{Change: resource.Change{Op: resource.Create, After: map[string]any{}}}, a.apply(in)
		}),
	}
}

func (a *accounts) apply(in resource.ApplyRequest) error {
	_, name, _ := strings.Cut(in.Address, ".")
	if in.Kind == "user" {
		a.mu.Lock()
		a.began = append(a.began, name)
		a.running++
		a.atOnce = max(a.atOnce, a.running)
		a.mu.Unlock()
		defer func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.running--
		}()
	}
	time.Sleep(a.takes[name])
	if a.fails[name] {
		return errors.New("did not work")
	}
	return nil
}

// TestWaitingForTheLockIsTold holds that what waits for the lock of its machine is not shown
// as running. It used to say "given up after 24h", and later the same as if it had run
// all the time.
func TestWaitingForTheLockIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		a := &accounts{takes: map[string]time.Duration{"u": 30 * time.Second}}
		l.replace = append(a.functions(), transport.NewFunc(kinds.LockFunc.FuncName(), func(context.Context, *transport.Node, resource.LockRequest) (resource.LockReply, error) {
			time.Sleep(40 * time.Second)
			return resource.LockReply{}, nil
		}))
		var told []string
		var asks sync.WaitGroup
		l.told = func(e executor.Event) {
			if e.Type != executor.ApplyStart {
				return
			}
			asks.Go(func() {
				for range 2 {
					time.Sleep(30 * time.Second)
					told = append(told, e.Until())
				}
			})
		}
		s := l.session(`
context "local" "h" {}
resource "user" "u" {
  on      = context.local.h
  name    = "u"
  timeout = "50s"
}`, nil)
		defer s.Close()
		p := l.plan(s)
		if _, diags := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: l.begin(), LockWait: 90 * time.Second}); diags.HasErrors() {
			t.Fatal(diags)
		}
		asks.Wait()
		want := []string{
			"waits for the lock of the machine, given up after 1m30s",
			"given up after 50s, not counting 40s in which it waited for the lock of the machine",
		}
		if !slices.Equal(told, want) {
			t.Errorf("it says %q, want %q", told, want)
		}
	})
}

// threeContexts are accounts in two contexts of one machine, and one account that
// others wait for.
const threeContexts = `
context "local" "a" {}
context "local" "b" { host = "b" }
resource "file" "before" {
  on      = context.local.b
  path    = "/before"
}
resource "user" "first" {
  on         = context.local.a
  name       = "first"
  depends_on = [file.before]
}
resource "user" "second" {
  on   = context.local.b
  name = "second"
}
resource "user" "third" {
  on   = context.local.a
  name = "third"
}
resource "user" "fourth" {
  on   = context.local.a
  name = "fourth"
}
resource "user" "numbered" {
  on   = context.local.b
  name = "numbered"
  uid  = 1000
}
`

// TestAccountsTakeTurns: the accounts of one machine are made one at a time, in the
// order that the planner gives, however many calls are on their way. The test of
// the same name in package planner says what that order is.
func TestAccountsTakeTurns(t *testing.T) {
	want := []string{"numbered", "first", "second", "third", "fourth"}
	for _, parallel := range []int{0, 1, 2} {
		for _, slow := range []string{"", "first", "numbered"} {
			for _, failing := range []string{"", "before", "numbered"} {
				t.Run(fmt.Sprintf("%d slow %s failing %s", parallel, slow, failing), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						a := &accounts{takes: map[string]time.Duration{slow: time.Minute}, fails: map[string]bool{failing: true}}
						l := newLab(t)
						l.replace = a.functions()
						o := l.options(threeContexts, nil)
						o.Parallelism = parallel
						l.attempt(t.Context(), o, nil)
						want := want
						if failing == "before" {
							want = slices.DeleteFunc(slices.Clone(want), func(name string) bool { return name == "first" })
						}
						if a.atOnce != 1 || !slices.Equal(a.began, want) {
							t.Errorf("up to %d accounts were made at once, in the order %q, want %q", a.atOnce, a.began, want)
						}
					})
				})
			}
		}
	}
}
