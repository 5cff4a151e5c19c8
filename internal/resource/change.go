package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// Change is what a resource would do, or did, to its thing.
type Change struct {
	Op Op `cbor:"action"`
	// Before and After map attributes to wire values; nil means absent. They
	// hold what the block manages only. Content that is long or no text is
	// a Digest, as is all content of a Change that does nothing. An attribute
	// that After lacks, but whose argument was given, is known after apply.
	Before map[string]any `cbor:"before"`
	After  map[string]any `cbor:"after"`
	// Uses names arguments that decide how the change is made and say nothing
	// of what the thing is: force, where it replaces something else.
	Uses []string `cbor:"uses,omitempty"`
	// Along is what else changes; nil is nothing.
	Along *Along `cbor:"along,omitempty"`
	// Effects say what else sees of this action before it is applied. There
	// are none where Op is NoOp.
	Effects []Effect `cbor:"effects,omitempty"`
	// Fingerprint tells whether the thing is still as it was read. It is
	// empty where there is nothing to compare with.
	Fingerprint string `cbor:"fingerprint,omitempty"`
	// Writes name resolved things.
	Writes []kind.Thing `cbor:"writes,omitempty"`
	// Results are computed results; an absent key is known after apply.
	Results map[string]any `cbor:"results,omitempty"`
	// Restores are the things whose planned state after this action equals
	// what is on the machine now, though an action before changes them: the
	// net effect of the chain is nothing.
	Restores []kind.Thing   `cbor:"restores,omitempty"`
	Warnings []kind.Problem `cbor:"warnings,omitempty"`
	// Traits are what the block manages of the thing: in the reply to a check as
	// it is before, in that to an apply as it was left.
	Traits []Trait `cbor:"traits,omitempty"`

	// seen is what was read and matters beyond Before.
	seen map[string]any
	// unsure is set where Before rests on something not known yet: such a
	// Change has no fingerprint.
	unsure bool
	// found and left are the traits before and after.
	found, left []Trait
}

// Effect is the planned state of one thing after an action.
type Effect struct {
	// Thing is "path:/etc/x", "user:app" or "group:app".
	Thing kind.Thing `cbor:"thing"`
	// Exactly one of these is set.
	Entry *Entry `cbor:"entry,omitempty"`
	User  *User  `cbor:"user,omitempty"`
	Group *Group `cbor:"group,omitempty"`
}

// Valid reports whether the effect has the form that its thing asks for.
func (e Effect) Valid() bool {
	what, name := e.Thing.Parts()
	if name == "" {
		return false
	}
	return (e.Entry != nil) == (what == kind.PathOf) && (e.User != nil) == (what == kind.UserOf) && (e.Group != nil) == (what == kind.GroupOf) &&
		(e.Entry != nil || e.User != nil || e.Group != nil)
}

// Delta is what an action in another context of the same machine will have
// done.
type Delta struct {
	Address string   `cbor:"address"`
	After   []string `cbor:"after,omitempty"`
	Effects []Effect `cbor:"effects,omitempty"`
	// Attempt is that of the check that found them; see CheckRequest.
	Attempt int `cbor:"attempt,omitempty"`
}
