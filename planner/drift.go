package planner

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// If a host differs from the configuration, the record tells why. It has two sides of
// the last apply:
//
//   - for each thing, digests of how the apply left it. If the host differs from them
//     now, the thing was changed outside;
//   - for each block, digests of its arguments. If the arguments differ from them now,
//     or the block was never applied, the configuration is newer.
//
// Both can be true at once. If neither is, although the thing differs from the
// configuration, an apply was cut short: the block is not yet applied. If the record
// lacks one side, nothing is said about that side. If the context leads elsewhere than
// at the last apply, the record is about another thing (elsewhere.go).

// Drift is one thing that differs from the configuration, and where that comes
// from. Blocks that share the thing are one, but for those that have more than their part of
// it: each setting of the kernel is one, though a file keeps the values of several.
type Drift struct {
	// Thing is "path:/etc/motd" or "user:app", and Machine where it is; "" if
	// its name is not known yet, or is a secret.
	Thing   kind.Thing `cbor:"thing,omitempty"`
	Machine string     `cbor:"machine"`
	Context string     `cbor:"context"`
	// Addresses are the blocks whose actions differ, in the order in which an
	// apply goes through them; Beside are others that it shares the thing with.
	Addresses []string `cbor:"addresses"`
	Beside    []string `cbor:"beside,omitempty"`
	// Outside and Newer are true if the host, or the configuration, is not
	// as it was at the last apply. With neither, the record does not tell.
	Outside bool `cbor:"outside,omitempty"`
	Newer   bool `cbor:"newer,omitempty"`
	// OutsideKnown is false if the record does not tell whether it was changed outside.
	OutsideKnown bool `cbor:"outside_known,omitempty"`
	// Changed names the attributes that were changed outside, as far as they are
	// known; Arguments those of blocks that are newer; NeverApplied the blocks
	// that were never applied.
	Changed      []string `cbor:"changed,omitempty"`
	Arguments    []string `cbor:"arguments,omitempty"`
	NeverApplied []string `cbor:"never_applied,omitempty"`
}

// The origins of a drift, as Action.Drift and Drift.Origin have them.
const (
	OriginOutside = "outside"
	OriginConfig  = "config"
	OriginBoth    = "both"
	OriginUnknown = "unknown"
)

// Origin is where the difference comes from.
func (d *Drift) Origin() string {
	switch {
	case d.Outside && d.Newer:
		return OriginBoth
	case d.Outside:
		return OriginOutside
	case d.Newer:
		return OriginConfig
	}
	return OriginUnknown
}

// drifts finds the things that differ from the configuration, in the order of
// the plan's actions, and gives each of these its origin.
func (rec *record) drifts(plan *Plan, instances map[string]*instance) {
	rec.sightings = map[*instance]*sighting{}
	of := map[*sighting]*Drift{}
	for _, a := range plan.Actions {
		i := instances[a.Address]
		if i == nil || a.Type != config.ResourceBlock || !a.Changes() || a.Op == Forget || i.change == nil {
			continue
		}
		s := rec.sight(i)
		if i.standsApart(s) {
			d := rec.driftOf(s.of(i))
			d.Thing, d.Beside = rec.ownThing(i, s), nil
			plan.Drifts = append(plan.Drifts, d)
			a.Drift = d.Origin()
			continue
		}
		if of[s] == nil {
			of[s] = rec.driftOf(s)
			if i.differsApart(s) {
				of[s].Thing = rec.ownThing(i, s)
			}
			plan.Drifts = append(plan.Drifts, of[s])
		}
		a.Drift = of[s].Origin()
	}
}

// standsApart reports whether an instance has more than its part of a thing that it shares,
// such as what is mounted besides the line in /etc/fstab. What differs of it is then told by
// itself: what the first of several finds and the last leaves are not of one thing.
func (i *instance) standsApart(s *sighting) bool {
	return len(s.members) > 1 && i.departs == nil && !i.whole() && len(i.change.Writes) > 1
}

// differsApart reports whether an instance that shares its thing with no other differs in what it
// has besides it, and in that alone: what is mounted, where the line in /etc/fstab is as it should be.
func (i *instance) differsApart(s *sighting) bool {
	return len(s.members) == 1 && i.departs == nil && !i.whole() && len(i.change.Writes) > 1 &&
		!i.otherContent() && i.affects(i.change.Writes[len(i.change.Writes)-1])
}

// affects reports whether a change says what becomes of a thing.
func (i *instance) affects(thing kind.Thing) bool {
	return slices.ContainsFunc(i.change.Effects, func(e resource.Effect) bool { return e.Thing == thing })
}

// ownThing is what an instance that stands apart has besides its part of a file, which is the last
// that it writes: a kernel module writes the file of its options before. It is the file if the
// other may not be named, or if of the two only the file changes.
func (rec *record) ownThing(i *instance, s *sighting) kind.Thing {
	own := i.change.Writes[len(i.change.Writes)-1]
	if i.affects(s.thing) && !i.affects(own) {
		return s.thing
	}
	if len(i.sensitive) > 0 || len(own) > maxThingName || rec.secrets.Holds(string(own)) {
		return s.thing
	}
	return own
}

// driftOf says of one thing what differs, and where that comes from.
func (rec *record) driftOf(s *sighting) *Drift {
	d := &Drift{Thing: s.thing, Machine: s.machine}
	var differing []*instance
	for _, m := range s.members {
		if m.changes() && (len(s.members) == 1 || !m.standsApart(s)) {
			d.Addresses = append(d.Addresses, m.addr)
			differing = append(differing, m)
		} else {
			d.Beside = append(d.Beside, m.addr)
		}
	}
	d.Context = differing[0].on.addr
	if rec.prior == nil {
		return d
	}
	elsewhere := rec.elsewhere(s)
	if !elsewhere {
		d.Changed, d.OutsideKnown = rec.changedOutside(s)
	}
	d.Outside = len(d.Changed) > 0
	sure := true // the record tells of every block whether it is newer
	for _, m := range differing {
		sure = rec.compareArgs(m, d) && sure
	}
	switch {
	case d.Newer:
	case elsewhere, d.OutsideKnown && !d.Outside:
		d.Newer = true
	case !d.OutsideKnown && sure && len(rec.begun(s)) == 0:
		d.Outside, d.OutsideKnown = true, true
	}
	return d
}

func (rec *record) begun(s *sighting) []map[string]string {
	if s.thing == "" {
		return nil
	}
	return rec.prior.Begun(s.machine, s.thing)
}

// compareArgs adds to a drift what of a block is newer than what was applied
// last. It returns false if the record cannot rule out that something is.
func (rec *record) compareArgs(i *instance, d *Drift) (sure bool) {
	prior, recorded := rec.lookup(i.addr)
	switch {
	case i.departs != nil:
		d.Newer = true
		return true
	case !recorded && rec.prior.Old() && i.change.Op == resource.Delete:
		return false
	case !recorded:
		d.Newer, d.NeverApplied = true, append(d.NeverApplied, i.addr)
		return true
	case prior.Args != nil:
		names := rec.newerArgs(i, prior.Args)
		for _, name := range names {
			name = i.block().Def.Argument(name)
			if !contains(d.Arguments, name) {
				d.Arguments = append(d.Arguments, name)
			}
		}
		d.Newer = d.Newer || len(names) > 0
		return len(i.unknown) == 0
	case prior.Digest == "":
		return false
	case !rec.legacyArgs(i, prior.Digest):
		d.Newer = true
		return true
	}
	return len(i.sensitive) == 0 && len(i.unknown) == 0
}

// leftBy returns how an action left its thing, for the record: the name of the
// thing, and digests of its traits from the answer of its host. The name is
// empty if it may not be recorded.
func (rec *record) leftBy(i *instance, c *resource.Change) (thing kind.Thing, state map[string]string) {
	if thing = rec.subject(i, c); thing == "" {
		return "", nil
	}
	s := rec.sight(i)
	secret := union(s.secret, nil)
	traits := slices.DeleteFunc(slices.Clone(c.Traits), func(t resource.Trait) bool { return !i.recorded(t, s.whole) })
	for _, t := range traits { // more may be known to be one by now
		secret[t.Attr] = secret[t.Attr] || rec.secretTrait(i, t)
	}
	return thing, rec.digestsOf(traits, secret)
}

// endsPart reports whether an instance takes away a part of a thing.
func (i *instance) endsPart() bool { return i.departs != nil && !i.whole() }

// ofWhole are digests of the whole of which an end takes a part away, as it found or left that.
// The record has another part, or the whole, that goes later: it is told from somebody else's
// by them.
func (rec *record) ofWhole(i *instance, c *resource.Change) map[string]string {
	traits := slices.DeleteFunc(slices.Clone(c.Traits), func(t resource.Trait) bool { return !i.counts(t, true) })
	secret, hides := map[string]bool{}, rec.hidesPart(i)
	for _, t := range traits {
		secret[t.Attr] = hides || rec.secretTrait(i, t)
	}
	return rec.digestsOf(traits, secret)
}

// hidesPart reports whether something was a secret of the thing that an instance is about when
// that was recorded.
func (rec *record) hidesPart(i *instance) bool {
	if rec.prior == nil {
		return false
	}
	if rec.hiding == nil {
		rec.hiding = map[string]bool{}
		for _, addr := range rec.prior.Addresses() {
			if r, _ := rec.lookup(addr); len(r.Secret) > 0 {
				rec.hiding[r.Machine+" "+string(r.Thing)] = true
			}
		}
	}
	return rec.hiding[i.machine.name+" "+string(rec.subject(i, i.change))]
}

// foundBy returns how the plan found the thing of an action, in the form of leftBy.
func (rec *record) foundBy(i *instance) (thing kind.Thing, state map[string]string) {
	if rec.subject(i, i.change) == "" {
		return "", nil
	}
	s := rec.sight(i)
	return s.thing, rec.digestsOf(s.traits, s.secret)
}

// adoptedBy returns what is recorded of the thing of an instance that is as it should be, in the
// form of leftBy.
func (rec *record) adoptedBy(i *instance) (thing kind.Thing, state map[string]string) {
	if rec.subject(i, i.change) == "" {
		return "", nil
	}
	s := rec.sight(i)
	return s.thing, rec.digestsOf(s.withPart(i), s.secret)
}

// isRight reports whether the plan found the thing of an action as it should be,
// so that no block that shares it would change it.
func (rec *record) isRight(i *instance) bool {
	return i.change != nil && !slices.ContainsFunc(rec.sight(i).members, (*instance).changes)
}

// isAsRecorded reports whether what is recorded of something that needs no change says
// already what an apply would record. Of secrets it only looks whether they are
// recorded: comparing them is slow on purpose, and nothing differs.
func (rec *record) isAsRecorded(i *instance, r Recorded) bool {
	if r.Args == nil || len(r.Args) != len(i.recordable()) || r.LeadsTo != rec.leadsTo(i.on) || r.Context != "" && r.Context != i.on.addr || !rec.endRecorded(i, r) {
		return false
	}
	for _, name := range i.recordable() {
		was, had := r.Args[name]
		if !had || strings.HasPrefix(was, slowDigest) != rec.secretArg(i, name) || !rec.secretArg(i, name) && !rec.digests.same(argBytes(name, i.wire[name]), was) {
			return false
		}
	}
	return rec.thingRecorded(i)
}

// thingRecorded reports whether the record has all traits of a thing that is right.
func (rec *record) thingRecorded(i *instance) bool {
	if rec.subject(i, i.change) == "" || !rec.isRight(i) {
		return true
	}
	s := rec.sight(i)
	state := rec.prior.Thing(s.machine, s.thing)
	for _, t := range s.withPart(i) {
		was, ok := rec.digestOf(t, s.secret[t.Attr], state)
		if !ok || strings.HasPrefix(was, slowDigest) != s.secret[t.Attr] || !s.secret[t.Attr] && !rec.digests.same(t.Sum, was) {
			return false
		}
	}
	return true
}
