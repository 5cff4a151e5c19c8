package resourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// ends holds that what a case made can be taken away again, with the promises of an apply.
func (c Case) ends(t *testing.T) {
	e := ending{Case: c}
	t.Run("end undoes", func(t *testing.T) { e.undoes(t) })
	t.Run("end twice", func(t *testing.T) { e.twice(t) })
	t.Run("end moved", func(t *testing.T) { e.refusesWhatMoved(t) })
	t.Run("end cancelled before", func(t *testing.T) { e.cancelledBefore(t) })
	t.Run("end killed at each step", func(t *testing.T) { e.cutAtEachStep(t, true) })
	t.Run("end failed at each step", func(t *testing.T) { e.cutAtEachStep(t, false) })
	t.Run("end among neighbours", func(t *testing.T) { e.amongNeighbours(t) })
	t.Run("end in a plan", func(t *testing.T) { e.inAPlan(t) })
	t.Run("end of what was begun", func(t *testing.T) { e.begun(t) })
	t.Run("end of what was adopted", func(t *testing.T) { e.adopted(t) })
}

// ending is a case whose thing was made, and what the record has of that.
type ending struct {
	Case
	end resource.End
}

// made sets the case up and applies it. before is what was there.
func (e *ending) made(t *testing.T) (before map[string]string) {
	t.Helper()
	e.Setup(t)
	before = e.Snapshot(t, false)
	did, err := e.apply(t, NewService(), "")
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	e.end = resource.End{}
	if did.Kept != nil {
		e.end.Kept = *did.Kept
	}
	e.end.Adopted = did.Op == resource.Update && !did.Made
	return before
}

// kept are the arguments that the record has of those of the case.
func (e *ending) kept(t *testing.T) []byte {
	t.Helper()
	def, _ := kinds.Lookup(e.Kind)
	kept, _ := def.EndArgs(e.Args, nil)
	return Encode(t, kept)
}

func (e *ending) checkEnd(t *testing.T, s *resource.Service) resource.Change {
	t.Helper()
	end := e.end
	reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: e.Kind, Args: e.kept(t), End: &end, Key: key})
	if err != nil {
		t.Fatalf("check of the end: %v", err)
	}
	return overWire(t, reply.Change)
}

func (e *ending) applyEnd(ctx context.Context, t *testing.T, s *resource.Service, fingerprint string) (resource.Change, error) {
	t.Helper()
	end := e.end
	reply, err := s.Apply(ctx, resource.ApplyRequest{
		Session: t.Name(), Address: "a", Kind: e.Kind, Args: e.kept(t), End: &end, Fingerprint: fingerprint, Key: key,
	})
	return overWire(t, reply.Change), err
}

// differs is differ for what was before a thing was made and what is there after its end,
// without what the manual of the kind says is left, or goes along. Each of that has to be
// so.
func (e *ending) differs(t *testing.T, before map[string]string) string {
	t.Helper()
	now := e.Snapshot(t, false)
	without := func(list, where string, names []string, from, other map[string]string) {
		for _, name := range names {
			_, there := from[name]
			if _, both := other[name]; !there || both {
				t.Errorf("%s has %s, which is not only there %s", list, name, where)
			}
			delete(from, name)
		}
	}
	without("Leaves", "after the end", e.Leaves, now, before)
	without("Loses", "before", e.Loses, before, now)
	dropTemps(before)
	dropTemps(now)
	return differ(before, now)
}

// undoes: a check of the end writes nothing, the end does what the check said, and
// afterwards everything is as before the thing was made.
func (e *ending) undoes(t *testing.T) {
	before := e.made(t)
	s, there := NewService(), e.Snapshot(t, true)
	said := e.checkEnd(t, s)
	if diff := differ(there, e.Snapshot(t, true)); diff != "" {
		t.Errorf("a check of the end changed %s", diff)
	}
	if said.Op == resource.NoOp || said.Op == resource.Create || said.Before == nil || (said.Op == resource.Delete) != (said.After == nil) || len(said.Stays) > 0 {
		t.Errorf("the end is %s\nbefore %v\nafter  %v\nstays  %v", said.Op, said.Before, said.After, said.Stays)
	}
	if said.Fingerprint == "" || len(said.Writes) == 0 || len(said.Effects) == 0 {
		t.Errorf("the end has the fingerprint %q, writes %q and has the effects %v", said.Fingerprint, said.Writes, said.Effects)
	}
	did, err := e.applyEnd(t.Context(), t, s, said.Fingerprint)
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	if did.Op != said.Op || !same(did.Before, said.Before) || !same(did.After, said.After) {
		t.Errorf("the check said %s\n%v\n%v\nbut the end did %s\n%v\n%v", said.Op, said.Before, said.After, did.Op, did.Before, did.After)
	}
	if diff := e.differs(t, before); diff != "" {
		t.Errorf("the end left %s", diff)
	}
}

// twice: what is gone already is found so, and nothing is changed.
func (e *ending) twice(t *testing.T) {
	e.made(t)
	s := NewService()
	if _, err := e.applyEnd(t.Context(), t, s, ""); err != nil {
		t.Fatalf("end: %v", err)
	}
	e.isGone(t, s)
}

func (e *ending) isGone(t *testing.T, s *resource.Service) {
	t.Helper()
	before := e.Snapshot(t, true)
	if again := e.checkEnd(t, s); again.Op != resource.NoOp || len(again.Effects) > 0 {
		t.Errorf("a check after the end says %s\nbefore %v\nafter  %v", again.Op, again.Before, again.After)
	}
	if again, err := e.applyEnd(t.Context(), t, s, ""); err != nil || again.Op != resource.NoOp {
		t.Errorf("a second end says %s, %v", again.Op, err)
	}
	if diff := differ(before, e.Snapshot(t, true)); diff != "" {
		t.Errorf("a second end changed %s", diff)
	}
}

func (e *ending) refusesWhatMoved(t *testing.T) {
	e.made(t)
	before := e.Snapshot(t, true)
	_, err := e.applyEnd(t.Context(), t, NewService(), fmt.Sprintf("%064d;path=00000000", 0))
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeMoved {
		t.Errorf("got %v, want a problem with the code moved", err)
	}
	if diff := differ(before, e.Snapshot(t, true)); diff != "" {
		t.Errorf("a refused end changed %s", diff)
	}
}

func (e *ending) cancelledBefore(t *testing.T) {
	e.made(t)
	before := e.Snapshot(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.applyEnd(ctx, t, NewService(), "")
	after := e.Snapshot(t, true)
	dropTemps(before)
	dropTemps(after)
	if diff := differ(before, after); err != nil && diff != "" {
		t.Errorf("a cancelled end failed with %v and changed %s", err, diff)
	}
}

// cutAtEachStep is killedAtEachStep for the end: the next one must each time reach what an
// undisturbed one reaches.
func (e *ending) cutAtEachStep(t *testing.T, killed bool) {
	e.made(t)
	if _, err := e.applyEnd(t.Context(), t, NewService(), ""); err != nil {
		t.Fatalf("end: %v", err)
	}
	want := e.Snapshot(t, false)
	for step := 1; ; step++ {
		e.made(t)
		begun, f := e.Snapshot(t, false), &fault{step: step, killed: killed}
		_, err := e.applyEnd(t.Context(), t, f.service(), "")
		if f.done < step {
			return
		}
		if err == nil && !cleans(f.at) {
			t.Errorf("cut short at %s, the end says nothing of it", f.at)
		}
		e.halfMade(t, f.at, begun, want, killed)
		if _, err := e.applyEnd(t.Context(), t, NewService(), ""); err != nil {
			t.Fatalf("end after it was cut short at %s: %v", f.at, err)
		}
		got := e.Snapshot(t, false)
		if cleans(f.at) {
			dropTemps(got)
		}
		if diff := differ(want, got); diff != "" {
			t.Errorf("cut short at %s, the next end did not converge: %s", f.at, diff)
		}
	}
}

func (e *ending) amongNeighbours(t *testing.T) {
	e.made(t)
	here, elsewhere := NewService(), NewService()
	said := e.checkEnd(t, here)
	var wg sync.WaitGroup
	neighbours := e.Neighbours()
	if e.EndNeighbours != nil {
		neighbours = e.EndNeighbours()
	}
	failed := make([]error, len(neighbours))
	for i, n := range neighbours {
		agent := here
		if n.Elsewhere {
			agent = elsewhere
		}
		wg.Go(func() { failed[i] = n.work(t, agent) })
	}
	did, err := e.applyEnd(t.Context(), t, here, said.Fingerprint)
	wg.Wait()
	for i, err := range failed {
		if err != nil {
			t.Errorf("neighbour %d: %v", i, err)
		}
	}
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	if did.Op != said.Op {
		t.Errorf("the check said %s, but the end did %s", said.Op, did.Op)
	}
	e.isGone(t, NewService())
}

// inAPlan: a plan in which the thing is made and taken away leaves all as it is. One in
// which it is taken away and made again makes it.
func (e *ending) inAPlan(t *testing.T) {
	e.made(t)
	end := e.end
	for _, exists := range []bool{true, false} {
		name := fmt.Sprint("it exists: ", exists)
		if !exists {
			e.Setup(t)
		}
		s, before := NewService(), e.Snapshot(t, true)
		check := func(address string, end *resource.End, after ...string) resource.Change {
			args := Encode(t, e.Args)
			if end != nil {
				args = e.kept(t)
			}
			reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: name, Address: address, Kind: e.Kind, Args: args, End: end, After: after, Key: key})
			if err != nil {
				t.Fatalf("%s, check of %s: %v", name, address, err)
			}
			return reply.Change
		}
		var again resource.Change
		if exists {
			gone := check("end", &end)
			again = check("again", nil, "end")
			if gone.Op == resource.NoOp || again.Op != e.Want {
				t.Errorf("taken away it is %s, and then made again %s, want %s", gone.Op, again.Op, e.Want)
			}
		} else if end.Backup == "" { // a backup is there once it was made
			made := check("make", nil)
			again = check("end", &end, "make")
			if made.Op != e.Want || again.Op == resource.NoOp || len(e.Leaves)+len(e.Loses) == 0 && !slices.Contains(again.Restores, again.Writes[0]) {
				t.Errorf("made it is %s, and then taken away %s, which restores %v", made.Op, again.Op, again.Restores)
			}
		}
		if diff := differ(before, e.Snapshot(t, true)); diff != "" {
			t.Errorf("%s, planning changed %s", name, diff)
		}
	}
}

// adopted: what was there before stays, and the end says why.
func (e *ending) adopted(t *testing.T) {
	e.made(t)
	e.end = resource.End{Adopted: true}
	before := e.Snapshot(t, true)
	s := NewService()
	c := e.checkEnd(t, s)
	if c.Op != resource.NoOp || len(c.Stays) != 1 || c.Stays[0].Code != kind.CodeStays || c.Stays[0].Detail == "" || len(c.Writes) != 1 {
		t.Errorf("the end of what was adopted is %s and writes %q: %v", c.Op, c.Writes, c.Stays)
	}
	if _, err := e.applyEnd(t.Context(), t, s, ""); err != nil {
		t.Errorf("end: %v", err)
	}
	if diff := differ(before, e.Snapshot(t, true)); diff != "" {
		t.Errorf("the end of what was adopted changed %s", diff)
	}
}
