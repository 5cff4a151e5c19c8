package resourcetest

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// Args are the arguments of a block as they go over the wire.
type Args = map[string]any

// PlanKey is the key of all fingerprints of these plans.
var PlanKey = []byte("key")

// Step is one action of a plan.
type Step struct {
	Address, Kind string
	Args          Args
	After         []string
	Unknown       []string
	Deltas        []resource.Delta
}

// Check checks an action of a plan.
func Check(t testing.TB, s *resource.Service, plan string, st Step) (resource.Change, error) {
	t.Helper()
	reply, err := s.Check(t.Context(), resource.CheckRequest{
		Plan: plan, Address: st.Address, Kind: st.Kind, Args: Encode(t, st.Args),
		After: st.After, Unknown: st.Unknown, Deltas: st.Deltas, Key: PlanKey,
	})
	return reply.Change, err
}

// MustCheck is Check of an action that is no problem.
func MustCheck(t testing.TB, s *resource.Service, plan string, st Step) resource.Change {
	t.Helper()
	c, err := Check(t, s, plan, st)
	if err != nil {
		t.Fatalf("check %s: %v", st.Address, err)
	}
	return c
}

// Apply applies a block that nobody planned.
func Apply(t testing.TB, s *resource.Service, kind string, a Args) error {
	t.Helper()
	_, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: kind, Args: Encode(t, a)})
	return err
}

// Ending is the end of one thing.
type Ending struct {
	Kind string
	Args Args
	End  resource.End
}

// Check checks an end in a plan, after other actions of it.
func (e Ending) Check(t *testing.T, s *resource.Service, address string, after ...string) (resource.Change, error) {
	t.Helper()
	reply, err := s.Check(t.Context(), resource.CheckRequest{
		Plan: "p", Address: address, Kind: e.Kind, Args: Encode(t, e.Args), End: &e.End, After: after, Key: PlanKey,
	})
	return reply.Change, err
}

// Apply applies an end. Without a fingerprint it was not planned.
func (e Ending) Apply(t *testing.T, s *resource.Service, fingerprint string) error {
	t.Helper()
	_, err := s.Apply(t.Context(), resource.ApplyRequest{
		Session: "r", Kind: e.Kind, Args: Encode(t, e.Args), End: &e.End, Fingerprint: fingerprint, Key: PlanKey,
	})
	return err
}

// EndOf takes a thing away. It wants that op is done, or that the thing stays for a reason, and
// that nothing is done a second time.
func EndOf(t *testing.T, f Dir, e Ending, op resource.Op, reason string) {
	t.Helper()
	s := NewService()
	got, err := e.Check(t, s, "a")
	Must(t, err)
	Must(t, e.Apply(t, s, got.Fingerprint))
	if got.Op != op || (len(got.Stays) > 0) != (reason != "") {
		t.Errorf("it is %s, and stays because of %v, want %s", got.Op, got.Stays, op)
	}
	for _, why := range got.Stays {
		if !strings.Contains(why.Detail, reason) || why.Code != kind.CodeStays || why.Attr == "" {
			t.Errorf("it stays because of %+v, want %q", why, reason)
		}
	}
	after := f.Snapshot(t, true)
	again, err := e.Check(t, NewService(), "b")
	if Must(t, err); again.Op != resource.NoOp {
		t.Errorf("the second time it is %s", again.Op)
	}
	Must(t, e.Apply(t, NewService(), again.Fingerprint))
	if is := f.Snapshot(t, true); !reflect.DeepEqual(is, after) {
		t.Errorf("the second time %v became %v", after, is)
	}
}

// NewService returns an agent of this machine.
func NewService() *resource.Service {
	return resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
}

// WithoutNoReplace is a Fault that makes the file system one that cannot rename without
// replacing.
func WithoutNoReplace(op, _ string) error {
	if op == "rename" {
		return unix.EINVAL
	}
	return nil
}
