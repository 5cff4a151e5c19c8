// Package resourcetest tests the contract that every resource kind keeps: what a check
// may not touch, what an apply must have done, and what is left if an apply is cut
// short at any step.
//
// It never knows a kind by name. Start reading at Case and Run. Besides that it has what the
// tests of all families of kinds do: Dir is where their files are, Step an action of a plan.
package resourcetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// Case is one resource on one state of a machine.
type Case struct {
	Kind string
	// Args are the arguments as they go over the wire.
	Args map[string]any
	// Setup makes the state before the action. It runs again for every test of the
	// case, and must make the same state each time.
	Setup func(t *testing.T)
	// Snapshot describes everything that the kind could touch. Two states with equal
	// descriptions are the same. With times, a file that was written anew differs even
	// if its content is the same.
	Snapshot func(t *testing.T, times bool) map[string]string
	// Halves says that the kind's manual permits content that is half old and half
	// new where an apply is cut short.
	Halves bool
	// Want is the operation that a check says.
	Want resource.Op
	// Made is set if something is made by another operation than create, which the end
	// takes away: a line in a file that exists, a file in place of something else.
	Made bool
	// Neighbours are actions that may work beside it at any time, once it was
	// set up. They change nothing that Verify looks at.
	Neighbours func() []Neighbour
	// Leaves are the names in the Snapshot that the end of the kind leaves, and Loses
	// those that go along though they were there before: both as its manual says.
	Leaves, Loses []string
	// EndNeighbours are Neighbours that may work beside the end. nil are the same.
	EndNeighbours func() []Neighbour
	// Verify looks at what is there after the apply.
	Verify func(t *testing.T)
}

// key is that of every fingerprint here.
var key = []byte("a key for tests")

// Run holds a case against the contract.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("check writes nothing", func(t *testing.T) { c.checkWritesNothing(t) })
	t.Run("apply does what check said", func(t *testing.T) { c.applyDoesWhatCheckSaid(t) })
	t.Run("apply twice", func(t *testing.T) { c.applyTwice(t) })
	t.Run("moved", func(t *testing.T) { c.refusesWhatMoved(t) })
	t.Run("declares secrets", func(t *testing.T) { c.declaresSecrets(t) })
	t.Run("cancelled before", func(t *testing.T) { c.cancelledBefore(t) })
	t.Run("killed at each step", func(t *testing.T) { c.killedAtEachStep(t, true) })
	t.Run("failed at each step", func(t *testing.T) { c.killedAtEachStep(t, false) })
	t.Run("among neighbours", func(t *testing.T) { c.amongNeighbours(t) })
	if c.isTakenAway() {
		c.ends(t)
	}
}

// Quickly holds a case against the first part of the contract: a check says what an apply does,
// and writes nothing, and after an apply nothing is left to do. It is for further cases of a kind
// whose promises about what goes wrong others show.
func Quickly(t *testing.T, c Case) {
	t.Helper()
	c.checkWritesNothing(t)
	c.applyDoesWhatCheckSaid(t)
	c.applyTwice(t)
}

// Encode makes wire arguments.
func Encode(t testing.TB, args map[string]any) cbor.RawMessage {
	t.Helper()
	b, err := cbor.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c Case) check(t *testing.T, s *resource.Service) resource.Change {
	t.Helper()
	reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: c.Kind, Args: Encode(t, c.Args), Key: key})
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return overWire(t, reply.Change)
}

// overWire returns what arrives of a Change on the other side.
func overWire(t *testing.T, c resource.Change) resource.Change {
	t.Helper()
	b, err := cbor.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var out resource.Change
	if err := cbor.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	ends := overReply(t, c)
	out.Made, out.Kept, out.Stays = ends.Made, ends.Kept, ends.Stays
	return out
}

// overReply is overWire for what a reply alone has of a Change, about its end.
func overReply(t *testing.T, c resource.Change) resource.Change {
	t.Helper()
	b, err := cbor.Marshal(resource.ApplyReply{Change: c})
	if err != nil {
		t.Fatal(err)
	}
	var reply resource.ApplyReply
	if err := cbor.Unmarshal(b, &reply); err != nil {
		t.Fatal(err)
	}
	return reply.Received(new(kind.Kind))
}

func (c Case) apply(t *testing.T, s *resource.Service, fingerprint string) (resource.Change, error) {
	t.Helper()
	reply, err := s.Apply(t.Context(), resource.ApplyRequest{
		Session: t.Name(), Address: "a", Kind: c.Kind, Args: Encode(t, c.Args), Fingerprint: fingerprint, Key: key,
	})
	return overWire(t, reply.Change), err
}

func (c Case) checkWritesNothing(t *testing.T) {
	c.Setup(t)
	before := c.Snapshot(t, true)
	got := c.check(t, NewService())
	if diff := differ(before, c.Snapshot(t, true)); diff != "" {
		t.Errorf("a check changed %s", diff)
	}
	if got.Op != c.Want {
		t.Errorf("the operation is %s, want %s\nbefore %v\nafter  %v", got.Op, c.Want, got.Before, got.After)
	}
	if (got.Before == nil) != (got.Op == resource.Create) && got.Op != resource.NoOp {
		t.Errorf("%s with before %v", got.Op, got.Before)
	}
	if (got.Fingerprint == "") != (got.Op == resource.NoOp) || len(got.Writes) == 0 {
		t.Errorf("fingerprint %q, writes %q", got.Fingerprint, got.Writes)
	}
	if got.Op == resource.NoOp && (got.Along != nil || got.Uses != nil) {
		t.Errorf("nothing is done, with %v, and along with it %+v", got.Uses, got.Along)
	}
	if (len(got.Effects) == 0) != (got.Op == resource.NoOp) {
		t.Errorf("%s with effects %v", got.Op, got.Effects)
	}
}

func (c Case) applyDoesWhatCheckSaid(t *testing.T) {
	c.Setup(t)
	s := NewService()
	said := c.check(t, s)
	did, err := c.apply(t, s, said.Fingerprint)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	if did.Op != said.Op || !same(did.Before, said.Before) || !same(did.After, said.After) {
		t.Errorf("check said %s\n%v\n%v\nbut apply did %s\n%v\n%v", said.Op, said.Before, said.After, did.Op, did.Before, did.After)
	}
	if !slices.Equal(said.Uses, did.Uses) || !reflect.DeepEqual(said.Along, did.Along) {
		t.Errorf("check said that %v is used, and along with it %+v\nbut apply used %v, and changed %+v", said.Uses, said.Along, did.Uses, did.Along)
	}
	for name, v := range said.Results {
		if !same(map[string]any{name: v}, map[string]any{name: did.Results[name]}) {
			t.Errorf("check said the result %s is %v, apply gave %v", name, v, did.Results[name])
		}
	}
	if c.Verify != nil {
		c.Verify(t)
	}
}

func (c Case) applyTwice(t *testing.T) {
	c.Setup(t)
	s := NewService()
	if _, err := c.apply(t, s, ""); err != nil {
		t.Fatalf("apply: %v", err)
	}
	if again := c.check(t, s); again.Op != resource.NoOp {
		t.Errorf("a check after the apply says %s\nbefore %v\nafter  %v", again.Op, again.Before, again.After)
	}
	before := c.Snapshot(t, true)
	again, err := c.apply(t, s, "")
	if err != nil {
		t.Fatalf("apply again: %v", err)
	}
	if again.Op != resource.NoOp {
		t.Errorf("a second apply says %s", again.Op)
	}
	if diff := differ(before, c.Snapshot(t, true)); diff != "" {
		t.Errorf("a second apply changed %s", diff)
	}
}

func (c Case) refusesWhatMoved(t *testing.T) {
	c.Setup(t)
	if c.Want == resource.NoOp {
		return
	}
	before := c.Snapshot(t, true)
	other := fmt.Sprintf("%064d;path=00000000", 0)
	_, err := c.apply(t, NewService(), other)
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeMoved {
		t.Errorf("got %v, want a problem with the code moved", err)
	}
	if diff := differ(before, c.Snapshot(t, true)); diff != "" {
		t.Errorf("a refused apply changed %s", diff)
	}
}

func (c Case) cancelledBefore(t *testing.T) {
	c.Setup(t)
	before := c.Snapshot(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := NewService().Apply(ctx, resource.ApplyRequest{Session: "r", Address: "a", Kind: c.Kind, Args: Encode(t, c.Args), Key: key})
	after := c.Snapshot(t, true)
	dropTemps(before)
	dropTemps(after)
	diff := differ(before, after)
	if err != nil && diff != "" {
		t.Errorf("a cancelled apply failed with %v and changed %s", err, diff)
	}
}

// errCut is the failure that cuts an apply short.
var errCut = errors.New("cut short")

// fault is where an apply is cut short: at its first step, at its second, and so on. If
// killed is set, nothing runs after that step, as after a real kill.
type fault struct {
	step   int
	killed bool
	calls  func() // off the call, in place of a failure
	done   int
	at     string // what the step does
}

// service returns an agent that is cut short.
func (f *fault) service() *resource.Service {
	return resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, path string) error {
		f.done++
		if f.done == f.step {
			f.at = op + " " + path
			if f.calls != nil {
				f.calls()
			}
		}
		if f.calls != nil {
			return nil
		}
		if f.done == f.step || f.killed && f.done > f.step {
			return errCut
		}
		return nil
	}}), kinds.Lookup)
}

// killedAtEachStep cuts an apply short at its first step, then at its second, and so
// on. The next apply must each time reach the state that an undisturbed apply reaches.
func (c Case) killedAtEachStep(t *testing.T, killed bool) {
	c.Setup(t)
	if _, err := c.apply(t, NewService(), ""); err != nil {
		t.Fatalf("apply: %v", err)
	}
	want := c.Snapshot(t, false)
	for step := 1; ; step++ {
		c.Setup(t)
		begun, f := c.Snapshot(t, false), &fault{step: step, killed: killed}
		_, err := c.apply(t, f.service(), "")
		at := f.at
		if f.done < step {
			return
		}
		if err == nil && !cleans(at) {
			t.Errorf("cut short at %s, the apply says nothing of it", at)
		}
		c.halfMade(t, at, begun, want, killed)
		if _, err := c.apply(t, NewService(), ""); err != nil {
			t.Fatalf("apply after it was cut short at %s: %v", at, err)
		}
		got := c.Snapshot(t, false)
		if cleans(at) {
			dropTemps(got) // A leftover that cannot be removed now waits for the next write.
		}
		if diff := differ(want, got); diff != "" {
			t.Errorf("cut short at %s, the next apply did not converge: %s", at, diff)
		}
	}
}

// cleans reports whether a step removes what is not complete.
func cleans(at string) bool {
	return strings.HasPrefix(at, "sweep") || strings.HasPrefix(at, "discard")
}

// halfMade finds names and content that are neither what was there nor what is
// wanted, and files that are gone although they were there and are wanted. A kill may leave what is not complete, under its own name.
func (c Case) halfMade(t *testing.T, at string, begun, want map[string]string, killed bool) {
	t.Helper()
	now := c.Snapshot(t, false)
	for name, was := range begun {
		if _, is := now[name]; !is && !isTemp(name) && holdsOf(was) != "" && holdsOf(want[name]) != "" {
			t.Errorf("cut short at %s, %s is gone", at, name)
		}
	}
	for name, is := range now {
		was, before := begun[name]
		will, after := want[name]
		switch {
		case isTemp(name) && (killed || cleans(at)):
		case !before && !after:
			t.Errorf("cut short at %s, %s is left", at, name)
		case !c.Halves && holdsOf(is) != "" && holdsOf(is) != holdsOf(was) && holdsOf(is) != holdsOf(will):
			t.Errorf("cut short at %s, %s is half made: %q, where %q was and %q is wanted", at, name, is, was, will)
		}
	}
}

// Problem holds that bad arguments give a problem on one of them, in a check
// and in an apply.
func Problem(t *testing.T, kindName string, args map[string]any, attr string, code kind.Code) {
	t.Helper()
	_, checked := NewService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: kindName, Args: Encode(t, args), Key: key})
	_, applied := NewService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Address: "a", Kind: kindName, Args: Encode(t, args), Key: key})
	for _, err := range []error{checked, applied} {
		var p *kind.Problem
		switch {
		case !errors.As(err, &p):
			t.Errorf("got %v, want a problem", err)
		case p.Attr != attr || p.Code != code:
			t.Errorf("got a problem on %q with the code %q, want %q and %q: %v", p.Attr, p.Code, attr, code, p)
		case p.Summary == "" || p.Detail == "":
			t.Errorf("the problem says too little: %v", p)
		}
	}
}

func dropTemps(tree map[string]string) {
	maps.DeleteFunc(tree, func(name, _ string) bool { return isTemp(name) })
}

func same(a, b map[string]any) bool {
	mode, _ := cbor.CoreDetEncOptions().EncMode()
	x, errX := mode.Marshal(a)
	y, errY := mode.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// differ names what two snapshots disagree on; "" is nothing.
func differ(a, b map[string]string) string {
	names := slices.Sorted(maps.Keys(a))
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	out := ""
	for _, name := range names {
		if a[name] != b[name] {
			out += fmt.Sprintf("\n%s: %q became %q", name, a[name], b[name])
		}
	}
	return out
}
