package resource

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// overlay holds the effects of the actions of one plan, each action knowing
// which ones come before it. Any goroutine may use it.
type overlay struct {
	mu      sync.RWMutex
	nodes   map[string]*node
	writers map[string][]*node // by thing
	// accounts counts the writers of users and groups: without any, no
	// number has to be looked up twice.
	accounts int
}

// node is one action of a plan. It never changes once it is in an overlay.
type node struct {
	address string
	attempt int
	after   []string
	// depth is the length of the longest way here, so that of two writers
	// in order the later has the greater one.
	depth   int
	effects map[string]Effect
}

func newOverlay() *overlay {
	return &overlay{nodes: map[string]*node{}, writers: map[string][]*node{}}
}

// add puts an action into the overlay, in place of what an earlier attempt or
// the same one found.
func (o *overlay) add(address string, attempt int, after []string, effects []Effect) {
	n := &node{address: address, attempt: attempt, after: after, effects: make(map[string]Effect, len(effects))}
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
		if !isPath(thing) {
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
		if !isPath(thing) {
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

// view is what one action sees of an overlay: the effects of all that come
// before it. It belongs to one goroutine. Another check may put an action that
// is seen into the overlay again at any time, so that they go by address.
type view struct {
	o         *overlay
	after     []string
	ancestors map[string]bool
}

// effects returns those on a thing, the last one first.
func (v *view) effects(thing string) []Effect {
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

// before are the addresses of all actions that come before: those named, those
// that these come after, and so on. It is made when it is first needed.
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

// last has the last effect on each thing with a prefix, in the order of their
// names.
func (v *view) last(prefix string) iter.Seq2[string, Effect] {
	return func(yield func(string, Effect) bool) {
		for _, thing := range v.things(prefix) {
			if effects := v.effects(thing); len(effects) > 0 && !yield(thing, effects[0]) {
				return
			}
		}
	}
}

// things names those with a prefix that some action before has an effect on.
func (v *view) things(prefix string) []string {
	var out []string
	before := v.before()
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	for address := range before {
		n := v.o.nodes[address]
		if n == nil {
			continue
		}
		for thing := range n.effects {
			if strings.HasPrefix(thing, prefix) {
				out = append(out, thing)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// accounts reports whether users or groups are among what actions change.
func (v *view) accounts() bool {
	v.o.mu.RLock()
	defer v.o.mu.RUnlock()
	return v.o.accounts > 0
}

// The names of things.
func pathThing(p string) string     { return "path:" + escape(p) }
func userThing(name string) string  { return "user:" + name }
func groupThing(name string) string { return "group:" + name }
func isPath(thing string) bool      { return strings.HasPrefix(thing, "path:") }
func thingPath(thing string) string { return Unescape(strings.TrimPrefix(thing, "path:")) }
