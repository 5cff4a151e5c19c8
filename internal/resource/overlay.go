package resource

import (
	"slices"
	"sort"
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
	writers map[kind.Thing][]*node // by their depth, the greatest last
	// awaited are actions that others come after, and that are not here yet.
	// shallow is set if an action may have no greater depth than one that it comes
	// after, as that one was added later, or anew with a greater depth.
	awaited map[string]bool
	shallow bool
	// accounts counts the writers of users and groups: without any, no
	// number has to be looked up twice.
	accounts int
	contents planContents
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
	return &overlay{nodes: map[string]*node{}, writers: map[kind.Thing][]*node{}, awaited: map[string]bool{}}
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
	old := o.nodes[address]
	if old != nil && old.attempt > attempt {
		return
	}
	o.drop(old)
	for _, a := range after {
		if p := o.nodes[a]; p != nil {
			n.depth = max(n.depth, p.depth+1)
		} else {
			o.awaited[a] = true
		}
	}
	o.shallow = o.shallow || o.awaited[address] || old != nil && n.depth > old.depth
	o.nodes[address] = n
	for thing := range n.effects {
		writers := o.writers[thing]
		o.writers[thing] = slices.Insert(writers, sort.Search(len(writers), func(k int) bool { return writers[k].depth > n.depth }), n)
		if _, isPath := thing.Path(); !isPath {
			o.accounts++
		}
	}
}

// drop takes an action out, if there is one.
func (o *overlay) drop(old *node) {
	if old == nil {
		return
	}
	for thing := range old.effects {
		writers := o.writers[thing]
		at := sort.Search(len(writers), func(k int) bool { return writers[k].depth >= old.depth })
		at += slices.Index(writers[at:], old)
		o.writers[thing] = slices.Delete(writers, at, at+1)
		if _, isPath := thing.Path(); !isPath {
			o.accounts--
		}
	}
	delete(o.nodes, old.address)
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
