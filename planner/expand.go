package planner

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// place of an instance: one context of `on`, with its key where `on` is a
// collection.
type onPlace struct {
	key string
	ctx *instance
}

// eachItem is one element of for_each or count.
type eachItem struct {
	key   string
	each  *config.Each
	count *int
}

// expand makes the instances of a block once `on`, `for_each` and `count` are
// known.
func (p *Planner) expand(n *node) {
	if n.expanded || n.ended() {
		return
	}
	expand := p.expandPairs
	if onPerItem(n.block) {
		expand = p.expandItems
	}
	if !expand(n) {
		return
	}
	n.expanded = true
	p.touchUsers(n)
	for _, i := range n.insts {
		p.dirty[i] = true
		if n.outputs && !p.opts.Drift {
			i.wanted = true
		}
	}
}

// expandPairs makes an instance of each place in `on` with each item.
func (p *Planner) expandPairs(n *node) bool {
	places, ok := p.expandOn(n)
	if !ok {
		return false
	}
	items, ok := p.expandEach(n)
	if !ok {
		return false
	}
	if !p.fewEnough(n, len(places)*len(items)) {
		return false
	}
	for _, pl := range places {
		for _, it := range items {
			p.addInstance(n, pl, it)
		}
	}
	return true
}

// onPerItem reports whether `on` says each or count, as in `on = each.value`:
// then every item has one context of its own.
func onPerItem(b *config.Block) bool {
	if b.On == nil {
		return false
	}
	for _, t := range b.On.Variables() {
		if root := t.RootName(); root == "each" || root == "count" {
			return true
		}
	}
	return false
}

// expandItems makes an instance of each item, in the context that `on` names
// for it.
func (p *Planner) expandItems(n *node) bool {
	items, ok := p.expandEach(n)
	if !ok {
		return false
	}
	if !p.fewEnough(n, len(items)) {
		return false
	}
	places := make([]onPlace, len(items))
	for k, it := range items {
		s := p.nodeScope(n).Child()
		s.Each, s.Count = it.each, it.count
		v, diags := n.block.EvalPlace(s, "on", n.block.On)
		if !p.expansionKnown(n, "on", v.IsKnown(), diags) {
			return false
		}
		ctx := p.contextOf(v)
		if ctx == nil {
			p.failNode(n, p.notAContext(n.block, "on", v))
			return false
		}
		places[k].ctx = ctx
	}
	for k, it := range items {
		p.addInstance(n, places[k], it)
	}
	return true
}

// maxInstances is how many instances one block may have. A host chooses the
// number where for_each is made of what it says.
const maxInstances = 50_000

// fewEnough fails a block that would have too many instances.
func (p *Planner) fewEnough(n *node, count int) bool {
	if count <= maxInstances {
		return true
	}
	p.failNode(n, hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Too many instances", Subject: n.block.Range.Ptr(),
		Detail: fmt.Sprintf("%s would have %d instances, and a block can have at most %d. Where for_each, count or on is made of what a host says, look at that first.", n.addr, count, maxInstances),
	}})
	return false
}

func (p *Planner) addInstance(n *node, pl onPlace, it eachItem) {
	i := &instance{
		node: n, pos: len(n.insts),
		placement: placement{on: pl.ctx, each: it.each, count: it.count},
		order:     order{predSet: map[*instance]bool{}},
	}
	n.open++
	if n.onMap {
		i.onKey = pl.key
		n.onKeys[pl.key] = true
	}
	i.keys, i.addr = n.name(pl, it)
	i.args = n.unknownArgs
	p.choose(i)
	if i.on != nil {
		i.on.attached = append(i.on.attached, i)
	}
	n.insts = append(n.insts, i)
	n.byKey[keyOf(i.keys)] = i
	p.instances[i.addr] = i
}

// name gives the keys and the address of an instance.
func (n *node) name(pl onPlace, it eachItem) (keys []string, address string) {
	a := config.Address{Block: n.addr}
	if n.onMap {
		keys, a.Keys = append(keys, pl.key), append(a.Keys, config.Key{Text: pl.key})
	}
	if n.perEach {
		keys, a.Keys = append(keys, it.key), append(a.Keys, config.Key{Text: it.key, Index: n.counted})
	}
	return keys, a.String()
}

// keyOf joins instance keys to one map key.
func keyOf(keys []string) string {
	s := ""
	for _, k := range keys {
		s += strconv.Quote(k)
	}
	return s
}

// expandOn evaluates `on`. A context has none and gets one empty place.
func (p *Planner) expandOn(n *node) ([]onPlace, bool) {
	expr := n.block.On
	if n.block.Type == config.ContextBlock {
		return []onPlace{{}}, true
	}
	if expr == nil {
		p.failNode(n, hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Missing context", Subject: n.block.Range.Ptr(),
			Detail: fmt.Sprintf("%s says nothing about where it is. Set `on` to a context, such as `on = context.local.here`, or to a collection of contexts.", n.addr),
		}})
		return nil, false
	}
	if ctx := n.directOn(); ctx != nil {
		return p.placesOf(n, ctx)
	}
	v, ok := p.evalOn(n)
	if !ok {
		return nil, false
	}
	if ctx := p.contextOf(v); ctx != nil {
		return []onPlace{{ctx: ctx}}, true
	}
	if v.IsNull() || !v.CanIterateElements() || v.Type().IsSetType() {
		p.failNode(n, p.notAContext(n.block, "on", v))
		return nil, false
	}
	n.onMap = true
	var out []onPlace
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if !e.IsKnown() {
			return nil, p.waitNode(n, "on")
		}
		if e.IsNull() {
			continue // a disabled context
		}
		ctx := p.contextOf(e)
		if ctx == nil {
			key := config.Key{Text: keyString(k), Index: k.Type() == cty.Number}
			p.failNode(n, hcl.Diagnostics{n.block.NotAContext(p.cfg, "on", e, &key)})
			return nil, false
		}
		out = append(out, onPlace{key: keyString(k), ctx: ctx})
	}
	return out, true
}

// expandEach evaluates for_each or count. A block with neither gets one item.
func (p *Planner) expandEach(n *node) ([]eachItem, bool) {
	switch {
	case n.block.ForEach != nil:
		return p.eachItems(n)
	case n.block.Count != nil:
		return p.countItems(n)
	}
	return []eachItem{{}}, true
}

func (p *Planner) eachItems(n *node) ([]eachItem, bool) {
	instances, known, diags := n.block.EvalForEach(p.nodeScope(n))
	if !p.expansionKnown(n, "for_each", known, diags) {
		return nil, false
	}
	n.perEach = true
	out := make([]eachItem, len(instances))
	for k := range instances {
		n.eachOpen = n.eachOpen || !instances[k].Value.IsWhollyKnown()
		out[k] = eachItem{key: keyString(instances[k].Key), each: &instances[k]}
	}
	return out, true
}

// refreshEach gives the instances of a block the values of for_each that have
// become known since it expanded. The keys were known then.
func (p *Planner) refreshEach(n *node) {
	if !n.eachOpen || !n.eachStale {
		return
	}
	n.eachStale = false
	instances, known, diags := n.block.EvalForEach(p.nodeScope(n))
	if !known || diags.HasErrors() {
		return
	}
	fresh := make(map[string]*config.Each, len(instances))
	n.eachOpen = false
	for k := range instances {
		fresh[keyString(instances[k].Key)] = &instances[k]
		n.eachOpen = n.eachOpen || !instances[k].Value.IsWhollyKnown()
	}
	for _, i := range n.insts {
		if e := fresh[i.keys[len(i.keys)-1]]; e != nil {
			i.each = e
		}
	}
}

func (p *Planner) countItems(n *node) ([]eachItem, bool) {
	count, known, diags := n.block.EvalCount(p.nodeScope(n))
	if !p.expansionKnown(n, "count", known, diags) {
		return nil, false
	}
	n.perEach, n.counted = true, true
	out := make([]eachItem, count)
	for k := range out {
		out[k] = eachItem{key: strconv.Itoa(k), count: &k}
	}
	return out, true
}

// nodeScope is what the words of an expansion mean, where there is no instance
// yet.
func (p *Planner) nodeScope(n *node) *config.Scope {
	for _, r := range n.refs {
		p.refresh(r.to)
	}
	return p.scope
}

// expansionKnown reports whether an argument that says which instances exist
// has a value; where it has none, it fails the block or has it wait.
func (p *Planner) expansionKnown(n *node, what string, known bool, diags hcl.Diagnostics) bool {
	switch {
	case diags.HasErrors():
		p.failNode(n, diags)
		return false
	case !known:
		return p.waitNode(n, what)
	}
	return true
}

// evalOn evaluates `on`. It returns false while that is unknown, and where it
// failed.
func (p *Planner) evalOn(n *node) (cty.Value, bool) {
	v, diags := n.block.EvalPlace(p.nodeScope(n), "on", n.block.On)
	return v, p.expansionKnown(n, "on", v.IsKnown(), diags)
}

// waitNode leaves a block unexpanded until more is known; where nothing more
// can become known in this plan, it defers the block. It returns false.
func (p *Planner) waitNode(n *node, what string) bool {
	if !n.sought {
		return false
	}
	p.wakeRefs(n)
	for _, r := range n.refs {
		switch {
		case r.to.failed && !n.excluded:
			n.failed = true
			p.touchUsers(n)
			return false
		case r.to.failed, r.to.leftOut:
			p.leaveOutNode(n)
			return false
		}
	}
	for _, r := range n.refs {
		if !r.to.settled() {
			return false
		}
	}
	p.deferNode(n, what)
	return false
}

func (p *Planner) deferNode(n *node, what string) {
	if n.excluded {
		p.leaveOutNode(n)
		return
	}
	for _, r := range n.refs {
		for _, i := range r.to.insts {
			if i.outcome == excluded {
				p.leaveOutNode(n)
				return
			}
			if i.outcome == failed || i.outcome == skipped {
				n.failed = true // its cause has been reported
				p.touchUsers(n)
				return
			}
		}
	}
	n.deferred = what + " depends on values that are known after apply"
	if cause := n.awaited(what); cause != "" {
		n.deferred = what + " waits for " + cause
	}
	p.touchUsers(n)
}

// awaited is what an argument that says which instances there are really waits
// for, "" where nothing that it names tells.
func (n *node) awaited(what string) string {
	expr := map[string]hcl.Expression{"on": n.block.On, "for_each": n.block.ForEach, "count": n.block.Count}[what]
	for _, r := range n.refs {
		if !standsIn(expr, r.at) || r.explicit {
			continue
		}
		if r.to.deferred != "" {
			return r.to.addr
		}
		for _, q := range r.to.insts {
			if q.outcome == deferred || q.outcome == done && q.changes() {
				return q.addr
			}
		}
	}
	return ""
}

// failNode ends a block that cannot be expanded. One that nobody asked for is
// not held against the plan.
func (p *Planner) failNode(n *node, diags hcl.Diagnostics) {
	switch {
	case !n.sought:
		return
	case n.excluded:
		p.leaveOutNode(n)
		return
	}
	n.failed = true
	p.diags = append(p.diags, diags...)
	p.touchUsers(n)
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
