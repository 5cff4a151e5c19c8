package planner

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// node is one block of the configuration and the instances that it expanded to.
// newGraph makes one for each block, and it stays as long as its Planner. It
// expands once, when `on`, for_each and count are known, or ends without
// instances: failed, left out or deferred. It counts its instances that are not
// settled and those that are broken, so that what refers to the block need not
// look at each. It never evaluates anything itself; values does.
type node struct {
	addr  string
	block *config.Block
	order int // dependencies have lower numbers

	// refs are the block's references to other blocks, those through locals
	// included. users are the nodes that refer to this one.
	refs []ref
	// named holds, for each node of which the block only ever means instances
	// that it names by key, those references.
	named map[*node][]ref
	users []*node
	// reach are the blocks that it refers to, however far; see referred.
	reach []*node

	phase nodePhase
	// deferred says why a node that did not expand never will in this plan.
	deferred string
	// What the block says of its instances; set once, when it expands: onMap is true
	// if `on` is a collection, perEach if it has for_each or count, counted for count.
	onMap, perEach, counted bool
	insts                   []*instance
	byKey                   map[string]*instance
	byFirst                 map[string][]*instance
	onKeys                  map[string]bool // every key of `on`, disabled instances too
	open                    int             // instances that are not settled
	// sought is true of a node that has to be expanded: it was asked for, or
	// something that was depends on it. It is never taken back.
	sought bool
	// excluded is true of a block that -exclude names as a whole. It is set once.
	excluded bool
	broken   int // instances that failed or were skipped
	// woken, outputs and valued say who looks at it: something at all of it, an
	// output, another block at its values. None is ever taken back.
	woken, outputs, valued bool
	// debtors are the calls that each instance triggers, all instances under
	// nil. debts are what a call's own instances owe. See debt.go.
	debtors map[*instance][]string
	debts   *blockDebts

	// news is what became known of it after it had settled.
	news blockNews
	// value is how far the value that references see is up to date, and each how
	// far the values of for_each are known.
	value nodeValue
	each  eachState
}

// countBroken keeps the count of instances that failed or were skipped.
func (n *node) countBroken(was, is verdict) {
	if was.broken() {
		n.broken--
	}
	if is.broken() {
		n.broken++
	}
}

// graph holds all blocks, dependencies first, and all instances by address. It
// belongs to the Planner and only grows.
type graph struct {
	cfg       *config.Config
	nodes     []*node // dependencies first
	byAddress map[string]*node
	instances map[string]*instance
}

// newGraph sorts the blocks of a configuration, so that a block comes after
// those that it refers to. It returns an error for each cycle that loading did
// not find; the blocks of the cycle have failed.
func newGraph(cfg *config.Config) (*graph, hcl.Diagnostics) {
	g := &graph{cfg: cfg, byAddress: map[string]*node{}, instances: map[string]*instance{}}
	var all []*node
	for _, blocks := range [][]*config.Block{cfg.Contexts, cfg.Resources, cfg.Calls} {
		for _, b := range blocks {
			n := &node{addr: b.Address(), block: b, byKey: map[string]*instance{}, onKeys: map[string]bool{}}
			g.byAddress[n.addr] = n
			all = append(all, n)
		}
	}
	for _, n := range all {
		n.refs = g.refsOf(n.block)
		n.named = namedRefs(n.refs)
		for _, r := range n.refs {
			r.to.users = append(r.to.users, n)
			r.to.valued = r.to.valued || !r.explicit
		}
	}
	for _, n := range all {
		n.users = uniqueNodes(n.users)
	}
	return g, g.sort(all)
}

// sort puts dependencies first and, among equals, keeps the source order. A
// cycle that loading did not find is one diagnostic; its nodes fail.
func (g *graph) sort(all []*node) (cycles hcl.Diagnostics) {
	const visiting, done = 1, 2
	mark := map[*node]int{}
	var path []*node
	var visit func(n *node)
	visit = func(n *node) {
		switch mark[n] {
		case done:
			return
		case visiting:
			cycles = append(cycles, cycle(path, n))
			return
		}
		mark[n] = visiting
		path = append(path, n)
		for _, r := range n.refs {
			visit(r.to)
		}
		path = path[:len(path)-1]
		mark[n] = done
		n.order = len(g.nodes)
		g.nodes = append(g.nodes, n)
	}
	for _, n := range all {
		visit(n)
	}
	return cycles
}

// cycle marks the blocks that depend on each other as failed, and returns the
// error that names them.
func cycle(path []*node, back *node) *hcl.Diagnostic {
	var names []string
	for i := len(path) - 1; i >= 0; i-- {
		names = append(names, path[i].addr)
		path[i].become(nodeFailed)
		if path[i] == back {
			break
		}
	}
	sort.Strings(names)
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  "Dependency cycle",
		Detail:   fmt.Sprintf("These blocks depend on each other, so none can be first: %s. Remove one of the references.", strings.Join(names, ", ")),
		Subject:  back.block.Range.Ptr(),
	}
}

func uniqueNodes(in []*node) []*node {
	seen := map[*node]bool{}
	out := in[:0]
	for _, n := range in {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

func keyString(v cty.Value) string {
	v, _ = v.Unmark()
	if v.Type() == cty.Number {
		return v.AsBigFloat().Text('f', -1)
	}
	if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		return v.AsString()
	}
	return ""
}

// keyOf joins instance keys to one map key.
func keyOf(keys []string) string {
	s := ""
	for _, k := range keys {
		s += strconv.Quote(k)
	}
	return s
}

// sourceOrder are the nodes of resources and calls as they were written.
func (g *graph) sourceOrder() []*node {
	var blocks []*config.Block
	blocks = append(append(blocks, g.cfg.Resources...), g.cfg.Calls...)
	sort.SliceStable(blocks, func(a, b int) bool {
		x, y := blocks[a].Range, blocks[b].Range
		if x.Filename != y.Filename {
			return x.Filename < y.Filename
		}
		return x.Start.Byte < y.Start.Byte
	})
	out := make([]*node, len(blocks))
	for k, b := range blocks {
		out[k] = g.byAddress[b.Address()]
	}
	return out
}

func (n *node) isContext() bool { return n.block.Type == config.ContextBlock }

func sortedNodes(set map[*node]bool) []*node {
	out := make([]*node, 0, len(set))
	for n := range set {
		out = append(out, n)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].order < out[b].order })
	return out
}
