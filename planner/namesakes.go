package planner

import (
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// managedNames are the paths that stay managed with a plan, by the last part of their names in
// lower case. What departs is at no other of these, or is left alone: only its host can tell, as
// a bind mount has one file at two paths. depart makes them with the first thing of a path.
type managedNames struct {
	// of are those of blocks, by machine; kept those of the record that are left out, by
	// the name of the machine.
	of   map[*machine]map[string][]string
	kept map[string]map[string][]string
}

// namesakes are the other paths of the same last part on a machine that stay managed.
func (p *Planner) namesakes(r Recorded, m *machine) (out []kind.Text) {
	at, ok := r.Thing.Path()
	if !ok {
		return nil
	}
	if p.leaving.names == nil {
		p.leaving.names = &managedNames{map[*machine]map[string][]string{}, p.keptNames()}
	}
	names := p.leaving.names
	if names.of[m] == nil {
		names.of[m] = p.namesOn(m)
	}
	base := baseOf(at)
	for _, other := range slices.Concat(names.of[m][base], names.kept[r.Machine][base]) {
		if text := kind.Text(other); other != at && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

func baseOf(at string) string { return strings.ToLower(path.Base(at)) }

// namesOn are the paths of blocks on a machine, also of those that this plan does not look at.
func (p *Planner) namesOn(m *machine) map[string][]string {
	out := map[string][]string{}
	add := func(thing kind.Thing) {
		if at, ok := thing.Path(); ok {
			out[baseOf(at)] = append(out[baseOf(at)], at)
		}
	}
	for thing := range m.things {
		add(thing)
	}
	for thing, by := range p.leaving.claimants.byThing {
		if slices.ContainsFunc(by, func(e *absentee) bool { return e.on(m) }) {
			add(thing)
		}
	}
	return out
}

// keptNames are the recorded paths that -target and -exclude leave out, by machine.
func (p *Planner) keptNames() map[string]map[string][]string {
	out := map[string]map[string][]string{}
	if len(p.opts.Targets)+len(p.opts.Excludes) == 0 {
		return out
	}
	for _, addr := range p.record.prior.Addresses() {
		r, _ := p.record.lookup(addr)
		at, ok := r.Thing.Path()
		if !ok || r.Absent || p.selectors.chosen(&departure{addr: addr, was: r}, p.instances[r.Context]) {
			continue
		}
		if out[r.Machine] == nil {
			out[r.Machine] = map[string][]string{}
		}
		out[r.Machine][baseOf(at)] = append(out[r.Machine][baseOf(at)], at)
	}
	return out
}
