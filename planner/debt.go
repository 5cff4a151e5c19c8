package planner

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// A call with triggered_by runs at least once after each change of what it is
// triggered by. From the moment before a thing is changed until the call has
// run after that, the call owes it: the record says so under the address of
// each declared instance of the call, whatever kept that from running. If
// the instances are not known, it says so under the address of the block, and
// the first plan that knows them hands the debt on.

// Move hands debts on: what the call at From owes for Things is owed by those
// in To from then on. With nobody in To the debt is forgotten.
type Move struct {
	From       string
	Things, To []string
}

// debts brings what is recorded of debts together with the instances of calls that
// there are now. The Planner has one, and it needs no Planner: it looks at what has
// expanded so far, and at the record.
type debts struct {
	*values
	record *record
	// recorded is what calls owe, by their block and by address.
	recorded map[string]map[string][]string
	// triggers are the references in triggered_by of each call that was looked at, by the
	// block that they name.
	triggers map[*node]map[*node][]ref
}

func newDebts(vs *values, rec *record) *debts {
	return &debts{values: vs, record: rec, recorded: debtsByBlock(rec.prior), triggers: map[*node]map[*node][]ref{}}
}

// blockDebts are what the calls of one block owe, in the order of what is
// recorded, and what of that changes hands.
type blockDebts struct {
	byInstance map[*instance][]string
	moves      []Move
}

// debtorsOf are the calls that come to run when an instance changes: every declared
// instance, also one that is disabled, left out or cannot be reached, or the
// block if its instances are not known.
func (ds *debts) debtorsOf(i *instance) []string {
	n := i.node
	if n.debtors == nil {
		n.debtors = map[*instance][]string{}
		for _, u := range n.users {
			ds.addDebtors(n, u)
		}
	}
	return append(slices.Clone(n.debtors[nil]), n.debtors[i]...)
}

func (ds *debts) triggersOf(call *node) map[*node][]ref {
	if known := ds.triggers[call]; known != nil {
		return known
	}
	found := map[*node][]ref{}
	for _, r := range call.refs {
		if r.trigger {
			found[r.to] = append(found[r.to], r)
		}
	}
	ds.triggers[call] = found
	return found
}

// addDebtors notes which instances of a call each instance of a node triggers.
// Those that every instance of the node triggers are noted under nil.
func (ds *debts) addDebtors(n, call *node) {
	again := false // the call names the node more than once
	for _, r := range ds.triggersOf(call)[n] {
		if ds.onlyReads(call) {
			continue
		}
		if !call.expanded() {
			n.debtors[nil] = append(n.debtors[nil], call.addr)
			return
		}
		for _, c := range call.insts {
			if c.reads() {
				continue
			}
			for _, q := range match(c, r) {
				if !again || !slices.Contains(n.debtors[q], c.addr) {
					n.debtors[q] = append(n.debtors[q], c.addr)
				}
			}
		}
		again = true
	}
}

// onlyReads reports whether a call only reads, whichever instance: then every plan
// runs it, and it owes nothing.
func (ds *debts) onlyReads(n *node) bool {
	if slices.ContainsFunc(n.block.Def.Args.Attrs, func(a kind.Attr) bool { return a.Saves != "" && n.block.Attrs[a.Name] != nil }) {
		return false
	}
	return n.block.Def.ReadOnly || slices.ContainsFunc(n.block.Def.Args.Attrs, func(a kind.Attr) bool {
		at := n.block.Attrs[a.Name]
		return a.ReadOnly && at != nil && ds.surelyTrue(at.Expr) || a.Harmless != nil && (at == nil || ds.surelyOneOf(at.Expr, a.Harmless))
	})
}

func (ds *debts) surelyOneOf(expr hcl.Expression, texts []string) bool {
	v, diags := config.EvalExpr(expr, ds.scope, cty.String)
	v, _ = v.Unmark()
	return !diags.HasErrors() && v.IsKnown() && (v.IsNull() || slices.Contains(texts, v.AsString()))
}

func (ds *debts) surelyTrue(expr hcl.Expression) bool {
	v, diags := config.EvalExpr(expr, ds.scope, cty.Bool)
	v, _ = v.Unmark()
	return !diags.HasErrors() && v.IsKnown() && !v.IsNull() && v.True()
}

// owedBy is what a call has to answer since earlier applies.
func (ds *debts) owedBy(i *instance) []string {
	if d := ds.of(i.node); d != nil {
		return d.byInstance[i]
	}
	return nil
}

// of brings what is recorded of a block's debts together with the
// instances that there are now; nil while those are not known.
func (ds *debts) of(n *node) *blockDebts {
	if n.debts != nil || len(ds.recorded[n.addr]) == 0 {
		return n.debts
	}
	if !n.expanded() {
		return nil
	}
	for _, r := range n.refs {
		if r.trigger && !r.to.expanded() {
			return nil
		}
	}
	n.debts = &blockDebts{byInstance: map[*instance][]string{}}
	recorded := ds.recorded[n.addr]
	for _, address := range sortedKeys(recorded) {
		ds.handOut(n, address, recorded[address])
	}
	return n.debts
}

// debtsByBlock sorts what is recorded by block.
func debtsByBlock(prior Prior) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	if prior == nil {
		return out
	}
	for address, things := range prior.Debts() {
		block := config.BlockAddress(address)
		if out[block] == nil {
			out[block] = map[string][]string{}
		}
		out[block][address] = things
	}
	return out
}

// handOut gives the debts of one address to the instance of that address or,
// if there is none, to the instances that take its place.
func (ds *debts) handOut(n *node, address string, things []string) {
	d := n.debts
	if i := ds.instances[address]; i != nil {
		if i.reads() {
			d.moves = append(d.moves, Move{From: address, Things: things})
			return
		}
		d.byInstance[i] = mergeSorted(d.byInstance[i], things)
		return
	}
	for _, thing := range things {
		m := Move{From: address, Things: []string{thing}}
		for _, i := range n.insts {
			if ds.inherits(i, address, thing) {
				d.byInstance[i] = mergeSorted(d.byInstance[i], []string{thing})
				m.To = append(m.To, i.addr)
			}
		}
		if len(m.To) > 0 {
			d.moves = append(d.moves, m)
		}
	}
}

// inherits reports whether an instance takes over what is owed at an address
// that is not, or no longer, an instance: that of the block, or of a key that
// is gone. A key that was renamed is one that is gone and one that is new.
func (ds *debts) inherits(i *instance, address, thing string) bool {
	if address != i.node.addr && ds.knows(i) {
		return false
	}
	changed := ds.instances[thing]
	about := false
	for _, r := range i.node.refs {
		if !r.trigger || r.to.addr != config.BlockAddress(thing) {
			continue
		}
		about = true
		for _, q := range match(i, r) {
			if q == changed || changed == nil && !ds.knows(q) {
				return true
			}
		}
	}
	return !about // its block no longer triggers the call, but the call did not run
}

// knows reports whether an earlier apply knew of the instance.
func (ds *debts) knows(i *instance) bool {
	if _, recorded := ds.record.lookup(i.addr); recorded {
		return true
	}
	return len(ds.recorded[i.node.addr][i.addr]) > 0
}

// moves are the debts that change hands with this plan. A debt is forgotten if its call is gone
// from the configuration, is no longer triggered by anything, or only reads.
func (ds *debts) moves() []Move {
	var out []Move
	for _, block := range sortedKeys(ds.recorded) {
		n := ds.byAddress[block]
		if n == nil || len(n.block.TriggeredBy) == 0 || ds.onlyReads(n) {
			for _, address := range sortedKeys(ds.recorded[block]) {
				out = append(out, Move{From: address, Things: ds.recorded[block][address]})
			}
		} else if d := ds.of(n); d != nil {
			out = append(out, d.moves...)
		}
	}
	return out
}

func mergeSorted(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
