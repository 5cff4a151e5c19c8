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

// deletes reports whether an instance removes what its source does not have.
func (i *instance) deletes() bool {
	_, sends := i.block().Def.Tree()
	return sends && i.wire[deleteArg] == true && i.departs == nil
}

// purge has the hosts asked again of blocks that purge or delete, if what stays is not what they
// were told. It reports whether there was one.
func (p *Planner) purge() bool {
	var asking []*instance
	again := false
	for _, n := range p.nodes {
		for _, i := range n.insts {
			switch {
			case n.block.Type != config.ResourceBlock || i.verdict != done:
			case i.purges():
				asking = append(asking, i)
			case i.deletes():
				again = p.tellOwn(i) || again
			}
		}
	}
	if len(asking) == 0 {
		return again
	}
	unseen := p.newClaimants()
	for _, i := range asking {
		wire := maps.Clone(i.wire)
		for _, name := range toPurge {
			delete(wire, name)
		}
		if why := p.unsureOf(i, unseen); why != "" {
			wire[waitsArg] = why
		} else {
			p.tellDeclared(i, unseen, wire)
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

// warnUnpurged says of a directory that is as it should be that this plan does not purge it: it is no
// action of the plan, with which that would be told.
func (p *Planner) warnUnpurged() {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if i.isCall() || i.isContext() || i.verdict != done || i.change == nil || i.change.Op != resource.NoOp {
				continue
			}
			for _, w := range i.change.Warnings {
				if w.Code == kind.CodePurgeWaits {
					p.problems.warn(i, &Failure{Code: w.Code, Attr: w.Attr, Summary: w.Summary, Detail: w.Detail, Own: w.Own})
				}
			}
		}
	}
}

// tellOwn has the host of a block that deletes asked again, if it was not told which of its files
// mitoplan uses itself. It reports whether it was not.
func (p *Planner) tellOwn(i *instance) bool {
	own := p.ownOf(i, i.wire)
	if len(own) == 0 {
		return false
	}
	was, told := i.wire[ownArg]
	now := wireSet(own)
	if told && reflect.DeepEqual(was, any(now)) {
		return false
	}
	i.wire = maps.Clone(i.wire)
	i.wire[ownArg] = now
	p.rewind.askAgain(i)
	return true
}

// ownOf are the files that mitoplan uses itself on the machine of an instance, with the source of
// that instance.
func (p *Planner) ownOf(i *instance, wire map[string]any) map[string]bool {
	out := p.ownFilesOn(i.machine)
	if i.machine != p.order.machineNamed("local") {
		return out
	}
	if a, sends := i.block().Def.Tree(); sends {
		if text := wireText(wire[a.Name]); text != "" {
			if at, err := p.cfg.SourcePath(text); err == nil {
				out[at] = true
			}
		}
	}
	return out
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

// tellDeclared puts on the wire what stays below the directory of an instance: what any block
// of the machine is about, makes or names. What is below it as it is written is said relative
// to it. Where the other names lead, and the homes of accounts, only the host knows.
func (p *Planner) tellDeclared(i *instance, unseen *claimants, wire map[string]any) {
	dirs := map[string]bool{}
	for _, thing := range i.touches() {
		if dir, ok := thing.Path(); ok {
			dirs[dir] = true
		}
	}
	below := func(at string, found func(rel string)) {
		at = path.Clean(at)
		for dir := range dirs {
			if rel, below := strings.CutPrefix(at, strings.TrimSuffix(dir, "/")+"/"); below && rel != "" {
				found(rel)
			}
		}
	}
	declared, named, accounts, later := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	links := p.plannedLinks(i)
	note := func(at string) { below(at, func(rel string) { declared[rel] = true }) }
	name := func(at string) {
		note(at)
		for _, to := range links.through(path.Clean(at)) {
			named[to] = true
		}
	}
	for _, q := range p.onMachineOf(i) {
		switch {
		case q.departs != nil:
			q.leaves(func(at string) { below(at, func(rel string) { later[rel] = true }) })
			q.names(note, note)
		default:
			q.names(note, name)
			for _, thing := range q.namesOfThings() {
				if what, user := thing.Parts(); what == kind.UserOf {
					accounts[user] = true
				}
			}
		}
	}
	for thing, by := range unseen.byThing {
		if !slices.ContainsFunc(by, func(e *absentee) bool { return e.on(i.machine) }) {
			continue
		}
		if at, isPath := thing.Path(); isPath {
			name(at)
		} else if what, user := thing.Parts(); what == kind.UserOf {
			accounts[user] = true
		}
	}
	wire[declaredArg] = wireSet(declared)
	wire[namedArg], wire[accountsArg], wire[laterArg] = wireSet(named), wireSet(accounts), wireSet(later)
	wire[ownArg] = wireSet(p.ownFilesOn(i.machine))
}

func wireSet(set map[string]bool) []any {
	out := []any{}
	for _, text := range sortedKeys(set) {
		out = append(out, cbor.ByteString(text))
	}
	return out
}

// onMachineOf are the other instances that are on the machine of an instance, or on one which
// another context leads to by the same arguments.
func (p *Planner) onMachineOf(i *instance) (out []*instance) {
	place := ""
	if i.on != nil {
		place = p.record.leadsTo(i.on)
	}
	for _, n := range p.nodes {
		for _, q := range n.insts {
			if q == i || q.verdict == disabled || q.machine == nil {
				continue
			}
			if q.machine == i.machine || place != "" && q.on != nil && p.record.leadsTo(q.on) == place {
				out = append(out, q)
			}
		}
	}
	return out
}

// ownFilesOn are the files on a machine that mitoplan uses itself: those of the configuration,
// the record and the plan file are on that of the controller.
func (p *Planner) ownFilesOn(m *machine) map[string]bool {
	out := map[string]bool{}
	if m != p.order.machineNamed("local") {
		return out
	}
	for at := range p.opts.Files {
		out[at] = true
	}
	for _, at := range p.cfg.OwnFiles() {
		out[at] = true
	}
	return out
}

// plannedLinks are the links that a plan makes on the machine of an instance, with where each
// points to.
func (p *Planner) plannedLinks(i *instance) plannedLinks {
	out := plannedLinks{}
	for _, q := range p.onMachineOf(i) {
		if q.change == nil {
			continue
		}
		for _, e := range q.change.Effects {
			at, isPath := e.Thing.Path()
			if !isPath || e.Entry == nil || e.Entry.Type != resource.TypeLink || e.Entry.Target == "" {
				continue
			}
			to := string(e.Entry.Target)
			if !path.IsAbs(to) {
				to = path.Join(path.Dir(at), to)
			}
			out[at] = path.Clean(to)
		}
	}
	return out
}

type plannedLinks map[string]string

// through are a path and the paths that it becomes behind these links.
func (l plannedLinks) through(at string) []string {
	out := []string{at}
	for len(l) > 0 && len(out) < maxLinks {
		to, found := "", false
		for dir := at; dir != "/" && dir != "." && !found; dir = path.Dir(dir) {
			if to, found = l[dir]; found {
				at = path.Join(to, strings.TrimPrefix(at, dir))
			}
		}
		if !found {
			break
		}
		out = append(out, at)
	}
	return out
}

// maxLinks is how many links a path may lead through, as in Linux.
const maxLinks = 40

// leaves are the paths of what departs that stay, as somebody else made them.
func (i *instance) leaves(note func(string)) {
	if i.change == nil || i.verdict != done {
		return
	}
	gone := map[kind.Thing]bool{}
	for _, e := range i.change.Effects {
		gone[e.Thing] = e.Entry != nil && e.Entry.Type == resource.TypeAbsent
	}
	for _, thing := range i.change.Writes {
		if at, ok := thing.Path(); ok && !gone[thing] {
			note(at)
		}
	}
}

// names are the absolute paths that an instance is about or makes, which note gets, and those
// that it names in an argument that is no content and no secret, which name gets. A host has
// resolved the former if it was asked.
func (i *instance) names(note, name func(string)) {
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
		notePaths(i.change.After["home"], "", name)
	}
	for _, a := range i.block().Def.Args.Attrs {
		if a.Content || a.Diff || a.Secret || contains(i.sensitive, a.Name) || i.change != nil && a.Claims+a.Edits != "" {
			continue
		}
		from := ""
		switch {
		case a.Needs == kind.PathOf:
			from = path.Dir(claimedPath(i.block().Def, i.wire))
		case a.Guard:
			from = i.runsIn()
		}
		notePaths(i.wire[a.Name], from, name)
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
