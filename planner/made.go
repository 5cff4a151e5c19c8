package planner

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// made adds the edges that follow from what an action makes besides its own thing,
// which its check has reported: the home directory of an account, or the directories
// above a path. Without these edges, the owner of such a directory would depend on
// which action is faster.
func (o *ordering) made(i *instance) {
	m, c, top := i.machine, i.change, ""
	for _, e := range c.Effects {
		name, isPath := e.Thing.Path()
		if !isPath || e.Entry == nil || e.Entry.Type != resource.TypeDirectory || slices.Contains(c.Writes, e.Thing) {
			continue
		}
		switch {
		case isAbove(c, name):
			o.orderAbove(i, e.Thing)
		case !writesPath(c) && (top == "" || !strings.HasPrefix(name, top+"/")):
			top = name
			o.brings(i, e.Thing, name)
		}
	}
	for _, w := range c.Writes {
		o.afterBringers(m, i, w)
	}
}

// brings has everything in a directory that an action brings with it come
// after the action, and the action after what makes the directories above.
func (o *ordering) brings(i *instance, thing kind.Thing, name string) {
	m := i.machine
	if slices.Contains(m.brings[thing], i) {
		return
	}
	m.brings[thing] = append(m.brings[thing], i)
	for _, f := range slices.Clone(m.needers[thing]) {
		o.impliedOrder(f, i)
	}
	for _, c := range slices.Clone(m.things[thing]) {
		o.impliedOrder(c.inst, i)
	}
	o.needPath(m, i, name)
}

// orderAbove orders instances in different contexts that both need a directory
// above their own. The first one makes the directory and so is its owner.
func (o *ordering) orderAbove(i *instance, thing kind.Thing) {
	m := i.machine
	for _, q := range m.makesAbove[thing] {
		if q == i || q.on == i.on || comesAfter(i, q) || comesAfter(q, i) {
			continue
		}
		first, second := q, i
		if i.before(q) {
			first, second = i, q
		}
		o.impliedOrder(second, first)
	}
	if !slices.Contains(m.makesAbove[thing], i) {
		m.makesAbove[thing] = append(m.makesAbove[thing], i)
	}
}

// isAbove reports whether a path is a directory above one that a change writes.
func isAbove(c *resource.Change, name string) bool {
	return slices.ContainsFunc(c.Writes, kind.ThingsIn(name).Has)
}

func writesPath(c *resource.Change) bool {
	return slices.ContainsFunc(c.Writes, kind.ThingsOf(kind.PathOf).Has)
}
