package state

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMovesOfDebts(t *testing.T) {
	const block, a, b = "call.command.x", `call.command.x["a"]`, `call.command.x["b"]`
	for name, c := range map[string]struct {
		before map[string]Debt
		move   Move
		want   map[string]Debt
	}{
		"to all instances": {
			map[string]Debt{block: {"file.y", "file.z"}},
			Move{From: block, Things: []string{"file.y", "file.z"}, To: []string{a, b}},
			map[string]Debt{a: {"file.y", "file.z"}, b: {"file.y", "file.z"}},
		},
		"each thing to whom it concerns": {
			map[string]Debt{block: {"file.y", "file.z"}},
			Move{From: block, Things: []string{"file.z"}, To: []string{b}},
			map[string]Debt{block: {"file.y"}, b: {"file.z"}},
		},
		"to one that owes it already": {
			map[string]Debt{block: {"file.y"}, a: {"file.x", "file.y"}},
			Move{From: block, Things: []string{"file.y"}, To: []string{a}},
			map[string]Debt{a: {"file.x", "file.y"}},
		},
		"answered meanwhile": {
			map[string]Debt{a: {"file.x"}},
			Move{From: block, Things: []string{"file.y"}, To: []string{a}},
			map[string]Debt{a: {"file.x"}},
		},
		"newer debts stay": {
			map[string]Debt{block: {"file.new", "file.y"}},
			Move{From: block, Things: []string{"file.y"}},
			map[string]Debt{block: {"file.new"}},
		},
		"forgotten with its block": {
			map[string]Debt{block: {"file.y"}},
			Move{From: block, Things: []string{"file.y"}},
			map[string]Debt{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			s.Debts = c.before
			s.fold(entry{Move: []Move{c.move}})
			if d := cmp.Diff(c.want, s.Debts); d != "" {
				t.Error(d)
			}
			s.fold(entry{Move: []Move{c.move}}) // as if the journal were replayed twice
			if d := cmp.Diff(c.want, s.Debts); d != "" {
				t.Errorf("moving the debts a second time changes them: %s", d)
			}
		})
	}
}

// A state of format 1 has the debts of calls in their own records.
func TestDebtsOfAnEarlierFormat(t *testing.T) {
	s, err := decode("state.json", []byte(`{"version": 1, "serial": 3, "lineage": "l", "salt": "s", "records": {
		"call.command.reload": {"address": "call.command.reload", "owed": ["file.b", "file.a"]},
		"file.a": {"address": "file.a"}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Owed("call.command.reload"); !slices.Equal(got, Debt{"file.a", "file.b"}) {
		t.Errorf("the call owes %q", got)
	}
	if got := s.Debtors(); len(got) != 1 {
		t.Errorf("the debtors are %q, want one", got)
	}
}
