package state

import (
	"maps"
	"slices"
)

// Debt are the addresses whose change a call has still to run for, sorted. A debt
// begins with the intent of an action that triggers the call. It ends when the call
// has run after that change. Until then every plan runs the call, whatever kept it
// from running before.
//
// It is recorded at the address of the call's instance. If the instances are not
// known, because a host that decides it was not reached, the debt is recorded at
// the address of the block. A Move gives such a debt to the instances once they
// are known.
type Debt []string

// Move takes things out of the debt at one address and adds them to the debts at
// others. If To is empty they are forgotten, because the block is gone.
type Move struct {
	From   string   `json:"from"`
	Things []string `json:"things"`
	To     []string `json:"to,omitempty"`
}

// Owed returns the debt of the call at this address. It may be called on nil.
func (s *State) Owed(address string) Debt {
	if s == nil {
		return nil
	}
	return s.Debts[address]
}

// Debtors returns the addresses that have a debt, sorted. It may be called on nil.
func (s *State) Debtors() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Debts))
}

// owe adds a change to the debt of each call that its intent triggers.
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
			continue // the call has run for it since the move was planned
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

// tidyDebts sorts the debts of a state that was read, and removes what is empty or
// there twice, as the rest of this package relies on.
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
