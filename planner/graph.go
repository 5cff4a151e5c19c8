package planner

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// node is one block, and what it expanded to.
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

	expanded bool
	failed   bool
	onMap    bool // `on` is a collection
	perEach  bool // for_each or count
	counted  bool
	insts    []*instance
	byKey    map[string]*instance
	byFirst  map[string][]*instance
	onKeys   map[string]bool // every key of `on`, disabled instances too
	// eachOpen is true while a value of for_each is not known, though its key
	// is; eachStale, where it may have become known.
	eachOpen, eachStale bool
	open                int // instances that are not settled
	// deferred says why a node that did not expand never will in this plan.
	deferred string
	// sought is true of a node that has to be expanded: it was asked for, or
	// something that was depends on it.
	sought bool
	// excluded is true of a block that -exclude names as a whole; leftOut, of one
	// that does not expand because of that or of something else left out.
	excluded, leftOut bool
	broken            int  // instances that failed or were skipped
	woken             bool // something looks at all of it
	// unknownArgs is the same for all instances.
	unknownArgs cty.Value
	outputs     bool // an output looks at it
	valued      bool // another block looks at its values
	// debtors are the calls that each instance triggers, all instances under
	// nil. debts are what a call's own instances owe. See debt.go.
	debtors map[*instance][]string
	debts   *debts

	// news says that its value has become better known after it was settled;
	// renewed, that it was looked at again because of that. See renew.go.
	news, renewed bool

	// stale says that the value which references see is not up to date; built,
	// that there is one.
	stale, built bool
}

// ref is one reference from a block to another.
type ref struct {
	to *node
	config.Reference
	// ordered is true where the referrer comes after what it refers to;
	// explicit is true for depends_on and triggered_by.
	ordered, explicit, trigger bool
	// expansion is true where only the block's expansion depends on it: it
	// stands in on, for_each or count.
	expansion bool
	// at is where the block says it: of what a local refers to, the local's name.
	at hcl.Range
	// viaLocal is true where it came through a local, so that nothing is known
	// about which instance is meant.
	viaLocal bool
}

// settled reports whether nothing about the node changes any more in this plan.
func (n *node) settled() bool { return n.ended() || n.expanded && n.open == 0 }

// countBroken keeps the count of instances that failed or were skipped.
func (n *node) countBroken(was, is outcome) {
	if was.broken() {
		n.broken--
	}
	if is.broken() {
		n.broken++
	}
}

// ended reports whether the node will not expand in this plan.
func (n *node) ended() bool { return n.failed || n.leftOut || n.deferred != "" }

// graph is all blocks, dependencies first, and what they expanded to.
type graph struct {
	cfg       *config.Config
	nodes     []*node // dependencies first
	byAddress map[string]*node
	instances map[string]*instance
}

// newGraph sorts the blocks of a configuration by what they refer to. Its
// diagnostics are cycles that loading did not find; their blocks have failed.
func newGraph(cfg *config.Config) (*graph, hcl.Diagnostics) {
	g := &graph{cfg: cfg, byAddress: map[string]*node{}, instances: map[string]*instance{}}
	var all []*node
	for _, blocks := range [][]*config.Block{cfg.Contexts, cfg.Resources, cfg.Calls} {
		for _, b := range blocks {
			n := &node{
				addr: b.Address(), block: b, stale: true, byKey: map[string]*instance{}, onKeys: map[string]bool{},
				unknownArgs: cty.UnknownVal(config.ArgsType(b.Def.Args)),
			}
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

// refsOf are the references of a block to other blocks. Ordering follows from
// references of resources and calls to each other; a context is what things run
// in and orders nothing.
func (g *graph) refsOf(b *config.Block) []ref {
	var out []ref
	// add adds a reference for each target; how says what they have in common.
	add := func(targets []config.Reference, how ref) {
		for _, r := range targets {
			if to := g.byAddress[r.Address]; to != nil {
				how.to, how.Reference, how.ordered = to, r, to.block.Type != config.ContextBlock
				out = append(out, how)
			}
		}
	}
	add(b.DependsOn, ref{explicit: true})
	add(b.TriggeredBy, ref{explicit: true, trigger: true})
	seen := map[string]bool{}
	for _, r := range b.References() {
		how := ref{at: r.Range, expansion: expands(b, r)}
		switch {
		case r.Kind == config.RefLocal:
			how.viaLocal = true
			add(g.localRefs(r.Address, seen), how)
		case !isListed(b, r):
			add([]config.Reference{r}, how)
		}
	}
	return out
}

// namedRefs are the references that name instances by key, of those nodes that
// are referred to in no other way. What they mean does not wait for the rest of
// its collection.
func namedRefs(refs []ref) map[*node][]ref {
	out := map[*node][]ref{}
	whole := map[*node]bool{}
	for _, r := range refs {
		switch {
		case r.expansion || r.explicit:
		case r.viaLocal || r.KeyExpr == nil && r.Key == cty.NilVal:
			whole[r.to] = true
		default:
			out[r.to] = append(out[r.to], r)
		}
	}
	for n := range whole {
		delete(out, n)
	}
	return out
}

// expands reports whether a reference stands in an argument that says which
// instances there are.
func expands(b *config.Block, r config.Reference) bool {
	return slices.ContainsFunc([]hcl.Expression{b.On, b.ForEach, b.Count}, func(expr hcl.Expression) bool { return standsIn(expr, r.Range) })
}

func standsIn(expr hcl.Expression, at hcl.Range) bool {
	return expr != nil && expr.Range().Filename == at.Filename && expr.Range().ContainsPos(at.Start)
}

func isListed(b *config.Block, r config.Reference) bool {
	for _, list := range [][]config.Reference{b.DependsOn, b.TriggeredBy} {
		for _, x := range list {
			if x.Range == r.Range {
				return true
			}
		}
	}
	return false
}

// localRefs are the references to blocks that a local stands for.
func (g *graph) localRefs(address string, seen map[string]bool) []config.Reference {
	if seen[address] {
		return nil
	}
	seen[address] = true
	l := g.cfg.Locals[strings.TrimPrefix(address, "local.")]
	if l == nil {
		return nil
	}
	var out []config.Reference
	for _, r := range l.References() {
		if r.Kind == config.RefLocal {
			out = append(out, g.localRefs(r.Address, seen)...)
			continue
		}
		out = append(out, r)
	}
	return out
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

// cycle fails the blocks that depend on each other.
func cycle(path []*node, back *node) *hcl.Diagnostic {
	var names []string
	for i := len(path) - 1; i >= 0; i-- {
		names = append(names, path[i].addr)
		path[i].failed = true
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
