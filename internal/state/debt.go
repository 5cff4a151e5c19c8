package state

import (
	"maps"
	"slices"
)

// Debt is what a call owes: the addresses whose change it has still to answer,
// sorted. It begins with the intent of an action that triggers the call, and
// ends when the call has run after that change. Until then the next plan runs
// the call, whatever kept it from running.
//
// It is recorded at the address of the call's instance. If nobody could say
// which instances there are, because a host that would have told was not
// reached, it is recorded at the address of the block. A Move gives such a debt
// to the instances once they are known.
type Debt []string

// Move takes things out of the debt at one address and adds them to those of
// others. With nobody in To they are forgotten: their block is gone.
type Move struct {
	From   string   `json:"from"`
	Things []string `json:"things"`
	To     []string `json:"to,omitempty"`
}

// Owed returns the addresses whose change the call at this address has still
// to answer. It may be called on nil.
func (s *State) Owed(address string) Debt {
	if s == nil {
		return nil
	}
	return s.Debts[address]
}

// Debtors are the addresses that owe something, sorted. It may be called on nil.
func (s *State) Debtors() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Debts))
}

// owe notes at each call that the intent triggers that there is a change to
// answer.
func (s *State) owe(i Intent) {
	for _, call := range i.Owes {
		s.addDebt(call, i.Address)
	}
}

func (s *State) addDebt(call, thing string) {
	d := s.Debts[call]
	if at, found := slices.BinarySearch(d, thing); !found {
		s.Debts[call] = slices.Insert(d, at, thing)
	}
}

func (s *State) move(m Move) {
	for _, thing := range m.Things {
		at, found := slices.BinarySearch(s.Debts[m.From], thing)
		if !found {
			continue // it was answered since the move was planned
		}
		s.Debts[m.From] = slices.Delete(slices.Clone(s.Debts[m.From]), at, at+1)
		for _, call := range m.To {
			s.addDebt(call, thing)
		}
	}
	if len(s.Debts[m.From]) == 0 {
		delete(s.Debts, m.From)
	}
}

// tidyDebts makes what a file says what this package promises of it.
func (s *State) tidyDebts() {
	for call, d := range s.Debts {
		if len(d) == 0 {
			delete(s.Debts, call)
			continue
		}
		slices.Sort(d)
		s.Debts[call] = slices.Compact(d)
	}
}
