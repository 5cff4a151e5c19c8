package executor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
)

// lying are functions that never return, for an agent that goes on sending
// heartbeats. If claims is true, they claim progress all the time.
func lying(claims bool, names ...string) (out []transport.Function) {
	for _, name := range names {
		out = append(out, silent(name, claims))
	}
	return out
}

func silent(name string, claims bool) transport.Function {
	return transport.NewFunc(name, func(ctx context.Context, _ *transport.Node, _ any) (any, error) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			if claims {
				transport.Advance(ctx)
			}
		}
		return nil, ctx.Err()
	})
}

var (
	check = kinds.CheckFunc.FuncName()
	apply = kinds.ApplyFunc.FuncName()
	call  = function.CallFunc.FuncName()
	lock  = kinds.LockFunc.FuncName()
)

const (
	oneFile = `
resource "file" "x" {
  on   = context.local.h
  path = "$DIR/x"
  %s
}`
	reading = `
call "command" "x" {
  on        = context.local.h
  argv      = ["true"]
  read_only = true
  %s
}`
	readAndSaved = `
call "read_file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  save_as = "$DIR/saved"
  %s
}`
	guarded = `
call "command" "x" {
  on     = context.local.h
  argv   = ["true"]
  unless = ["false"]
  %s
}`
	running = `
call "command" "x" {
  on   = context.local.h
  argv = ["true"]
  %s
}`
)

// trickling is a host that sends a byte of what a call saves, and then only lives.
func trickling() []transport.Function {
	return []transport.Function{transport.NewFunc(call, func(ctx context.Context, node *transport.Node, _ any) (any, error) {
		_, err := node.Pipe().Write([]byte("x"))
		<-ctx.Done()
		return nil, errors.Join(err, ctx.Err())
	})}
}

// No host can hold up a plan or an apply for ever, whether it only sends heartbeats
// or claims progress. The table has every wait of docs/bounds.md that depends on a
// call.
func TestNoHostHoldsARun(t *testing.T) {
	for name, tt := range map[string]struct {
		serve    []transport.Function
		settings string
		src      string
		planned  time.Duration // what planning takes
		applied  time.Duration // what applying takes, where planning gave a plan
		problem  string
	}{
		"check":                     {serve: lying(false, check), src: oneFile, planned: time.Minute, problem: "Host makes no progress"},
		"check, claims":             {serve: lying(true, check), src: oneFile, planned: 10 * time.Minute, problem: "not done after 10m"},
		"check, settings":           {serve: lying(true, check), settings: `check_timeout = "2m"`, src: oneFile, planned: 2 * time.Minute, problem: "not done after 2m"},
		"check, progress":           {serve: lying(false, check), settings: `progress_timeout = "3m"`, src: oneFile, planned: 3 * time.Minute, problem: "for 3m nothing"},
		"check, its own timeout":    {serve: lying(false, check), src: fmt.Sprintf(oneFile, `timeout = "30s"`), planned: 30 * time.Second, problem: "longer than 30s"},
		"read-only call":            {serve: lying(true, call), src: reading, planned: 5 * time.Minute, problem: "longer than 5m,"},
		"read-only call, settings":  {serve: lying(true, call), settings: `call_timeout = "20m"`, src: reading, planned: 20 * time.Minute, problem: "longer than 20m,"},
		"guard":                     {serve: lying(false, call), src: guarded, planned: 10*time.Minute + 25*time.Second, problem: "not done after 10m25s"},
		"apply":                     {serve: lying(false, apply), src: oneFile, applied: 10 * time.Minute, problem: "for 10m nothing"},
		"apply, claims":             {serve: lying(true, apply), src: oneFile, applied: time.Hour, problem: "not done after 1h"},
		"apply, settings":           {serve: lying(true, apply), settings: `apply_timeout = "2h"`, src: oneFile, applied: 2 * time.Hour, problem: "not done after 2h"},
		"apply, its own timeout":    {serve: lying(true, apply), src: fmt.Sprintf(oneFile, `timeout = "2m"`), applied: 2 * time.Minute, problem: "longer than 2m,"},
		"call that changes":         {serve: lying(true, call), src: running, applied: 24 * time.Hour, problem: "not done after 24h"},
		"call that saves":           {serve: lying(true, call), src: readAndSaved, applied: 5 * time.Minute, problem: "longer than 5m,"},
		"call that saves, settings": {serve: lying(true, call), settings: `call_timeout = "20m"`, src: readAndSaved, applied: 20 * time.Minute, problem: "longer than 20m,"},
		"call that saves a byte":    {serve: trickling(), src: readAndSaved, applied: 5 * time.Minute, problem: "longer than 5m,"},
		"command that saves":        {serve: trickling(), src: fmt.Sprintf(reading, `stdout_file = "$DIR/saved"`), applied: 5 * time.Minute, problem: "longer than 5m,"},
		"saves, its own timeout":    {serve: trickling(), src: fmt.Sprintf(readAndSaved, `timeout = "2m"`), applied: 2 * time.Minute, problem: "longer than 2m,"},
		"saves and changes":         {serve: trickling(), src: fmt.Sprintf(running, `stdout_file = "$DIR/saved"`), applied: 24 * time.Hour, problem: "not done after 24h"},
		"lock":                      {serve: lying(true, lock), src: oneFile, applied: time.Minute, problem: "not done after 1m"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t)
				l.replace = tt.serve
				src := tt.src
				if strings.Contains(src, "%s") {
					src = fmt.Sprintf(src, "")
				}
				s := l.session("mitoplan {\n"+tt.settings+"\n}\ncontext \"local\" \"h\" {}\n"+src, nil)
				began := time.Now()
				p, diags := s.Plan(t.Context())
				took, want := time.Since(began), tt.planned
				if tt.applied > 0 {
					if diags.HasErrors() {
						t.Fatal(diags)
					}
					began = time.Now()
					_, diags = l.apply(t.Context(), s, p)
					took, want = time.Since(began), tt.applied
				}
				if took < want || took > want+time.Second {
					t.Errorf("took %s, want %s", took, want)
				}
				if len(diags) != 1 || !strings.Contains(diags[0].Summary+diags[0].Detail, tt.problem) {
					t.Errorf("got the problems %v, want one with %q", diags, tt.problem)
				}
			})
		})
	}
}

// The event of a start says when it will be given up. The view shows that of
// everything it waits for.
func TestEventsSayWhenTheyAreGivenUp(t *testing.T) {
	l := newLab(t)
	s := l.session("context \"local\" \"h\" {}\n"+fmt.Sprintf(oneFile, "")+strings.ReplaceAll(fmt.Sprintf(reading, ""), `"x"`, `"r"`), nil)
	if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
		t.Fatal(diags)
	}
	got := map[executor.EventType]map[string]string{}
	for _, e := range l.events {
		if e.Limit != "" {
			if got[e.Type] == nil {
				got[e.Type] = map[string]string{}
			}
			got[e.Type][e.Address] = e.Limit
		}
	}
	for _, want := range []struct {
		typ            executor.EventType
		address, limit string
	}{
		{executor.ContextStarting, "context.local.h", "given up after 10s without progress"},
		{executor.ReadStart, "file.x", "given up after 1m without progress or 10m in all"},
		{executor.ReadStart, "call.command.r", "given up after 5m"},
		{executor.ApplyStart, "file.x", "given up after 10m without progress or 1h in all"},
	} {
		if got[want.typ][want.address] != want.limit {
			t.Errorf("the event %s of %s says %q, want %q", want.typ, want.address, got[want.typ][want.address], want.limit)
		}
	}
}

// The number of round trips does not grow with the number of lines of one file.
func TestTurnsOfAChainOfEdits(t *testing.T) {
	turns := func(n int) (planned, applied int) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t)
			l.delay = 50 * time.Millisecond
			s := l.session(fmt.Sprintf(`
context "local" "h" {}
resource "line" "x" {
  on     = context.local.h
  count  = %d
  path   = "$DIR/x"
  line   = "line ${count.index}"
  create = true
}`, n), nil)
			p := l.plan(s)
			planned = l.turns
			if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
				t.Fatal(diags)
			}
			applied = l.turns - planned
			if again := l.plan(l.session(fmt.Sprintf("context \"local\" \"h\" {}\nresource \"line\" \"x\" {\n  on = context.local.h\n  count = %d\n  path = \"$DIR/x\"\n  line = \"line ${count.index}\"\n  create = true\n}", n), nil)); !again.Empty() {
				t.Errorf("the plan after the apply is not empty: %+v", again.Summary())
			}
		})
		return planned, applied
	}
	plan1, apply1 := turns(1)
	plan100, apply100 := turns(100)
	if plan1 != plan100 || apply1 != apply100 {
		t.Errorf("one line took %d round trips to plan and %d to apply, 100 took %d and %d", plan1, apply1, plan100, apply100)
	}
}
