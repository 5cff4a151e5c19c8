package planner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/planner"
)

// chains are two chains of blocks, one on each of two hosts.
var chains = twoHosts +
	block("call.x", onA, "") + block("file.y", onA, after("call.command.x")) + block("file.z", onB, after("file.y")) +
	block("call.other", onB, "")

// After a stop nothing new starts. Actions that run are waited for, for as long as
// the stop allows, and those that end in time are told.
func TestStop(t *testing.T) {
	const skips = `
skipped file.z (the apply was stopped)`
	for name, tt := range map[string]struct {
		grace time.Duration
		over  bool // the grace passes before anything ends
		want  string
	}{
		"it ends in time": {10 * time.Second, false, `
begun call.command.x
begun call.command.other` + skips + `
succeeded call.command.x applied
begun file.y
succeeded file.y applied
succeeded call.command.other applied`},
		"it does not end": {10 * time.Second, true, `
begun call.command.x
begun call.command.other` + skips + `
interrupted call.command.x (its host has not said what became of it)
interrupted call.command.other (its host has not said what became of it)`},
		"without a bound": {0, false, `
begun call.command.x
begun call.command.other` + skips + `
succeeded call.command.x applied
begun file.y
succeeded file.y applied
succeeded call.command.other applied`},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{slow: map[string]bool{"": !tt.over, "call.command.x": tt.over, "call.command.other": tt.over}}
			plan, p := makePlan(t, chains, w)
			a := beginApply(t, p, plan, w)
			a.next()
			a.Stop(tt.grace)
			a.Stop(0) // a second stop, as if the journal broke, too
			a.run()
			if got := a.ends(); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if waited := a.waited; waited != tt.grace {
				t.Errorf("the apply waits for %s, want %s", waited, tt.grace)
			}
			if steps := a.Next(); len(steps) > 0 {
				t.Errorf("after the end it sends %v", steps)
			}
		})
	}
}

// The end of a wait ends an apply only if the wait is the grace of a stop. After
// two stops, the shorter grace counts.
func TestWaitsAreToldApart(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, chains, w)
	a := beginApply(t, p, plan, w)
	a.next()
	a.Done(&planner.Step{Type: planner.StepWait, Address: "call.command.x", Wait: "something else", Timeout: time.Second}, planner.Result{})
	if a.Finished() {
		t.Fatal("the end of a wait for something else finished the apply")
	}
	a.Stop(time.Minute)
	a.Stop(time.Second)
	var waits []time.Duration
	for _, s := range a.Next() {
		if s.Type != planner.StepWait || s.Wait != planner.WaitGrace {
			t.Errorf("after the stop it sends %+v, want waits for the grace only", s)
		}
		waits = append(waits, s.Timeout)
		a.Done(s, planner.Result{})
	}
	if len(waits) != 2 || waits[0] != time.Minute || waits[1] != time.Second || !a.Finished() {
		t.Errorf("it waits for %v and finished is %v, want waits of 1m0s and 1s, and true", waits, a.Finished())
	}
}

// A batch that could not be written to the journal was not sent. None of its
// actions counts as begun.
func TestABatchThatCouldNotLeave(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, chains, w)
	a := beginApply(t, p, plan, w)
	steps := a.Next()
	a.Stop(0)
	for _, s := range steps {
		if s.Action != nil {
			a.Done(s, fails(planner.Failure{Kind: planner.FailureStopped, NotBegun: true}))
		}
	}
	a.next()
	want := `
begun call.command.x
begun call.command.other
skipped file.z (the apply was stopped)
skipped call.command.x (the apply was stopped) not_run
skipped file.y (the apply was stopped) not_run
skipped call.command.other (the apply was stopped) not_run`
	if got := a.ends(); got != want || !a.Finished() {
		t.Errorf("finished %v: %s\nwant %s", a.Finished(), got, want)
	}
	noErrors(t, p)
}

// An action that was begun and is cancelled on its way is interrupted, with how far it
// came, and is recorded as not run. One that waited for another was never begun.
func TestCancelledOnItsWay(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, chains, w)
	a := beginApply(t, p, plan, w)
	a.next()
	a.Stop(0)
	for address, phase := range map[string]string{"call.command.x": "partly sent", "file.y": "not sent", "call.command.other": "waiting"} {
		a.Done(a.steps[address], fails(planner.Failure{Kind: planner.FailureStopped, NotBegun: true, Phase: phase}))
		a.next()
	}
	for _, want := range []string{
		"interrupted call.command.x (cancelled (partly sent), so it did not run) not_run",
		"skipped file.y (the apply was stopped) not_run",
		"interrupted call.command.other (cancelled (waiting), so it did not run) not_run",
	} {
		if got := a.ends(); !strings.Contains(got, want) {
			t.Errorf("got %s\nwant in it %s", got, want)
		}
	}
	noErrors(t, p)
}

// An answer counts once, and no more after the action has ended.
func TestAnswersThatComeLate(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, twoHosts+block("file.x", onA, ""), w)
	a := beginApply(t, p, plan, w)
	a.run()
	before := a.said()
	a.Done(a.steps["file.x"], fails(planner.Failure{Summary: "No"}))
	a.next()
	if got := a.said(); got != before || len(p.Diagnostics()) > 0 {
		t.Errorf("a late answer counted: %s", got)
	}
}

// On a machine on which something failed while planning, nothing is applied.
func TestMachinesThatAreLeftOut(t *testing.T) {
	w := &world{answers: map[string]planner.Result{"file.bad": fails(planner.Failure{Summary: "No"})}}
	src := twoHosts + block("file.bad", onA, "") + block("file.x", asRoot, "") + block("file.y", onB, after("file.x")) + block("file.z", onB, "")
	plan, p := makePlan(t, src, w)
	a := applyPlan(t, p, plan, w)
	want := `
skipped file.x (file.bad failed there while planning)
skipped file.y (file.x did not succeed)
begun file.z
succeeded file.z applied`
	if got := a.ends(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	noErrors(t, p) // they have been shown with the plan
}
