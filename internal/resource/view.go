package resource

import (
	"container/heap"
	"iter"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// view is what one action sees of an overlay: the effects of the actions that come
// before it, directly or not. It belongs to one goroutine.
//
// It learns what comes before as far as a question needs that: the last who wrote a
// thing is mostly the last that comes before. So each of many edits of one file looks at
// few others.
type view struct {
	o     *overlay
	after []string
	// known are the addresses of actions of which it is known that they come before:
	// another check may replace one of them at any time. next are those of them whose
	// own predecessors are not known yet.
	known map[string]bool
	next  byDepth
}

// byDepth is a heap of actions, the one with the greatest depth first.
type byDepth []*node

func (b byDepth) Len() int           { return len(b) }
func (b byDepth) Less(i, k int) bool { return b[i].depth > b[k].depth }
func (b byDepth) Swap(i, k int)      { b[i], b[k] = b[k], b[i] }
func (b *byDepth) Push(n any)        { *b = append(*b, n.(*node)) }
func (b *byDepth) Pop() any {
	n := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return n
}

// learn makes all actions known that come before and have at least this depth. The
// caller holds the lock of the overlay.
func (v *view) learn(depth int) {
	if v.known == nil {
		v.known = map[string]bool{}
		v.meet(v.after)
	}
	for len(v.next) > 0 && (v.o.shallow || v.next[0].depth > depth) {
		v.meet(heap.Pop(&v.next).(*node).after)
	}
}

// meet makes actions known.
func (v *view) meet(addresses []string) {
	for _, a := range addresses {
		if n := v.o.nodes[a]; n != nil && !v.known[a] {
			v.known[a] = true
			heap.Push(&v.next, n)
		}
	}
}

// effects yields the effects on a thing that the action sees, the latest first. They
// are not to be asked for while they are looked at.
func (v *view) effects(thing kind.Thing) iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		v.o.mu.RLock()
		defer v.o.mu.RUnlock()
		writers := v.o.writers[thing]
		for k := v.before(writers, len(writers)); k >= 0; k = v.before(writers, k) {
			if !yield(writers[k].effects[thing]) {
				return
			}
		}
	}
}

// before returns the index of the last of the first k writers that comes before the
// action, -1 if there is none. The caller holds the lock of the overlay.
func (v *view) before(writers []*node, k int) int {
	for k--; k >= 0; k-- {
		v.learn(writers[k].depth)
		if v.known[writers[k].address] {
			return k
		}
		if len(v.known) == 0 {
			return -1
		}
	}
	return -1
}

// latest is the first of the effects on a thing; ok is false if there is none. Each check
// asks for many things that nobody writes, so that it makes no iterator.
func (v *view) latest(thing kind.Thing) (e Effect, ok bool) {
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	writers := v.o.writers[thing]
	k := v.before(writers, len(writers))
	if k < 0 {
		return Effect{}, false
	}
	return writers[k].effects[thing], true
}

// last yields the latest effect on each of some things, in the order of their
// names.
func (v *view) last(of kind.Things) iter.Seq2[kind.Thing, Effect] {
	return func(yield func(kind.Thing, Effect) bool) {
		for _, thing := range v.things(of) {
			if e, ok := v.latest(thing); ok && !yield(thing, e) {
				return
			}
		}
	}
}

// things returns those of them that an earlier action has an effect on, sorted.
func (v *view) things(of kind.Things) []kind.Thing {
	var out []kind.Thing
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	v.learn(-1)
	for address := range v.known {
		n := v.o.nodes[address]
		if n == nil {
			continue
		}
		for thing := range n.effects {
			if of.Has(thing) {
				out = append(out, thing)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// accounts reports whether any action of the plan changes a user or group.
func (v *view) accounts() bool {
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	return v.o.accounts > 0
}
