package state

import (
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Thing says how applies left one thing of a machine, such as a file or an account.
// Several blocks may share it.
type Thing struct {
	// State are digests of its attributes, as the last apply left or found them.
	// If a block manages only a part of an attribute, the key is the name of the
	// attribute, a blank, and a digest of what chooses the part.
	State map[string]string `json:"state"`
	// By are the attributes that each block manages, by the address of the block.
	By map[string][]string `json:"by"`
}

// Thing returns how applies left a thing, or nil. It may be called on nil.
func (s *State) Thing(machine string, thing kind.Thing) *Thing {
	if s == nil {
		return nil
	}
	return s.Things[machine][thing]
}

// Begun returns how a thing was found before each action on it that failed or has
// no known end. If the thing differs from that now, the action may have changed it.
// It may be called on nil.
func (s *State) Begun(machine string, thing kind.Thing) []map[string]string {
	var out []map[string]string
	for _, i := range s.UnansweredOf(machine, thing) {
		out = append(out, i.Found)
	}
	return out
}

// UnansweredOf returns the intents that are about a thing and whose end nobody saw, in the
// order of their addresses. It may be called on nil.
func (s *State) UnansweredOf(machine string, thing kind.Thing) (out []Intent) {
	if s == nil || thing == "" {
		return nil
	}
	for _, address := range slices.Sorted(maps.Keys(s.Unanswered)) {
		if i := s.Unanswered[address]; i.Machine == machine && i.Thing == thing {
			out = append(out, i)
		}
	}
	return out
}

// setThing writes down how a block left its thing.
func (s *State) setThing(r *Instance, state map[string]string) {
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

// removeFromThing removes a block from the thing that it managed.
func (s *State) removeFromThing(r *Instance) {
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

// tidy removes the attributes that no block manages any more.
func (t *Thing) tidy() {
	managed := map[string]bool{}
	for _, attrs := range t.By {
		for _, name := range attrs {
			managed[name] = true
		}
	}
	maps.DeleteFunc(t.State, func(name, _ string) bool { return !managed[name] })
}

// tidyThings removes from things the blocks that have no instance, for example
// because somebody took the instance out of the file.
func (s *State) tidyThings() {
	for machine, things := range s.Things {
		for name, t := range things {
			maps.DeleteFunc(t.By, func(address string, _ []string) bool {
				r := s.Instances[address]
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
