package state

import (
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Thing is what applies left of one thing of a machine, such as a file or an
// account. Several blocks may share it.
type Thing struct {
	// State are digests of its attributes, as the last apply left or found them.
	// An attribute of which a block manages a part has a digest of that part
	// after its name and a blank.
	State map[string]string `json:"state"`
	// By are the attributes that each block manages, by its address.
	By map[string][]string `json:"by"`
}

// Thing returns what applies left of a thing, or nil. It may be called on nil.
func (s *State) Thing(machine string, thing kind.Thing) *Thing {
	if s == nil {
		return nil
	}
	return s.Things[machine][thing]
}

// Begun are what was found of a thing before each action on it whose end nobody
// saw, or which failed: what differs from that may be its doing. It may be called
// on nil.
func (s *State) Begun(machine string, thing kind.Thing) []map[string]string {
	if s == nil {
		return nil
	}
	var out []map[string]string
	for _, address := range slices.Sorted(maps.Keys(s.Unanswered)) {
		if i := s.Unanswered[address]; i.Machine == machine && i.Thing == thing && thing != "" {
			out = append(out, i.Found)
		}
	}
	return out
}

// leave notes how a block left its thing.
func (s *State) leave(r *Record, state map[string]string) {
	if r.Thing == "" {
		return
	}
	t := s.Thing(r.Machine, r.Thing)
	if t == nil {
		t = &Thing{State: map[string]string{}, By: map[string][]string{}}
		if s.Things[r.Machine] == nil {
			s.Things[r.Machine] = map[kind.Thing]*Thing{}
		}
		s.Things[r.Machine][r.Thing] = t
	}
	maps.Copy(t.State, state)
	t.By[r.Address] = slices.Sorted(maps.Keys(state))
	t.tidy()
}

// forsake removes a block from the thing that it was about.
func (s *State) forsake(r *Record) {
	if r == nil {
		return
	}
	t := s.Thing(r.Machine, r.Thing)
	if t == nil {
		return
	}
	delete(t.By, r.Address)
	if t.tidy(); len(t.By) > 0 {
		return
	}
	delete(s.Things[r.Machine], r.Thing)
	if len(s.Things[r.Machine]) == 0 {
		delete(s.Things, r.Machine)
	}
}

// tidy forgets the attributes that no block manages any more.
func (t *Thing) tidy() {
	managed := map[string]bool{}
	for _, attrs := range t.By {
		for _, name := range attrs {
			managed[name] = true
		}
	}
	maps.DeleteFunc(t.State, func(name, _ string) bool { return !managed[name] })
}

// tidyThings takes those off things that have no record any more, as where
// somebody took it out of the file.
func (s *State) tidyThings() {
	for machine, things := range s.Things {
		for name, t := range things {
			maps.DeleteFunc(t.By, func(address string, _ []string) bool {
				r := s.Records[address]
				return r == nil || r.Machine != machine || r.Thing != name
			})
			if t.tidy(); len(t.By) == 0 {
				delete(things, name)
			}
		}
		if len(things) == 0 {
			delete(s.Things, machine)
		}
	}
}
