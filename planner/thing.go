package planner

import (
	"encoding/hex"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// sighting is what the checks of a plan found of one thing: one or several
// blocks are about it, and each sees it as those before it leave it. Of each
// trait the first that saw it saw what is there now.
type sighting struct {
	machine string
	thing   kind.Thing
	// members are the blocks, each after those that it comes after.
	members []*instance
	// whole is true if one of them says what all of the content is. Then the
	// content counts, otherwise the parts that are edited.
	whole  bool
	traits []resource.Trait
	// secret are the attributes that may not be recorded but by a slow digest.
	secret map[string]bool
}

// subject is what an instance is about, as its host resolved it; "" if that is not
// known, or is a secret. A name that the configuration gives without a mark is none, whatever
// is spelt like it.
func (rec *record) subject(i *instance, c *resource.Change) kind.Thing {
	if c == nil || len(c.Writes) == 0 || len(c.Writes[0]) > maxThingName || i.secretPlace() {
		return ""
	}
	if thing := c.Writes[0]; !rec.secrets.Holds(string(thing)) || slices.Contains(i.namesOfThings(), thing) {
		return thing
	}
	return ""
}

// maxThingName is more than the longest path has bytes.
const maxThingName = 5000

// secretPlace reports whether the name of what an instance is about is a secret.
func (i *instance) secretPlace() bool {
	for _, a := range i.block().Def.Args.Attrs {
		if (a.Claims != "" || a.Edits != "") && contains(i.sensitive, a.Name) {
			return true
		}
	}
	return false
}

// sight is what was found of the thing of an instance, once the plan is made.
func (rec *record) sight(i *instance) *sighting {
	if s := rec.sightings[i]; s != nil {
		return s
	}
	s := rec.sighted(i)
	for _, m := range s.members {
		rec.sightings[m] = s
	}
	return s
}

// sighted gathers what was found of the thing of an instance so far.
func (rec *record) sighted(i *instance) *sighting {
	parts := rec.parts
	s := &sighting{machine: i.machine.name, thing: rec.subject(i, i.change), members: []*instance{i}}
	switch {
	case i.departs != nil:
		s.members = rec.ending(i, s.thing)
		s.whole = s.members[len(s.members)-1].whole()
	case s.thing != "":
		s.members = slices.DeleteFunc(i.machine.writers[s.thing].all(), func(w *instance) bool { return w.verdict != done || w.change == nil })
		s.members = chainOrder(s.members)
	}
	for _, m := range s.members {
		s.whole = s.whole || newEdit(claim{inst: m}, parts).Whole
	}
	seen := map[string]bool{}
	for _, m := range s.members {
		for _, t := range m.change.Traits {
			if rec.secretTrait(m, t) {
				s.hide(t.Attr)
			}
			if key := traitKey(t); !seen[key] && m.counts(t, s.whole) {
				seen[key] = true
				s.traits = append(s.traits, t)
			}
		}
	}
	return s
}

// of is what was found of the part that one of the members has.
func (s *sighting) of(i *instance) *sighting {
	own := *s
	own.members = []*instance{i}
	own.traits = slices.DeleteFunc(slices.Clone(s.traits), func(t resource.Trait) bool {
		return !slices.ContainsFunc(i.change.Traits, func(o resource.Trait) bool { return traitKey(o) == traitKey(t) })
	})
	return &own
}

// ending are those that depart and are about one thing: the edits of a whole that is taken away,
// too, and then that.
func (rec *record) ending(i *instance, thing kind.Thing) []*instance {
	about := func(q *instance) bool {
		return q.departs != nil && q.machine == i.machine && thing != "" && rec.subject(q, q.change) == thing
	}
	last := i
	if k := slices.IndexFunc(i.followers, func(q *instance) bool { return q.whole() && about(q) && q.change.Op != resource.NoOp }); k >= 0 {
		last = i.followers[k]
	}
	out := []*instance{last}
	for _, q := range last.preds {
		if last.whole() && about(q) {
			out = append(out, q)
		}
	}
	sortByDepth(out, map[*instance]int{})
	return out
}

// hide notes that a trait is of a secret.
func (s *sighting) hide(attr string) {
	if s.secret == nil {
		s.secret = map[string]bool{}
	}
	s.secret[attr] = true
}

// secretTrait reports whether a trait of an instance is of a secret.
func (rec *record) secretTrait(i *instance, t resource.Trait) bool {
	before, after := i.hidden()
	name := t.Attr
	if t.OfEdit(i.block().Def) {
		name = i.block().Def.Parts()
	}
	if a, sends := i.block().Def.Tree(); sends && t.Attr == a.Name && rec.secretTree(i, a) {
		return true
	}
	return before[name] || after[name] || before[t.Attr] || after[t.Attr]
}

// withoutSecret are the traits of an instance that are of no secret.
func (rec *record) withoutSecret(i *instance, traits []resource.Trait) []resource.Trait {
	return slices.DeleteFunc(slices.Clone(traits), func(t resource.Trait) bool { return rec.secretTrait(i, t) })
}

// counts reports whether a trait is managed: of a file that has an owner of the whole
// that is the content, otherwise each part that is edited.
func (i *instance) counts(t resource.Trait, whole bool) bool {
	switch {
	case t.OfEdit(i.block().Def):
		return !whole
	case t.Attr == i.block().Def.Parts():
		return whole
	}
	return true
}

// recorded reports whether the record gets a trait: each that counts, and those by which its end
// tells what is an apply's own: that of the part which the instance edits, whoever manages the
// rest, and the content that a block makes a file with, though later ones are anybody's.
func (i *instance) recorded(t resource.Trait, whole bool) bool {
	return i.counts(t, whole) || t.OfEdit(i.block().Def) || i.whole() && t.Attr == i.block().Def.Parts() && i.says(t.Attr)
}

// says reports whether an argument says what an attribute is.
func (i *instance) says(attr string) bool {
	for name, v := range i.wire {
		if v != nil && i.block().Def.ShowsIn(name) == attr {
			return true
		}
	}
	return false
}

// withPart are the traits of the thing of an instance that is as it should be, and those of the
// part that it edits. Behind the block that has the whole, an edit does its work once more while
// planning, so the part is as that leaves it.
func (s *sighting) withPart(i *instance) []resource.Trait {
	if i.change == nil || !s.whole {
		return s.traits
	}
	part := i.change.Traits
	if i.change.Op != resource.NoOp {
		part = i.change.Leaves
	}
	out := slices.Clone(s.traits)
	for _, t := range part {
		if t.OfEdit(i.block().Def) {
			out = append(out, t)
		}
	}
	return out
}

// chainOrder sorts those that write one thing, the first to do so first.
func chainOrder(members []*instance) []*instance {
	if len(members) < 2 {
		return members
	}
	claims := make([]claim, len(members))
	for k, i := range members {
		claims[k] = claim{inst: i, whole: i.whole()}
	}
	for k, c := range byDeclaration(claims) {
		members[k] = c.inst
	}
	for k := range members {
		for l := k; l > 0 && !members[l].predSet[members[l-1]] && comesAfter(members[l-1], members[l]); l-- {
			members[l-1], members[l] = members[l], members[l-1]
		}
	}
	return members
}

// sortByDepth puts what departs in an order in which it can go, as far as depth tells.
func sortByDepth(list []*instance, known map[*instance]int) {
	slices.SortStableFunc(list, func(a, b *instance) int { return depth(a, known) - depth(b, known) })
}

// depth is how many, at most, go one after the other before something that departs.
func depth(i *instance, known map[*instance]int) int {
	n, ok := known[i]
	if ok {
		return n
	}
	for _, q := range i.preds {
		if q.departs != nil {
			n = max(n, depth(q, known)+1)
		}
	}
	known[i] = n
	return n
}

func traitKey(t resource.Trait) string { return t.Attr + " " + hex.EncodeToString(t.Part) }

// nameOf is the name of a trait in the record.
func (rec *record) nameOf(t resource.Trait, secret bool) string {
	if len(t.Part) == 0 {
		return t.Attr
	}
	return t.Attr + " " + rec.digests.of(t.Part, secret)
}

// digestsOf are the digests of traits for the record.
func (rec *record) digestsOf(traits []resource.Trait, secret map[string]bool) map[string]string {
	out := make(map[string]string, len(traits))
	for _, t := range traits {
		out[rec.nameOf(t, secret[t.Attr])] = rec.digests.of(t.Sum, secret[t.Attr])
	}
	return out
}

// digestOf is the digest that the record has of a trait; it may have been a secret
// then and be none now, or the other way round.
func (rec *record) digestOf(t resource.Trait, secret bool, state map[string]string) (string, bool) {
	digest, ok := state[rec.nameOf(t, secret)]
	if !ok && len(t.Part) > 0 && secret {
		digest, ok = state[rec.nameOf(t, false)]
	}
	return digest, ok
}

// compare compares what was found with what is recorded. It returns the
// attributes that differ, each once, and whether anything could be compared.
func (rec *record) compare(s *sighting, state map[string]string) (attrs []string, compared bool) {
	for _, t := range s.traits {
		digest, ok := rec.digestOf(t, s.secret[t.Attr], state)
		if !ok {
			continue
		}
		compared = true
		if !rec.digests.same(t.Sum, digest) && !contains(attrs, t.Attr) {
			attrs = append(attrs, t.Attr)
		}
	}
	return attrs, compared
}

// changedOutside names the attributes of a thing that are not as the last apply
// left them; known is false if the record cannot tell: it has nothing of the
// thing, or an apply whose end nobody saw may have changed it.
func (rec *record) changedOutside(s *sighting) (attrs []string, known bool) {
	if rec.prior == nil || s.thing == "" {
		return nil, false
	}
	state := rec.prior.Thing(s.machine, s.thing)
	if len(state) == 0 {
		return nil, false
	}
	for _, begun := range rec.prior.Begun(s.machine, s.thing) {
		if changed, compared := rec.compare(s, begun); !compared || len(changed) > 0 {
			return nil, false
		}
	}
	return rec.compare(s, state)
}

// leftness is how an attribute of a thing is, compared with how applies left it.
type leftness int

const (
	asLeft    leftness = iota // or nothing was found to compare
	asNotLeft                 // somebody has changed it since
	untold                    // the record does not tell, or it may be of an apply whose end nobody saw
)

// leftSo compares an attribute that was found of a thing with how applies left it, and with
// how those would have left it of which nobody saw the end.
func (rec *record) leftSo(s *sighting, attr string) leftness {
	state, unseen := rec.prior.Left(s.machine, s.thing)
	is := asLeft
	for _, t := range s.traits {
		if t.Attr != attr || slices.ContainsFunc(unseen, func(left []resource.Trait) bool { return slices.ContainsFunc(left, t.Equal) }) {
			continue
		}
		switch digest, ok := rec.digestOf(t, s.secret[t.Attr], state); {
		case ok && rec.digests.same(t.Sum, digest):
		case ok && len(unseen) == 0:
			return asNotLeft
		default:
			is = untold
		}
	}
	return is
}
