package accounts_test

import (
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// madeAgain holds that an account, or a group, that somebody removed and made again is told
// by its number from the one that an apply made, though its block names no number.
func (s stage) madeAgain(t *testing.T) {
	for _, c := range []struct {
		kind, number string
		hand         [][]string
	}{
		{"user", "uid", [][]string{{"userdel", "again"}, {"useradd", "-u", "4321", "again"}}},
		{"group", "gid", [][]string{{"groupdel", "again"}, {"groupadd", "-g", "4321", "again"}}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			s.setup(t)
			a := resourcetest.Encode(t, args{"name": "again"})
			numbers := func(of []resource.Trait, err error) []resource.Trait {
				must(t, err)
				return slices.DeleteFunc(of, func(tr resource.Trait) bool { return tr.Attr != c.number })
			}
			applied, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: c.kind, Args: a})
			left := numbers(applied.Change.Traits, err)
			found := func(e *resource.End) []resource.Trait {
				reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: c.kind, Args: a, End: e, Key: planKey})
				return numbers(reply.Change.Traits, err)
			}
			if len(left) != 1 || !reflect.DeepEqual(found(nil), left) || !reflect.DeepEqual(found(&resource.End{}), left) {
				t.Errorf("the apply left %v, a check finds %v, and the end %v", left, found(nil), found(&resource.End{}))
			}
			for _, argv := range c.hand {
				if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
					t.Fatalf("%q: %v: %s", argv, err, out)
				}
			}
			if got := found(&resource.End{}); len(got) != 1 || reflect.DeepEqual(got, left) {
				t.Errorf("it was made again, and the end finds %v, as the apply left %v", got, left)
			}
			end := &resource.End{Thing: kind.ThingOf(c.kind, "again"), Differ: []string{c.number}}
			reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: c.kind, Args: a, End: end, Key: planKey})
			if must(t, err); reply.Change.Op != resource.NoOp || len(reply.Change.Stays) != 1 || reply.Change.Stays[0].Attr != c.number {
				t.Errorf("its end is %s: %v", reply.Change.Op, reply.Change.Stays)
			}
		})
	}
}
