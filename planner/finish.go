package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// release is called when nothing runs and nothing may start. It decides what
// could not be decided before, a little at a time, and reports whether that let
// anything go on.
func (p *Planner) release() bool {
	p.netEffects()
	p.decideCalls()
	return p.releaseQuiet() || p.postponeWaiting() || p.settleStuck()
}

// releaseQuiet lets those go on that waited for predecessors of which is now
// known that they change nothing.
func (p *Planner) releaseQuiet() bool {
	released := false
	for _, i := range sortedInstances(p.waiting) {
		if anyChanges(i.preds) {
			continue
		}
		delete(p.waiting, i)
		i.queued = true
		p.ready = append(p.ready, i)
		released = true
	}
	return released
}

func anyChanges(preds []*instance) bool {
	for _, q := range preds {
		if !q.settled() || q.changes() {
			return true
		}
	}
	return false
}

// postponeWaiting leaves to the apply what comes after something that changes:
// a context is deferred with all that is in it, a read-only call becomes an
// action.
func (p *Planner) postponeWaiting() bool {
	waiting := sortedInstances(p.waiting)
	for _, i := range waiting {
		if i.isContext() {
			p.settle(i, deferred, "waits for "+firstChange(i.preds))
		} else {
			i.readLater = true
			p.settle(i, done, "")
		}
	}
	return len(waiting) > 0
}

func firstChange(preds []*instance) string {
	for _, q := range preds {
		if !q.settled() || q.changes() {
			return q.addr
		}
	}
	return ""
}

// settleStuck defers the first block, or the first block's instances, that wait
// for something that will not come in this plan.
func (p *Planner) settleStuck() bool {
	for _, n := range p.nodes {
		if !n.expanded && !n.failed && n.deferred == "" && n.wanted {
			p.deferNode(n, "it")
			return true
		}
		stuck := false
		for _, i := range n.insts {
			if i.wanted && !i.settled() && !i.sent {
				p.settle(i, deferred, "depends on values that are known after apply")
				stuck = true
			}
		}
		if stuck {
			return true
		}
	}
	return false
}

// netEffects finds the chains of actions on one thing that leave it as it is:
// the last of them said so.
func (p *Planner) netEffects() {
	for _, m := range p.machines {
		for thing, writers := range m.writers {
			for _, w := range writers {
				w.netThings(thing, lastOf(writers))
			}
		}
		for _, writers := range m.writers {
			for _, w := range writers {
				none := w.change != nil && len(w.change.Writes) > 0 && len(w.unknown) == 0 && len(w.quiet) == len(w.change.Writes)
				if none != w.netNone {
					w.netNone = none
					w.node.stale = true
				}
			}
		}
	}
}

// netThings notes whether a thing that the instance writes ends as it is now.
func (i *instance) netThings(thing string, last *instance) {
	delete(i.quiet, thing)
	if last == nil || last.change == nil || !contains(last.change.Restores, thing) {
		return
	}
	if i.quiet == nil {
		i.quiet = map[string]bool{}
	}
	i.quiet[thing] = true
}

// lastOf is the writer that comes after all others, nil where there is none.
func lastOf(writers []*instance) *instance {
	for _, w := range writers {
		after := 0
		for _, v := range writers {
			if v != w && comesAfter(w, v) {
				after++
			}
		}
		if after == len(writers)-1 {
			return w
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// changes reports whether applying the instance would do something, as far as
// is known now.
func (i *instance) changes() bool {
	if i.outcome != done {
		return false
	}
	if i.isContext() {
		return false
	}
	if i.isCall() {
		return !i.opDecided && i.reply == nil || i.opDecided && i.op != NoOp
	}
	return i.resourceOp() != NoOp
}

func (i *instance) resourceOp() Op {
	if i.change == nil || i.netNone {
		return NoOp
	}
	switch i.change.Action {
	case resource.Create:
		return Create
	case resource.Update:
		return Update
	case resource.Replace:
		return Replace
	case resource.Delete:
		return Delete
	}
	if len(i.unknown) > 0 {
		return Update
	}
	return NoOp
}

// decideCalls says of every call that has been looked at whether it runs,
// those that others are triggered by first.
func (p *Planner) decideCalls() {
	for _, n := range p.nodes {
		if n.block.Type != config.CallBlock {
			continue
		}
		for _, i := range n.insts {
			if i.outcome != done {
				continue
			}
			was, had := i.op, i.opDecided
			p.decideCall(i)
			if i.op != was || !had {
				n.stale = true
			}
		}
	}
}

func (p *Planner) decideCall(i *instance) {
	i.opDecided, i.op, i.callReason, i.triggeredBy = true, NoOp, "", nil
	switch {
	case i.readLater:
		i.op, i.callReason = Read, "waits for what comes before it"
		return
	case p.readOnly(i), p.opts.Drift:
		return
	case i.reply != nil && !i.reply.WouldRun:
		return
	}
	b := i.block()
	if len(b.TriggeredBy) == 0 && b.Triggers == nil {
		i.op = Always
		if i.guarded() {
			i.op = Run
		}
		return
	}
	p.decideTriggered(i)
}

func (p *Planner) decideTriggered(i *instance) {
	for _, q := range i.triggers {
		if q.changes() {
			i.triggeredBy = append(i.triggeredBy, q.addr)
		}
	}
	prior, recorded := p.prior(i.addr)
	switch {
	case len(i.triggeredBy) > 0:
		i.op, i.callReason = Run, "triggered by "+strings.Join(i.triggeredBy, ", ")
	case len(prior.Owed) > 0:
		i.op, i.callReason, i.triggeredBy = Run, "owed since an earlier apply to "+strings.Join(prior.Owed, ", "), prior.Owed
	case i.block().Triggers != nil && (!recorded || prior.Triggers != p.triggersDigest(i)):
		i.op, i.callReason = Run, "its triggers changed"
	}
}

func (p *Planner) prior(address string) (Recorded, bool) {
	if p.opts.Prior == nil {
		return Recorded{}, false
	}
	return p.opts.Prior.Lookup(address)
}

// triggersDigest is of the values of the argument triggers; "" while one is
// unknown, which differs from every recorded one.
func (p *Planner) triggersDigest(i *instance) string {
	v, diags := config.EvalExpr(i.block().Triggers, p.scopeOf(i), cty.DynamicPseudoType)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return ""
	}
	v, _ = v.UnmarkDeep()
	if !v.IsWhollyKnown() {
		return ""
	}
	sum := sha256.Sum256([]byte(v.GoString()))
	return hex.EncodeToString(sum[:])
}

// checkClaims finds two blocks that manage one thing without an order.
func (p *Planner) checkClaims() {
	p.conflicts = map[[2]*instance]bool{}
	for _, name := range sortedKeys(p.machines) {
		m := p.machines[name]
		for _, thing := range sortedKeys(m.things) {
			p.checkThing(thing, m.things[thing])
		}
		for _, thing := range sortedKeys(m.writers) {
			p.checkWriters(thing, m.writers[thing])
		}
	}
}

func (p *Planner) checkThing(thing string, claims []claim) {
	for a := range claims {
		for _, c := range claims[a+1:] {
			first, second := claims[a], c
			if second.whole && !first.whole {
				first, second = second, first
			}
			switch {
			case first.whole && second.whole:
				p.claimConflict(first.inst, second.inst, thing, "Each would undo what the other did at every apply. Remove one, or put both into one block.")
			case ordered(first.inst, second.inst):
			case first.whole:
				p.claimConflict(first.inst, second.inst, thing, fmt.Sprintf("Nothing says which comes first. Add depends_on = [%s] to %s, so that it changes what is then there.", first.inst.node.addr, second.inst.node.addr))
			default:
				p.claimConflict(first.inst, second.inst, thing, unorderedAdvice(first.inst))
			}
		}
	}
}

func unorderedAdvice(first *instance) string {
	return fmt.Sprintf("Nothing says which comes first. Add depends_on = [%s] to the other, or the other way round.", first.node.addr)
}

// checkWriters finds conflicts that only the host could tell, such as one file
// under two names.
func (p *Planner) checkWriters(thing string, writers []*instance) {
	for a := range writers {
		for _, w := range writers[a+1:] {
			if !ordered(writers[a], w) {
				p.claimConflict(writers[a], w, thing, unorderedAdvice(writers[a]))
			}
		}
	}
}

func ordered(a, b *instance) bool { return comesAfter(a, b) || comesAfter(b, a) }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// Plan is what came of it all. It may be called once the planner is finished.
func (p *Planner) Plan() *Plan {
	p.checkClaims()
	plan := &Plan{Time: p.opts.Time, Complete: true, Stateless: p.opts.Prior == nil}
	plan.Contexts = p.contexts()
	p.opaque()
	for _, n := range p.sourceOrder() {
		p.actionsOf(n, plan)
	}
	for _, c := range plan.Contexts {
		if c.Status == ContextUnreachable || c.Status == ContextDeferred {
			plan.Complete = false
		}
	}
	p.outputs(plan)
	plan.Orphans = p.orphans()
	return plan
}

// sourceOrder are the nodes of resources and calls as they were written.
func (p *Planner) sourceOrder() []*node {
	var blocks []*config.Block
	blocks = append(append(blocks, p.cfg.Resources...), p.cfg.Calls...)
	sort.SliceStable(blocks, func(a, b int) bool {
		x, y := blocks[a].Range, blocks[b].Range
		if x.Filename != y.Filename {
			return x.Filename < y.Filename
		}
		return x.Start.Byte < y.Start.Byte
	})
	out := make([]*node, len(blocks))
	for k, b := range blocks {
		out[k] = p.byAddress[b.Address()]
	}
	return out
}

// opaque marks what comes after an action that may touch anything on its
// machine: what was read of it may have changed by then.
func (p *Planner) opaque() {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			for _, q := range i.preds {
				if q.machine == i.machine && (q.opaqueBefore || q.block().Def.Opaque && q.changes()) {
					i.opaqueBefore = true
				}
			}
		}
	}
}

func (p *Planner) outputs(plan *Plan) {
	if len(p.opts.Targets) > 0 {
		return
	}
	for _, name := range sortedKeys(p.cfg.Outputs) {
		o := p.cfg.Outputs[name]
		v, diags := p.outputValue(o)
		if diags.HasErrors() {
			if plan.Complete && len(p.failures) == 0 {
				p.diags = append(p.diags, diags...)
			}
			continue
		}
		plan.Outputs = append(plan.Outputs, &Output{Name: name, Sensitive: o.Sensitive || config.IsSensitive(v), Ephemeral: o.Ephemeral, Value: v})
		if !o.Sensitive && !o.Ephemeral && p.outputChanged(name, v) {
			plan.OutputsChanged = append(plan.OutputsChanged, name)
		}
	}
}

func (p *Planner) outputChanged(name string, v cty.Value) bool {
	if p.opts.Drift {
		return false
	}
	plain, _ := v.UnmarkDeep()
	if len(p.opts.Excludes) > 0 && !plain.IsWhollyKnown() {
		return false // what it is made from was left out
	}
	if p.opts.Prior != nil {
		if old, ok := p.opts.Prior.Output(name); ok {
			return !plain.IsWhollyKnown() || !sameOutput(old, plain)
		}
	}
	return true
}

// sameOutput compares values as JSON would show them: what was recorded has
// lost the difference between a map and an object.
func sameOutput(a, b cty.Value) bool { return canonical(a) == canonical(b) }

// orphans are recorded addresses that the configuration no longer has. What is
// behind an unreachable host, was left out, or waits to be expanded still
// exists.
func (p *Planner) orphans() []string {
	if p.opts.Prior == nil || len(p.opts.Targets)+len(p.opts.Excludes) > 0 {
		return nil
	}
	var out []string
	for _, addr := range p.opts.Prior.Addresses() {
		if i := p.instances[addr]; i != nil && i.outcome != disabled {
			continue
		}
		block, _, _ := strings.Cut(addr, "[")
		if n := p.byAddress[block]; n != nil && (!n.expanded || n.failed) {
			continue
		}
		out = append(out, addr)
	}
	sort.Strings(out)
	return out
}

func describeContext(i *instance) string {
	text := func(name string) string {
		if t := wireTexts(i.wire[name]); len(t) == 1 {
			return t[0]
		}
		return ""
	}
	host, user := text("host"), text("user")
	switch {
	case host == "" && user == "" && i.block().Kind != "local" && i.facts != nil:
		return fmt.Sprint(i.facts["user"])
	case host == "":
		return user
	case user != "":
		host = user + "@" + host
	}
	if port, ok := i.wire["port"].(int64); ok && port != 22 {
		host = fmt.Sprintf("%s:%d", host, port)
	}
	return host
}
