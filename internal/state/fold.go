package state

import "slices"

// fold applies one line of the journal to the state. Writing and recovering
// share it.
func (s *State) fold(e entry) {
	for _, i := range e.Begin {
		s.begin(i)
	}
	if e.Done != "" && e.Outcome != nil {
		s.done(e.Done, *e.Outcome)
	}
}

func (s *State) begin(i Intent) {
	if i.Address == "" {
		return
	}
	// Begun before and never answered: still created by us if it was absent then.
	if old, ok := s.Unanswered[i.Address]; ok && old.AbsentBefore {
		i.AbsentBefore = true
	}
	s.pending[i.Address] = i
}

func (s *State) done(address string, o Outcome) {
	intent, begun := s.pending[address]
	delete(s.pending, address)
	if begun && o.Changed {
		s.owe(intent)
	}
	switch o.Result {
	case Applied:
		delete(s.Unanswered, address)
		s.remember(address, o.Record)
	case Failed:
		if begun {
			s.Unanswered[address] = intent
		}
	}
}

// remember replaces a record as a whole, with its owed triggers: a call that
// ran has answered them.
func (s *State) remember(address string, r *Record) {
	if r == nil {
		delete(s.Records, address)
		return
	}
	own := *r
	own.Address = address
	s.Records[address] = &own
}

// owe notes at each call that the intent triggers that there is a change to
// answer, also where the call has never run.
func (s *State) owe(i Intent) {
	for _, call := range i.Owes {
		r := s.Records[call]
		if r == nil {
			r = &Record{Address: call}
			s.Records[call] = r
		}
		if !slices.Contains(r.Owed, i.Address) {
			r.Owed = append(r.Owed, i.Address)
		}
	}
}

// settle ends a run: what was begun and not answered may have happened. It
// stays known, and so do the triggers that it owes.
func (s *State) settle() {
	for address, i := range s.pending {
		s.owe(i)
		s.Unanswered[address] = i
	}
	clear(s.pending)
	for _, r := range s.Records {
		slices.Sort(r.Owed)
	}
}
