package planner

import (
	"strings"
	"testing"
)

// Each transition is allowed from the phases in its row and from no other.
func TestTransitionsThatAreAllowed(t *testing.T) {
	all := []phase{named, enabled, placed, linked, evaluated, claimed, queued, waiting, sent, settled}
	for _, c := range []struct {
		transition transition
		name       string
		from       string
		to         phase
	}{
		{enable, "enable", "named", enabled},
		{place, "place", "enabled", placed},
		{link, "link", "placed", linked},
		{evaluate, "evaluate", "linked", evaluated},
		{claimThings, "claim", "evaluated", claimed},
		{queue, "queue", "claimed", queued},
		{standBack, "stand back", "queued", claimed},
		{wait, "wait", "queued", waiting},
		{release, "release", "waiting", queued},
		{send, "send", "queued", sent},
		{settle, "settle", "named enabled placed linked evaluated claimed queued waiting sent", settled},
		{amend, "amend", "settled", settled},
		{askAgain, "ask again", "sent settled", claimed},
		{evaluateAnew, "evaluate anew", "evaluated claimed queued waiting", linked},
		{undefer, "undefer", "settled", linked},
	} {
		if got := transitions[c.transition].name; got != c.name {
			t.Errorf("the transition %s is called %q", c.name, got)
		}
		for _, from := range all {
			allowed := false
			for _, name := range strings.Fields(c.from) {
				allowed = allowed || name == from.String()
			}
			p := progress{phase: from, reached: sent}
			got, refused := tried(&p, c.transition)
			switch {
			case allowed && (refused != "" || got != c.to):
				t.Errorf("%s from %s leads to %s %s, want %s", c.name, from, got, refused, c.to)
			case !allowed && refused == "":
				t.Errorf("%s is allowed from %s", c.name, from)
			case !allowed && !strings.Contains(refused, c.name) || !allowed && !strings.Contains(refused, from.String()):
				t.Errorf("%s from %s is refused with %q", c.name, from, refused)
			}
		}
	}
}

// tried makes a transition. It returns the new phase, or why the transition was
// refused.
func tried(p *progress, t transition) (to phase, refused string) {
	defer func() {
		if r := recover(); r != nil {
			refused = r.(string)
		}
	}()
	p.move(t)
	return p.phase, ""
}

// An instance that goes back is never in a later phase than the one it settled from.
func TestRewindingStopsWhereAnInstanceHadCome(t *testing.T) {
	for _, c := range []struct {
		settledFrom phase
		transition  transition
		want        phase
	}{
		{named, askAgain, named},
		{linked, askAgain, linked},
		{claimed, askAgain, claimed},
		{waiting, askAgain, claimed},
		{sent, askAgain, claimed},
		{named, undefer, named},
		{placed, undefer, placed},
		{claimed, undefer, linked},
		{sent, undefer, linked},
	} {
		p := progress{phase: c.settledFrom}
		p.end(failed)
		p.end(deferred) // the verdict is amended, which does not change how far the instance came
		p.move(c.transition)
		if p.phase != c.want || p.verdict != pending {
			t.Errorf("settled from %s, %s leads to %s with verdict %d, want %s", c.settledFrom, transitions[c.transition].name, p.phase, p.verdict, c.want)
		}
	}
}

// Phases that an instance has passed count after it has settled, too.
func TestPassedPhases(t *testing.T) {
	p := progress{phase: sent}
	p.end(done)
	if !p.asked() || !p.passed(evaluated) || !p.settled() {
		t.Errorf("%+v: asked %v, evaluated %v, settled %v", p, p.asked(), p.passed(evaluated), p.settled())
	}
	p.forget()
	if p.asked() || !p.passed(claimed) || p.verdict != done {
		t.Errorf("%+v: asked is %v after forget, want false", p, p.asked())
	}
}

// A block counts its open and its broken instances right, however often an instance
// ends in another way or is looked at again.
func TestBlockCountsItsInstances(t *testing.T) {
	n := &node{open: 1}
	i := &instance{node: n}
	i.phase = sent
	for _, step := range []struct {
		do           func()
		open, broken int
	}{
		{func() { i.finish(done, "") }, 0, 0},
		{func() { i.finish(failed, "x") }, 0, 1},
		{func() { i.finish(skipped, "x") }, 0, 1},
		{func() { i.reopen(askAgain) }, 1, 0},
		{func() { i.finish(deferred, "x") }, 0, 0},
		{func() { i.reopen(undefer) }, 1, 0},
	} {
		step.do()
		if n.open != step.open || n.broken != step.broken {
			t.Errorf("%+v: open %d, broken %d, want %d and %d", i.progress, n.open, n.broken, step.open, step.broken)
		}
	}
}
