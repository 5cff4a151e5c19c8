package planner

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// items evaluates for_each or count. A block with neither gets one item.
func (vs *values) items(n *node) ([]eachItem, *obstacle) {
	switch {
	case n.block.ForEach != nil:
		return vs.eachItems(n)
	case n.block.Count != nil:
		return vs.countItems(n)
	}
	return []eachItem{{}}, nil
}

func (vs *values) eachItems(n *node) ([]eachItem, *obstacle) {
	instances, known, diags := n.block.EvalForEach(vs.nodeScope(n))
	if stop := obstacleIn("for_each", known, diags); stop != nil {
		return nil, stop
	}
	n.perEach = true
	out := make([]eachItem, len(instances))
	for k := range instances {
		known = known && instances[k].Value.IsWhollyKnown()
		out[k] = eachItem{key: keyString(instances[k].Key), each: &instances[k]}
	}
	n.eachEvaluated(known)
	return out, nil
}

func (vs *values) countItems(n *node) ([]eachItem, *obstacle) {
	count, known, diags := n.block.EvalCount(vs.nodeScope(n))
	if stop := obstacleIn("count", known, diags); stop != nil {
		return nil, stop
	}
	n.perEach, n.counted = true, true
	out := make([]eachItem, count)
	for k := range out {
		out[k] = eachItem{key: strconv.Itoa(k), count: &k}
	}
	return out, nil
}

// refreshEach updates each.value of instances whose for_each had unknown values,
// though known keys, when the block expanded.
func (vs *values) refreshEach(n *node) {
	if n.each != eachBetter {
		return
	}
	n.each = eachOpen
	instances, known, diags := n.block.EvalForEach(vs.nodeScope(n))
	if !known || diags.HasErrors() {
		return
	}
	fresh := make(map[string]*config.Each, len(instances))
	for k := range instances {
		fresh[keyString(instances[k].Key)] = &instances[k]
		known = known && instances[k].Value.IsWhollyKnown()
	}
	n.eachEvaluated(known)
	for _, i := range n.insts {
		if e := fresh[i.keys[len(i.keys)-1]]; e != nil {
			i.each = e
		}
	}
}

// nodeScope is what the words of an expansion mean, if there is no instance
// yet.
func (vs *values) nodeScope(n *node) *config.Scope {
	for _, r := range n.refs {
		vs.refresh(r.to)
	}
	return vs.scope
}

// obstacle is why a block does not expand: an argument that says which instances
// there are is not known yet, or has a problem.
type obstacle struct {
	unknown string // the name of the argument
	diags   hcl.Diagnostics
}

// obstacleIn is what is in the way of an argument, nil if nothing is.
func obstacleIn(name string, known bool, diags hcl.Diagnostics) *obstacle {
	switch {
	case diags.HasErrors():
		return &obstacle{diags: diags}
	case !known:
		return &obstacle{unknown: name}
	}
	return nil
}
