package planner

import (
	"path"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// joined are the context kinds that stay on the machine of what they are
// reached through. Every other kind begins a machine of its own.
var joined = map[string]bool{"local": true, "sudo": true, "su": true, "doas": true}

// machine is what several contexts share: its files and users, and what the
// configuration claims of them.
type machine struct {
	name string
	// things are who claims or edits a thing, by "path:/etc/x", "user:app".
	things map[string][]claim
	// needers are who comes after whoever claims a thing; a path is needed by
	// everything below it.
	needers map[string][]*instance
	writers map[string][]*instance // resolved things that checks said they write
	// brings are who brings a directory with them, and makesAbove who makes one
	// above their own, unless it is there; see made.
	brings, makesAbove map[string][]*instance
	// secret are the attributes of things that some block puts a secret into;
	// called is true once a call was answered.
	secret map[string]map[string]bool
	called bool
}

type claim struct {
	inst  *instance
	whole bool // the one owner, not only of a part
	said  bool // by the host, not by the configuration
}

func (p *Planner) machineOf(ctx *instance) *machine {
	if joined[ctx.block().Kind] {
		if ctx.via != nil {
			return ctx.via.machine
		}
		return p.machineNamed("local")
	}
	return p.machineNamed(ctx.addr)
}

func (p *Planner) machineNamed(name string) *machine {
	m := p.machines[name]
	if m == nil {
		m = &machine{name: name, things: map[string][]claim{}, needers: map[string][]*instance{}, writers: map[string][]*instance{}, brings: map[string][]*instance{}, makesAbove: map[string][]*instance{}}
		p.machines[name] = m
	}
	return m
}

// claim records what an instance owns, changes and needs on its machine, and
// draws the order that follows: a path after the directory that contains it, a
// file after its user and group. It returns false while the machine is not known.
func (p *Planner) claim(i *instance) bool {
	if i.passed(claimed) {
		return true
	}
	if i.machine == nil {
		p.learn(i)
		return false // Its context is not known well enough.
	}
	i.move(claimThings)
	m := i.machine
	if i.isContext() {
		m = p.hostMachine(i)
	}
	for _, a := range i.block().Def.Args.Attrs {
		for _, text := range wireTexts(i.wire[a.Name]) {
			p.claimValue(m, i, a, text)
		}
	}
	i.declared = len(i.things)
	p.learn(i)
	return true
}

// hostMachine is where a context's arguments mean something: a user to become
// is one of the machine that it is reached through.
func (p *Planner) hostMachine(i *instance) *machine {
	if i.via != nil {
		return i.via.machine
	}
	return i.machine
}

func (p *Planner) claimValue(m *machine, i *instance, a kind.Attr, text string) {
	if text == "" {
		return
	}
	switch {
	case a.Claims != "" || a.Edits != "":
		what := a.Claims + a.Edits
		thing := thingOf(what, text)
		p.addClaim(m, thing, claim{inst: i, whole: a.Claims != ""})
		if a.Claims != "" {
			for _, f := range m.needers[thing] {
				p.impliedOrder(f, i)
			}
		}
		if what == "path" {
			p.needPath(m, i, path.Clean(text))
		}
	case a.Needs != "":
		p.need(m, i, thingOf(a.Needs, text))
	}
}

// addClaim notes who owns or edits a thing, under one of its names.
func (p *Planner) addClaim(m *machine, thing string, c claim) {
	if contains(c.inst.things, thing) {
		return
	}
	c.inst.things = append(c.inst.things, thing)
	m.things[thing] = append(m.things[thing], c)
	if !c.said {
		p.afterBringers(m, c.inst, thing)
	}
	p.unordered(m, thing)
}

// needPath has an instance come after whoever claims a directory above it, and
// notes it for those who will.
func (p *Planner) needPath(m *machine, i *instance, name string) {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		p.need(m, i, thingOf("path", dir))
		if dir == "/" || dir == "." {
			return
		}
	}
}

func (p *Planner) need(m *machine, i *instance, thing string) {
	m.needers[thing] = append(m.needers[thing], i)
	for _, c := range m.things[thing] {
		if c.whole {
			p.impliedOrder(i, c.inst)
		}
	}
	p.afterBringers(m, i, thing)
}

// impliedOrder puts i after q, but where the configuration says the opposite.
// An instance that was checked before is checked again.
func (p *Planner) impliedOrder(i, q *instance) {
	if i == q || i.predSet[q] || comesAfter(q, i) {
		return
	}
	p.addPred(i, q)
	if i.asked() && !i.isContext() {
		p.again(i)
	}
}

// again has an instance, and what was checked on top of it, checked anew.
func (p *Planner) again(i *instance) {
	if i.phase < sent {
		return
	}
	i.attempt++
	p.forgetWrites(i)
	i.change, i.refused = nil, false
	switch i.outcome {
	case pending:
		i.move(askAgain)
	case done:
		i.reopen(askAgain)
	case failed:
		p.withdraw(i)
		i.reopen(askAgain)
		p.unskip(i)
	default:
		i.forget()
	}
	p.dirty[i] = true
	for _, f := range i.followers {
		if f.machine == i.machine && f.asked() && !f.isContext() {
			p.again(f)
		}
	}
}

// forgetWrites takes back what the last check of an instance said it writes,
// but for the names under which the configuration has it.
func (p *Planner) forgetWrites(i *instance) {
	if i.change == nil {
		return
	}
	for _, w := range i.change.Writes {
		i.machine.writers[w] = without(i.machine.writers[w], i)
		if at := slices.Index(i.things, w); at >= i.declared {
			i.things = slices.Delete(i.things, at, at+1)
			i.machine.things[w] = slices.DeleteFunc(i.machine.things[w], func(c claim) bool { return c.inst == i })
		}
	}
}

// unskip looks again at what was skipped because an instance failed, now that
// it may not fail.
func (p *Planner) unskip(i *instance) {
	for _, f := range slices.Concat(i.followers, i.attached) {
		if f.outcome == skipped {
			f.attempt++
			f.reopen(askAgain)
			p.dirty[f] = true
			p.unskip(f)
		}
	}
}

// comesAfter reports whether i has q among its predecessors, however far. It
// looks back from i and forward from q by turns: whoever has just been added to
// a long chain has nothing on one side.
func comesAfter(i, q *instance) bool {
	back := newSearch(i, q, func(x *instance) []*instance { return x.preds })
	forth := newSearch(q, i, func(x *instance) []*instance { return x.followers })
	for back.step() && forth.step() {
	}
	return back.found || forth.found
}

// search looks for one instance from another, a step at a time.
type search struct {
	wanted *instance
	next   func(*instance) []*instance
	seen   map[*instance]bool
	stack  []*instance
	found  bool
}

func newSearch(from, wanted *instance, next func(*instance) []*instance) *search {
	return &search{wanted: wanted, next: next, stack: []*instance{from}}
}

// step looks at one instance. It returns false where the search is over.
func (s *search) step() bool {
	if len(s.stack) == 0 {
		return false
	}
	x := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	for _, y := range s.next(x) {
		if y == s.wanted {
			s.found = true
			return false
		}
		if !s.seen[y] {
			if s.seen == nil {
				s.seen = map[*instance]bool{}
			}
			s.seen[y] = true
			s.stack = append(s.stack, y)
		}
	}
	return true
}

func thingOf(what, name string) string {
	if what == "path" {
		name = path.Clean(name)
	}
	return what + ":" + name
}

// wireTexts are the strings in a wire value: itself, or its elements.
func wireTexts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case cbor.ByteString:
		return []string{string(v)}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, wireTexts(e)...)
		}
		return out
	}
	return nil
}

// thingName is a thing for people: `path "/etc/x"`.
func thingName(thing string) string {
	what, name, _ := strings.Cut(thing, ":")
	return what + " " + resource.Unescape(name)
}
