package state

// fold applies one line of the journal to the state. Writing and recovering
// share it.
func (s *State) fold(e entry) {
	for _, m := range e.Move {
		s.move(m)
	}
	for _, i := range e.Begin {
		s.begin(i)
	}
	if e.Done != "" && e.Outcome != nil {
		s.done(e.Done, *e.Outcome)
	}
	if e.Outputs != nil && *e.Outputs != nil {
		s.Outputs = *e.Outputs
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
	if begun && (o.Changed || o.Result == Failed) {
		s.owe(intent)
	}
	switch o.Result {
	case Applied:
		delete(s.Unanswered, address)
		s.remember(address, o.Record, o.State)
		if o.Changed {
			delete(s.Debts, address) // a call that ran has answered
		}
	case Failed:
		if begun {
			s.Unanswered[address] = intent
		}
	}
}

// remember replaces a record as a whole, and with it what is known of its thing.
func (s *State) remember(address string, r *Record, state map[string]string) {
	old := s.Records[address]
	if r == nil {
		s.forsake(old)
		delete(s.Records, address)
		return
	}
	own := *r
	own.Address = address
	if old != nil && (old.Machine != own.Machine || old.Thing != own.Thing) {
		s.forsake(old)
	}
	s.leave(&own, state)
	s.Records[address] = &own
}

// settle is called when a journal ends. What was begun and not answered may have
// happened: it stays known as unanswered, and the calls that it triggers stay
// owed.
func (s *State) settle() {
	for address, i := range s.pending {
		s.owe(i)
		s.Unanswered[address] = i
	}
	clear(s.pending)
}
