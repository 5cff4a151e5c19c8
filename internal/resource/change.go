package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// Change is what a Resource would do to its thing, or has done. Check and Apply
// return it; the Service sends it to the controller, which shows it as the diff
// of an action. The planner reads Effects, Writes and Restores to order and to
// drop actions, and keeps Fingerprint, which Apply compares before it writes. A
// Change never holds content that its block does not manage.
type Change struct {
	Op Op `cbor:"action"`
	// Before and After map the attributes that the block manages to wire values.
	// Before is nil for what is made, After for what is removed. Content that is
	// long or no text is a Digest, as is all content of a Change that does
	// nothing. If After lacks an attribute whose argument was given, its value is
	// known after the apply.
	Before map[string]any `cbor:"before"`
	After  map[string]any `cbor:"after"`
	// Uses names the arguments that decide how the change is made, such as force
	// for a file that replaces something else. They show in no attribute.
	Uses []string `cbor:"uses,omitempty"`
	// Along lists what changes besides the thing itself; nil is nothing.
	Along *Along `cbor:"along,omitempty"`
	// Effects are the planned states of all things that change. The checks of
	// later actions see them in the overlay. A NoOp has none.
	Effects []Effect `cbor:"effects,omitempty"`
	// Fingerprint is a keyed digest of the thing as it was read. Apply refuses if
	// it finds another. It is empty if the thing was not fully known.
	Fingerprint string `cbor:"fingerprint,omitempty"`
	// Writes are the things that the action writes, with resolved paths.
	Writes []kind.Thing `cbor:"writes,omitempty"`
	// Results are the computed results of the kind. One that is not there is
	// known after the apply.
	Results map[string]any `cbor:"results,omitempty"`
	// Restores are the things that actions before this one change and that this
	// one leaves as they are now. The chain as a whole does nothing to them.
	Restores []kind.Thing   `cbor:"restores,omitempty"`
	Warnings []kind.Problem `cbor:"warnings,omitempty"`
	// Traits are digests of the attributes that the block manages: as they were
	// found in the reply to a check, as they were left in the reply to an apply.
	Traits []Trait `cbor:"traits,omitempty"`
	// Leaves are digests of the same attributes as the change would leave them, as far as
	// that is known. The reply to a check has them if the change would make something. What
	// an apply made that was killed is told by them from what others made since.
	Leaves []Trait `cbor:"leaves,omitempty"`
	// Made is set if what the block manages did not exist before, though its thing did,
	// such as a line that is added to a file. The record then says that it was created,
	// as it does of a Create and a Replace.
	Made bool `cbor:"-"`
	// Kept is what the record keeps for the end of the thing; see Resource.End. It is nil
	// if there is nothing to keep. That of an apply counts: only then is a backup made.
	Kept *Kept `cbor:"-"`
	// Stays says of an end why it leaves what it was asked to take away, and what to do.
	// It is then forgotten.
	Stays []kind.Problem `cbor:"stays,omitempty"`

	// Seen is what else was read and goes into the fingerprint.
	Seen map[string]any `cbor:"-"`
	// AsNow is set if a thing that only its kind can read is left as it is on the machine now,
	// before all actions of the plan.
	AsNow bool `cbor:"-"`
	// FewEffects is how many of Effects are sent to the controller, the first of them; 0 is as
	// many as may be. The overlay of this agent has all.
	FewEffects int `cbor:"-"`
	// Unsure is set if Before rests on something that is not known yet. Such a
	// Change has no fingerprint.
	Unsure bool `cbor:"-"`
	// asGiven is set if After is all arguments, as they were given; see wireChange.
	asGiven bool
	// Found and Left are the traits before and after the change.
	Found []Trait `cbor:"-"`
	Left  []Trait `cbor:"-"`
}

// Effect is the planned state of one thing after an action. A Change lists the
// effects of its action; an overlay keeps them.
type Effect struct {
	// Thing is "path:/etc/x", "user:app", "group:app", "mount:/srv" or "locale:de_DE.utf8".
	Thing kind.Thing `cbor:"thing"`
	// Exactly one of these is set. Of a script, a mount or a locale Entry says whether its thing is there,
	// and no more: nobody else sees anything of that.
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
	return (e.Entry != nil) == (what == kind.PathOf || kind.BlocksTell(what)) && (e.User != nil) == (what == kind.UserOf) && (e.Group != nil) == (what == kind.GroupOf) &&
		(e.Entry != nil || e.User != nil || e.Group != nil)
}

// Delta carries the effects of an action in another context of the same machine.
// The controller sends it with a check that comes after that action, since the
// overlay of this agent has only what its own checks found.
type Delta struct {
	Address string   `cbor:"address"`
	After   []string `cbor:"after,omitempty"`
	Effects []Effect `cbor:"effects,omitempty"`
	// Attempt is that of the check that found them; see CheckRequest.
	Attempt int `cbor:"attempt,omitempty"`
}

// See notes something else that was read, for the fingerprint.
func (c *Change) See(name string, value any) {
	if c.Seen == nil {
		c.Seen = map[string]any{}
	}
	c.Seen[name] = value
}

// Keep is what the record keeps of a change, to be added to.
func (c *Change) Keep() *Kept {
	if c.Kept == nil {
		c.Kept = &Kept{}
	}
	return c.Kept
}
