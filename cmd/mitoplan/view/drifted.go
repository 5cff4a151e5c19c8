package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// Drift is one thing that differs from the configuration. It is also the JSON form.
// Blocks that share a thing are one Drift.
type Drift struct {
	// Thing is "path:/etc/motd"; "" if its name is not known, or is a secret.
	Thing   string `json:"thing,omitempty"`
	Machine string `json:"machine"`
	Context string `json:"context"`
	// Addresses are the blocks that differ. Beside are the other blocks of the
	// thing.
	Addresses []string `json:"addresses"`
	Beside    []string `json:"shared_with,omitempty"`
	Origin    string   `json:"origin"`
	// OutsideKnown is false if the record does not tell whether it was changed
	// outside.
	OutsideKnown bool     `json:"outside_known"`
	Changed      []string `json:"changed_outside,omitempty"`
	Arguments    []string `json:"newer_arguments,omitempty"`
	NeverApplied []string `json:"never_applied,omitempty"`

	label string // the thing for people
}

func newDrifts(list []*planner.Drift, m *Masker) []Drift {
	out := []Drift{}
	for _, d := range list {
		out = append(out, Drift{
			Thing: m.Text(d.Thing.Text()), Machine: d.Machine, Context: d.Context, Addresses: d.Addresses, Beside: d.Beside, Origin: d.Origin(),
			label: m.Text(d.Thing.Label()), OutsideKnown: d.OutsideKnown, Changed: d.Changed, Arguments: d.Arguments, NeverApplied: d.NeverApplied,
		})
	}
	return out
}

// outside returns the things that were changed outside since the last apply.
func outside(drifts []Drift) []Drift {
	out := []Drift{}
	for _, d := range drifts {
		if d.Origin == planner.OriginOutside || d.Origin == planner.OriginBoth {
			out = append(out, d)
		}
	}
	return out
}

// name returns the thing for people: its path, "user app", or the address of its
// block.
func (d *Drift) name() string { return cmp.Or(d.label, d.Addresses[0]) }

// changedOutside says what somebody changed about a thing. a is what would be done
// to it, which is the opposite.
func (d *Drift) changedOutside(a *Action) string {
	if slices.Contains(d.Changed, resource.TypeTrait) { // the thing itself changed
		switch a.op {
		case planner.Create:
			return "removed"
		case planner.Delete:
			return "made"
		}
		return "replaced by something else"
	}
	if len(d.Changed) == 0 {
		return "the record does not tell what"
	}
	changed := d.Changed
	if d.Origin == planner.OriginOutside { // What differs is then what somebody changed, and no more.
		changed = a.seenOf(changed)
	}
	return unbroken(strings.Join(changed, ", "))
}

// seenOf returns, in place of the arguments about which a thing was changed, what differs on the
// host because of it: the paths below the thing, or the attributes in which an argument shows.
// An argument that is an attribute of the difference itself stays, and so does one of which no more
// is told; of a file that several edit, the content says less than the argument.
func (a *Action) seenOf(changed []string) (out []string) {
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	for _, name := range changed {
		seen := slices.DeleteFunc(slices.Clone(a.shows[name]), func(shown string) bool {
			return !a.differs(shown) || a.edits != "" && shown == fileContent
		})
		switch {
		case a.differs(name):
			add(name)
		case len(seen) > 0:
			add(seen...)
		case a.Along != nil && len(a.Along.Entries) > 0:
			paths := make([]string, len(a.Along.Entries))
			for k, e := range a.Along.Entries {
				paths[k] = e.Path
			}
			add(prose.List(paths, maxSharers))
		default:
			add(name)
		}
	}
	return out
}

// differs reports whether an attribute is seen to change.
func (a *Action) differs(name string) bool {
	return a.has(name) && (a.AfterUnknown[name] || !equal(a.Before[name], a.After[name]) || a.AfterSensitive[name] && !a.SensitiveSame[name])
}

// drifted returns a thing that differs as one action, from what is there now to what
// the last of its blocks makes of it. It returns nil if the plan has no action on it.
func (x index) drifted(d Drift) *Action {
	members := x.of(d)
	if len(members) == 0 {
		return nil
	}
	a := *members[0]
	if len(members) > 1 {
		a.merge(members)
	}
	a.notes = d.notes(&a)
	return &a
}

// index has the actions of a plan by address.
type index map[string]*Action

func (p *Plan) index() index {
	x := make(index, len(p.Actions))
	for _, a := range p.Actions {
		if x[a.Address] == nil {
			x[a.Address] = a
		}
	}
	return x
}

// of returns the actions on a thing.
func (x index) of(d Drift) []*Action {
	var out []*Action
	for _, address := range d.Addresses {
		if a := x[address]; a != nil {
			out = append(out, a)
		}
	}
	return out
}

// merge makes one action of all actions on one thing, which are in the order in which
// they are applied. Each attribute is as the first action finds it, and as the last
// one leaves it.
func (a *Action) merge(members []*Action) {
	last := members[len(members)-1]
	before, after := map[string]any{}, map[string]any{}
	a.AfterUnknown, a.Volatile = map[string]bool{}, map[string]bool{}
	a.SensitiveSame = sameInAll(members)
	a.BeforeSensitive, a.AfterSensitive = map[string]bool{}, map[string]bool{}
	attrs, diffed, named, shows := []string{}, map[string]bool{}, map[string]bool{}, map[string][]string{}
	seen := map[string]bool{}
	for _, m := range members {
		maps.Copy(shows, m.shows)
		for name, v := range m.Before {
			if _, has := before[name]; !has {
				before[name] = v
			}
		}
		for name, v := range m.After {
			after[name] = v
			delete(a.AfterUnknown, name)
		}
		for _, s := range []struct{ to, from map[string]bool }{
			{a.AfterUnknown, m.AfterUnknown}, {a.Volatile, m.Volatile}, {a.BeforeSensitive, m.BeforeSensitive}, {a.AfterSensitive, m.AfterSensitive},
			{diffed, m.diffed}, {named, m.named},
		} {
			for name, is := range s.from {
				s.to[name] = s.to[name] || is
			}
		}
		for _, name := range m.attrs {
			if !seen[name] {
				seen[name] = true
				attrs = append(attrs, name)
			}
		}
	}
	if a.Before != nil {
		a.Before = before
	}
	if a.After = after; last.After == nil {
		a.After = nil
	}
	a.attrs, a.diffed, a.named, a.shows = attrs, diffed, named, shows
}

// sameInAll returns the hidden attributes that no action on a thing changes.
func sameInAll(members []*Action) map[string]bool {
	out := map[string]bool{}
	for _, m := range members {
		for name := range m.SensitiveSame {
			out[name] = true
		}
	}
	for _, m := range members {
		for name := range out {
			if m.has(name) && !m.SensitiveSame[name] {
				delete(out, name)
			}
		}
	}
	return out
}

// notes says which blocks share a thing, what was changed outside, and what is newer in
// the configuration.
func (d *Drift) notes(a *Action) []string {
	var out []string
	if others := append(d.Addresses[1:len(d.Addresses):len(d.Addresses)], d.Beside...); len(others) > 0 {
		out = append(out, "One thing with "+sharers(a, others)+".")
	}
	var why []string
	if d.Origin == planner.OriginOutside || d.Origin == planner.OriginBoth {
		why = append(why, "Changed outside: "+d.changedOutside(a)+".")
	}
	if len(d.Arguments) > 0 {
		why = append(why, "Newer in the configuration: "+unbroken(strings.Join(d.Arguments, ", "))+".")
	}
	switch {
	case len(d.NeverApplied) > 0 && len(d.NeverApplied) == len(d.Addresses):
		why = append(why, "Never applied.")
	case len(d.NeverApplied) > 0:
		why = append(why, "Never applied: "+sharers(a, d.NeverApplied)+".")
	}
	if !d.OutsideKnown && d.Origin == planner.OriginConfig && len(d.NeverApplied) == 0 {
		why = append(why, "The record does not tell whether it was changed outside, too.")
	}
	if len(why) > 0 {
		out = append(out, strings.Join(why, " "))
	}
	return out
}

// said says in a few words where a difference comes from.
func (d *Drift) said() string {
	switch d.Origin {
	case planner.OriginOutside:
		return "drifted outside"
	case planner.OriginBoth:
		return "drifted outside and not yet applied"
	case planner.OriginConfig:
		return "not yet applied"
	}
	return "differs, origin unknown"
}

// maxSharers is how many blocks of one thing are named.
const maxSharers = 5

// sharers lists addresses without the keys of the instance itself, which would make
// the notes of a group differ.
func sharers(a *Action, addresses []string) string {
	own := make([]string, len(addresses))
	for k, address := range addresses {
		own[k] = strings.TrimSuffix(address, suffix(a))
	}
	return first(own)
}

// changedOutside lists the things that were changed outside since the last apply.
func (h *Human) changedOutside(p *Plan) string {
	if len(p.Drifts) == 0 {
		return ""
	}
	actions := p.index()
	var b strings.Builder
	b.WriteString(h.Paint.yellow(h.sentence(plural(len(p.Drifts), "thing was", "things were")+" changed outside since the last apply, which this plan would undo:", "")) + "\n")
	for k, d := range p.Drifts {
		if k == maxListed {
			fmt.Fprintf(&b, "    and %d more\n", len(p.Drifts)-k)
			break
		}
		a := actions.drifted(d)
		if a == nil {
			a = &Action{op: planner.Update}
		}
		b.WriteString(h.sentence(fmt.Sprintf("    %s on %s: %s (%s)", unbroken(d.name()), unbroken(config.Label(d.Context)), d.changedOutside(a), first(d.Addresses)), "        ") + "\n")
	}
	return b.String()
}

// first lists the first addresses.
func first(addresses []string) string {
	names := make([]string, len(addresses))
	for k, address := range addresses {
		names[k] = unbroken(address)
	}
	return prose.List(names, maxSharers)
}
