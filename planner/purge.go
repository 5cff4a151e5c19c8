package planner

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// A block with purge removes what no block declares. What is declared is known when
// everything else is, so its host is asked once more then, with what stays. Whatever the
// plan does not look at may declare something, so that nothing is removed before a plan
// looks at it.

// purges reports whether an instance removes what nobody declares.
func (i *instance) purges() bool {
	_, has := i.block().Def.Args.Attr(purgeArg)
	return has && i.wire[purgeArg] == true && !i.block().Def.Absent(i.wire) && i.departs == nil
}

// purge has the hosts asked again of blocks that purge, if what stays is not what they were
// told. It reports whether there was one.
func (p *Planner) purge() bool {
	var asking []*instance
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if n.block.Type == config.ResourceBlock && i.verdict == done && i.purges() {
				asking = append(asking, i)
			}
		}
	}
	if len(asking) == 0 {
		return false
	}
	unseen, again := p.newClaimants(), false
	for _, i := range asking {
		wire := maps.Clone(i.wire)
		delete(wire, declaredArg)
		delete(wire, waitsArg)
		if why := p.unsureOf(i, unseen); why != "" {
			wire[waitsArg] = why
		} else {
			wire[declaredArg] = p.declaredBelow(i, unseen)
		}
		if reflect.DeepEqual(wire, i.wire) {
			continue
		}
		i.wire = wire
		p.rewind.askAgain(i)
		again = true
	}
	return again
}

// unsureOf says why it is not known what the blocks of a machine declare, "" if it is.
func (p *Planner) unsureOf(i *instance, unseen *claimants) string {
	for _, e := range unseen.bySort[kind.PathOf] {
		if e.on(i.machine) {
			return fmt.Sprintf("this plan does not know what %s is about", e.said())
		}
	}
	for _, n := range p.nodes {
		if n.block.Type != config.CallBlock {
			continue
		}
		for _, c := range n.insts {
			if c.machine == i.machine && contains(c.unknown, "creates") {
				return c.addr + " creates something whose name is known after apply"
			}
		}
	}
	return ""
}

// declaredBelow are the paths below the directory of an instance that stay, relative to it:
// what any block of the machine is about, makes or names.
func (p *Planner) declaredBelow(i *instance, unseen *claimants) []any {
	dirs := map[string]bool{}
	for _, thing := range i.touches() {
		if dir, ok := thing.Path(); ok {
			dirs[dir] = true
		}
	}
	found := map[string]bool{}
	note := func(at string) {
		at = path.Clean(at)
		for dir := range dirs {
			if rel, below := strings.CutPrefix(at, strings.TrimSuffix(dir, "/")+"/"); below && rel != "" {
				found[rel] = true
			}
		}
	}
	for _, n := range p.nodes {
		for _, q := range n.insts {
			if q != i && q.machine == i.machine && q.verdict != disabled {
				q.names(note)
			}
		}
	}
	for thing, by := range unseen.byThing {
		at, isPath := thing.Path()
		if isPath && slices.ContainsFunc(by, func(e *absentee) bool { return e.on(i.machine) }) {
			note(at)
		}
	}
	out := []any{}
	for _, rel := range sortedKeys(found) {
		out = append(out, cbor.ByteString(rel))
	}
	return out
}

// names are the absolute paths that an instance is about, makes or names in an argument that
// is no content and no secret.
func (i *instance) names(note func(string)) {
	if !i.isContext() {
		for _, thing := range i.touches() {
			if at, ok := thing.Path(); ok {
				note(at)
			}
		}
	}
	if i.change != nil {
		for _, e := range i.change.Effects {
			if at, ok := e.Thing.Path(); ok && e.Entry != nil && e.Entry.Type != resource.TypeAbsent {
				note(at)
			}
		}
		notePaths(i.change.After["home"], "", note)
	}
	for _, a := range i.block().Def.Args.Attrs {
		if a.Content || a.Diff || a.Secret || contains(i.sensitive, a.Name) {
			continue
		}
		from := ""
		switch {
		case a.Needs == kind.PathOf:
			from = path.Dir(claimedPath(i.block().Def, i.wire))
		case a.Guard:
			from = i.runsIn()
		}
		notePaths(i.wire[a.Name], from, note)
	}
}

// notePaths notes the absolute paths among wire values, and relative ones that begin in a
// directory, if there is one.
func notePaths(v any, from string, note func(string)) {
	if values, isMap := v.(map[string]any); isMap {
		for _, e := range values {
			notePaths(e, from, note)
		}
		return
	}
	for _, text := range wireTexts(v) {
		switch {
		case path.IsAbs(text):
			note(text)
		case path.IsAbs(from):
			note(path.Join(from, text))
		}
	}
}
