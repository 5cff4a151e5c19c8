package state

// fold applies one line of the journal to the state. It is called when the line is
// written, and again when the journal is read after a crash, so that both lead to
// the same state.
func (s *State) fold(e entry) {
	s.folded = s.folded || len(e.Move)+len(e.Begin) > 0 || e.Done != "" || e.Outputs != nil
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
	// An earlier intent that has no outcome may have created the thing.
	if old, ok := s.Unanswered[i.Address]; ok && old.Made(i.Machine, i.Thing) {
		i.AbsentBefore = true
		if i.Begins == nil && i.Thing == old.Thing {
			i.Begins = old.Begins
		}
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
		if o.Instance == nil {
			s.leave(intent, o.State)
		}
		s.remember(address, o.Instance, o.State)
		if o.Changed {
			delete(s.Debts, address) // the call ran
		}
	case Failed:
		if begun {
			s.Unanswered[address] = intent
		}
	}
}

// leave notes how the thing is without a part that was taken away, if it was as it is recorded
// before. Others manage it still.
func (s *State) leave(i Intent, state map[string]string) {
	t := s.Thing(i.Machine, i.Thing)
	for name, now := range state {
		if t != nil && t.State[name] != "" && t.State[name] == i.Found[name] {
			t.State[name] = now
		}
	}
}

// remember replaces an instance as a whole, and what is known about its thing.
func (s *State) remember(address string, r *Instance, state map[string]string) {
	old := s.Instances[address]
	if r == nil {
		s.removeFromThing(old)
		delete(s.Instances, address)
		return
	}
	own := *r
	own.Address = address
	if old != nil && (old.Machine != own.Machine || old.Thing != own.Thing) {
		s.removeFromThing(old)
	}
	s.setThing(&own, state)
	s.Instances[address] = &own
}

// settle is called at the end of a journal. An intent without an outcome may have
// happened. It becomes unanswered, and the calls that it triggers are owed.
func (s *State) settle() {
	for address, i := range s.pending {
		s.owe(i)
		s.Unanswered[address] = i
	}
	clear(s.pending)
}
