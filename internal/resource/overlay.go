package resource

import (
	"iter"
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// overlay is the machine as a plan will make it, as a layer over what is there: it
// keeps the effects of each checked action, and which actions come before which.
// The Service makes one for each plan and adds an action when its check has
// answered. A check reads it through a view, which shows the effects of its
// predecessors and of nobody else. It is never written to the machine. Any
// goroutine may use it.
type overlay struct {
	mu      sync.RWMutex
	nodes   map[string]*node
	writers map[kind.Thing][]*node
	// accounts counts the writers of users and groups: without any, no
	// number has to be looked up twice.
	accounts int
	pulls    planPulls
}

// node is one action of a plan. It never changes once it is in an overlay.
type node struct {
	address string
	attempt int
	after   []string
	// depth is the length of the longest chain of predecessors. Of two actions in
	// order, the later one has the greater depth.
	depth   int
	effects map[kind.Thing]Effect
}

func newOverlay() *overlay {
	return &overlay{nodes: map[string]*node{}, writers: map[kind.Thing][]*node{}}
}

// add puts an action with its effects into the overlay. It replaces what an
// earlier attempt of the same action found, and is ignored if a later one has
// been added.
func (o *overlay) add(address string, attempt int, after []string, effects []Effect) {
	n := &node{address: address, attempt: attempt, after: after, effects: make(map[kind.Thing]Effect, len(effects))}
	for _, e := range effects {
		n.effects[e.Thing] = e
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if old := o.nodes[address]; old != nil && old.attempt > attempt {
		return
	}
	o.drop(address)
	for _, a := range after {
		if p := o.nodes[a]; p != nil {
			n.depth = max(n.depth, p.depth+1)
		}
	}
	o.nodes[address] = n
	for thing := range n.effects {
		o.writers[thing] = append(o.writers[thing], n)
		if _, isPath := thing.Path(); !isPath {
			o.accounts++
		}
	}
}

func (o *overlay) drop(address string) {
	old := o.nodes[address]
	if old == nil {
		return
	}
	for thing := range old.effects {
		o.writers[thing] = slices.DeleteFunc(o.writers[thing], func(n *node) bool { return n == old })
		if _, isPath := thing.Path(); !isPath {
			o.accounts--
		}
	}
	delete(o.nodes, address)
}

// addDeltas adds actions of other contexts, each after those that it names.
func (o *overlay) addDeltas(deltas []Delta) {
	left := make(map[string]Delta, len(deltas))
	for _, d := range deltas {
		left[d.Address] = d
	}
	var add func(address string)
	add = func(address string) {
		d, ok := left[address]
		if !ok {
			return
		}
		delete(left, address)
		for _, a := range d.After {
			add(a)
		}
		o.add(d.Address, d.Attempt, d.After, slices.DeleteFunc(d.Effects, func(e Effect) bool { return !e.Valid() }))
	}
	for _, d := range deltas {
		add(d.Address)
	}
}

// view is what one action sees of an overlay: the effects of the actions that come
// before it, directly or not. It belongs to one goroutine. It knows those actions
// by address, since another check may replace one of them at any time.
type view struct {
	o         *overlay
	after     []string
	ancestors map[string]bool
}

// effects returns the effects on a thing that the action sees, the latest first.
func (v *view) effects(thing kind.Thing) []Effect {
	v.o.mu.RLock()
	writers := slices.Clone(v.o.writers[thing])
	v.o.mu.RUnlock()
	if len(writers) == 0 {
		return nil
	}
	before := v.before()
	writers = slices.DeleteFunc(writers, func(n *node) bool { return !before[n.address] })
	slices.SortStableFunc(writers, func(a, b *node) int { return b.depth - a.depth })
	out := make([]Effect, len(writers))
	for i, n := range writers {
		out[i] = n.effects[thing]
	}
	return out
}

// before returns the addresses of all actions that come before: those that the
// request names, their predecessors, and so on. It is computed once.
func (v *view) before() map[string]bool {
	if v.ancestors != nil {
		return v.ancestors
	}
	v.ancestors = map[string]bool{}
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	todo := slices.Clone(v.after)
	for len(todo) > 0 {
		n := v.o.nodes[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if n == nil || v.ancestors[n.address] {
			continue
		}
		v.ancestors[n.address] = true
		todo = append(todo, n.after...)
	}
	return v.ancestors
}

// last yields the latest effect on each of some things, in the order of their
// names.
func (v *view) last(of kind.Things) iter.Seq2[kind.Thing, Effect] {
	return func(yield func(kind.Thing, Effect) bool) {
		for _, thing := range v.things(of) {
			if effects := v.effects(thing); len(effects) > 0 && !yield(thing, effects[0]) {
				return
			}
		}
	}
}

// things returns those of them that an earlier action has an effect on, sorted.
func (v *view) things(of kind.Things) []kind.Thing {
	var out []kind.Thing
	before := v.before()
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	for address := range before {
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
