package planner

import (
	"path"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
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
}

type claim struct {
	inst  *instance
	whole bool // the one owner, not only of a part
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
		m = &machine{name: name, things: map[string][]claim{}, needers: map[string][]*instance{}, writers: map[string][]*instance{}}
		p.machines[name] = m
	}
	return m
}

// claim records what an instance owns, changes and needs on its machine, and
// draws the order that follows: a path after the directory that contains it, a
// file after its user and group.
func (p *Planner) claim(i *instance) {
	if i.claimed || i.machine == nil {
		return
	}
	i.claimed = true
	m := i.machine
	if i.isContext() {
		m = p.hostMachine(i)
	}
	for _, a := range i.block().Def.Args.Attrs {
		for _, text := range wireTexts(i.wire[a.Name]) {
			p.claimValue(m, i, a, text)
		}
	}
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
		m.things[thing] = append(m.things[thing], claim{i, a.Claims != ""})
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
}

// impliedOrder puts i after q, but where the configuration says the opposite.
// An instance that was checked before is checked again.
func (p *Planner) impliedOrder(i, q *instance) {
	if i == q || i.predSet[q] || comesAfter(q, i) {
		return
	}
	p.addPred(i, q)
	if i.sent && !i.isContext() {
		p.again(i)
	}
}

// again has an instance, and what was checked on top of it, checked anew.
func (p *Planner) again(i *instance) {
	if !i.sent && !i.settled() {
		return
	}
	i.attempt++
	i.sent, i.change = false, nil
	if i.outcome == done {
		i.outcome = pending
		i.node.open++
		i.node.stale = true
	}
	p.dirty[i] = true
	for _, f := range i.followers {
		if f.machine == i.machine && f.sent && !f.isContext() {
			p.again(f)
		}
	}
}

// comesAfter reports whether i has q among its predecessors, however far.
func comesAfter(i, q *instance) bool {
	if len(i.preds) == 0 {
		return false
	}
	seen := map[*instance]bool{}
	stack := []*instance{i}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, y := range x.preds {
			if y == q {
				return true
			}
			if !seen[y] {
				seen[y] = true
				stack = append(stack, y)
			}
		}
	}
	return false
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
	return what + " " + name
}
