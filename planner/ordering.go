package planner

import (
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ordering draws the order that follows from what instances claim, edit and need
// on their machines. The Planner makes one and tells it of each instance that is
// placed, and of what each check said. It calls put for each edge that it adds.
// It needs no Planner, and never changes an edge that the configuration asks
// for.
type ordering struct {
	machines map[string]*machine
	// toOrder are the things that got another owner or editor.
	toOrder map[thingKey]bool
	// put is called after an instance was put after q.
	put func(i, q *instance)
}

func newOrdering(put func(i, q *instance)) *ordering {
	return &ordering{machines: map[string]*machine{}, toOrder: map[thingKey]bool{}, put: put}
}

// claim remembers what an instance owns, changes and needs on its machine, and
// draws the order that follows: a path after the directory that contains it, a
// file after its user and group.
func (o *ordering) claim(i *instance) {
	m := i.machine
	if i.isContext() {
		m = hostMachine(i)
	}
	attrs := i.block().Def.Args.Attrs
	for k := range attrs {
		a := &attrs[k]
		if a.Claims == "" && a.Edits == "" && a.Needs == "" && a.Reads == "" && a.Over == "" {
			continue
		}
		for _, text := range wireTexts(i.wire[a.Name]) {
			o.claimValue(m, i, a, text)
		}
	}
	i.declared = len(i.things)
	o.heed(m, i)
}

// heed orders an instance after everybody who claims or edits a file of settings that its kind
// heeds, and those whose kinds heed one that it is about after it. What the blocks ask for
// comes first: a file of an account comes after that, even if that heeds the file.
func (o *ordering) heed(m *machine, i *instance) {
	for _, thing := range i.things {
		for _, f := range m.heeders[thing] {
			o.impliedOrder(f, i)
		}
	}
	for _, at := range i.block().Def.Settings {
		thing := kind.PathThing(at)
		if m.heeders == nil {
			m.heeders = map[kind.Thing][]*instance{}
		}
		m.heeders[thing] = append(m.heeders[thing], i)
		for _, c := range m.things[thing] {
			o.impliedOrder(i, c.inst)
		}
	}
}

func (o *ordering) claimValue(m *machine, i *instance, a *kind.Attr, text string) {
	if text == "" {
		return
	}
	switch {
	case a.Over != "":
		o.cover(m, i, path.Clean(text))
	case a.Claims != "" || a.Edits != "":
		what := a.Claims + a.Edits
		thing := kind.ThingOf(what, text)
		o.addClaim(m, thing, claim{inst: i, whole: a.Claims != ""})
		if a.Claims != "" {
			for _, f := range m.needers[thing] {
				o.impliedOrder(f, i)
			}
		}
		for _, f := range m.readers[thing] {
			o.impliedOrder(f, i)
		}
		if what == kind.PathOf {
			o.needPath(m, i, path.Clean(text))
		}
		if a.Needs != "" && !i.block().Def.Absent(i.wire) {
			o.need(m, i, kind.ThingOf(a.Needs, text))
		}
	case a.Reads == kind.PathOf:
		o.needRead(m, i, path.Clean(text))
	case a.Needs == kind.PathOf:
		o.needTarget(m, i, text)
	case a.Needs != "":
		o.need(m, i, kind.ThingOf(a.Needs, text))
	}
}

// needTarget orders an instance after everybody who claims the path that it leads to, or a
// directory above that. A relative one begins in the directory of the path that the
// instance claims. What is to be gone leads nowhere.
func (o *ordering) needTarget(m *machine, i *instance, to string) {
	def := i.block().Def
	if def.Absent(i.wire) {
		return
	}
	if !path.IsAbs(to) {
		at := claimedPath(def, i.wire)
		if at == "" {
			return // It is known after apply.
		}
		to = path.Join(path.Dir(at), to)
	}
	to = path.Clean(to)
	o.need(m, i, kind.PathThing(to))
	o.needPath(m, i, to)
}

// needRead orders an instance after everybody who claims or edits a path whose content goes
// into its own, or who claims a directory above that. What is to be gone reads nothing.
func (o *ordering) needRead(m *machine, i *instance, from string) {
	if i.block().Def.Absent(i.wire) {
		return
	}
	thing := kind.PathThing(from)
	if m.readers == nil {
		m.readers = map[kind.Thing][]*instance{}
	}
	m.readers[thing] = append(m.readers[thing], i)
	for _, c := range m.things[thing] {
		o.impliedOrder(i, c.inst)
	}
	o.behind(m, i, thing)
	o.afterBringers(m, i, thing)
	o.needPath(m, i, from)
}

// claimedPath is the path that these arguments claim, "" if that is not known.
func claimedPath(def *kind.Kind, wire map[string]any) string {
	for _, a := range def.Args.Attrs {
		if texts := wireTexts(wire[a.Name]); a.Claims == kind.PathOf && len(texts) == 1 {
			return path.Clean(texts[0])
		}
	}
	return ""
}

// cover orders an instance after the directories above a path, and with everybody who is at that
// path, below it, or reads what is there.
func (o *ordering) cover(m *machine, i *instance, at string) {
	thing := kind.PathThing(at)
	m.covers[thing] = append(m.covers[thing], i)
	for _, f := range m.needers[thing] {
		o.beneath(f, i)
	}
	for _, c := range m.things[thing] {
		o.at(c.inst, i, thing)
	}
	for _, f := range m.readers[thing] {
		o.beneath(f, i)
	}
	if !i.block().Def.Absent(i.wire) {
		o.needPath(m, i, at)
	}
}

// behind orders an instance with who is over a thing that it is about.
func (o *ordering) behind(m *machine, i *instance, thing kind.Thing) {
	for _, q := range m.covers[thing] {
		o.at(i, q, thing)
	}
}

// at puts an instance that is about a thing with one that is over it. What is mounted over a
// directory goes before that directory does: otherwise what is mounted would be taken away.
func (o *ordering) at(i, over *instance, thing kind.Thing) {
	if slices.Contains(i.things, thing) {
		o.impliedOrder(i, over)
		return
	}
	o.beneath(i, over)
}

// beneath puts an instance after one that is over what it is about, whether that comes or goes. What
// goes with one that goes does so before, while it can still be reached.
func (o *ordering) beneath(i, over *instance) {
	if i.block().Def.Absent(i.wire) && over.block().Def.Absent(over.wire) {
		i, over = over, i
	}
	o.impliedOrder(i, over)
}

// addClaim notes who owns or edits a thing, under one of its names.
func (o *ordering) addClaim(m *machine, thing kind.Thing, c claim) {
	if slices.Contains(c.inst.things, thing) {
		return
	}
	c.inst.things = append(c.inst.things, thing)
	m.things[thing] = append(m.things[thing], c)
	o.behind(m, c.inst, thing)
	if !c.said {
		o.afterBringers(m, c.inst, thing)
	}
	o.unordered(m, thing)
}

// needPath orders an instance after everybody who claims a directory above a
// path, and notes it for those who will claim one later.
func (o *ordering) needPath(m *machine, i *instance, name string) {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		o.need(m, i, kind.PathThing(dir))
		if dir == "/" || dir == "." {
			return
		}
	}
}

func (o *ordering) need(m *machine, i *instance, thing kind.Thing) {
	m.needers[thing] = append(m.needers[thing], i)
	for _, c := range m.things[thing] {
		if c.whole {
			o.impliedOrder(i, c.inst)
		}
	}
	o.behind(m, i, thing)
	o.afterBringers(m, i, thing)
}

// impliedOrder puts i after q, unless the configuration says the opposite.
func (o *ordering) impliedOrder(i, q *instance) {
	if i == q || i.predSet[q] || comesAfter(q, i) {
		return
	}
	i.follow(q)
	o.put(i, q)
}

// wrote notes a thing that an instance would write, by the word of its host.
func (o *ordering) wrote(i *instance, thing kind.Thing) {
	m := i.machine
	m.writes(thing, i)
	o.addClaim(m, thing, claim{inst: i, whole: i.whole(), said: true})
}

// forgetWrites takes back what the last check of an instance said it writes,
// but for the names under which the configuration has it.
func (o *ordering) forgetWrites(i *instance) {
	if i.change == nil {
		return
	}
	for _, w := range i.change.Writes {
		i.machine.writesNoMore(w, i)
		if at := slices.Index(i.things, w); at >= i.declared {
			i.things = slices.Delete(i.things, at, at+1)
			i.machine.things[w] = slices.DeleteFunc(i.machine.things[w], func(c claim) bool { return c.inst == i })
		}
	}
}

// afterBringers has an instance come after who brings a directory with them.
func (o *ordering) afterBringers(m *machine, i *instance, thing kind.Thing) {
	for _, q := range m.brings[thing] {
		o.impliedOrder(i, q)
	}
}

// unordered notes a thing that got one more owner or editor. The next call of
// edits orders them, before anything is sent.
func (o *ordering) unordered(m *machine, thing kind.Thing) {
	if len(m.things[thing]) > 1 {
		o.toOrder[thingKey{m, thing}] = true
	}
}

// thingKey is one thing of one machine.
type thingKey struct {
	machine *machine
	thing   kind.Thing
}
