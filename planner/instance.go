package planner

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// outcome is how an instance ended.
type outcome int

const (
	pending  outcome = iota
	done             // looked at; see change, reply, facts
	disabled         // enabled = false: it does not exist
	failed           // it has a problem, which is reported
	skipped          // something that it needs has a problem
	deferred         // it waits for something that only an apply can make
	excluded         // -target or -exclude left it out
)

// sourceArg is the argument of a resource that names a file of the controller.
const sourceArg = config.SourceArg

// instance is one context, resource or call after expansion, and everything
// that is known of it.
type instance struct {
	node *node
	addr string
	keys []string
	pos  int // among its node's instances

	// on is the context it runs in; via is what a context is reached through.
	on, via *instance
	viaDone bool
	onKey   string
	each    *config.Each
	count   *int
	machine *machine

	// wanted is true where it is to be looked at at all; for a context, to be
	// started.
	wanted       bool
	targeted     bool // a context: -target means everything on it and below
	enabledKnown bool

	linked    bool
	preds     []*instance
	predSet   map[*instance]bool
	triggers  []*instance
	followers []*instance
	attached  []*instance // of a context: what runs in it or goes through it

	args               cty.Value // as far as evaluated
	wire               map[string]any
	unknown, sensitive []string
	volatile           []string // those of unknown that are new at every apply
	final              bool     // args will not become better known in this plan
	conditionOpen      bool     // a precondition is known after apply
	claimed            bool
	// things are what it owns or edits: first those declared, then the other
	// names that its check gave.
	things   []string
	declared int
	timeout  time.Duration

	queued, sent bool
	attempt      int
	outcome      outcome
	refused      bool // a host said that it cannot be so
	reason       string
	cause        string // what a context behind others that are deferred waits for in the end
	held         *held  // why it is held back; see held.go

	facts map[string]any
	// value is a context's value under valueKey, until more is known of it.
	value    cty.Value
	valueKey string
	change   *resource.Change
	reply    *function.CallReply
	// echoed are the attributes that the host answered with a known secret in;
	// echoedBefore are those of what was there.
	echoed, echoedBefore map[string]bool

	// op and what follows are decided when the plan is finished.
	op           Op
	opDecided    bool
	callReason   string
	triggeredBy  []string
	quiet        map[string]bool // things it writes that end as they are now
	open         bool            // of a drift: something of it can only be told by an apply
	volatileOnly bool            // of a drift: nothing differs but that
	uncompared   []string        // of a drift: the attributes that are not compared
	passedOver   bool            // a call that every apply runs and a drift does not: its results stay unknown
	netNone      bool            // the chain of actions that it belongs to changes nothing
	readLater    bool            // a read-only call that has to wait for the apply
	told         bool            // a call whose results were said to be null, as it does not run
	wavers       bool            // such a call that runs after all: its results stay unknown
	renewed      bool            // it was evaluated anew because of such a call; see renew.go
	opaqueBefore bool

	// applied holds the results after apply.
	applied    map[string]any
	wasApplied bool
}

func (i *instance) block() *config.Block { return i.node.block }
func (i *instance) isContext() bool      { return i.node.block.Type == config.ContextBlock }
func (i *instance) isCall() bool         { return i.node.block.Type == config.CallBlock }
func (i *instance) settled() bool        { return i.outcome != pending }

// before orders instances: dependencies first, then by position.
func (i *instance) before(j *instance) bool {
	if i.node != j.node {
		return i.node.order < j.node.order
	}
	return i.pos < j.pos
}

// advance takes an instance as far as it can go with what is known now.
func (p *Planner) advance(i *instance) {
	if i.settled() || i.sent || i.queued || p.waiting[i] {
		return
	}
	if !i.isContext() && !i.wanted {
		return
	}
	if p.goneWith(i) {
		return
	}
	if !p.enable(i) || !p.place(i) || !p.link(i) {
		return
	}
	if !p.evaluateArgs(i) || !p.unblocked(i) {
		return
	}
	if i.isContext() && !i.wanted {
		return
	}
	i.queued = true
	p.ready = append(p.ready, i)
}

// enable evaluates `enabled`. It returns false while that is unknown, and where
// it settled the instance.
func (p *Planner) enable(i *instance) bool {
	if i.enabledKnown {
		return true
	}
	enabled, known, diags := i.block().EvalEnabled(p.scopeOf(i))
	switch {
	case diags.HasErrors():
		p.failDiags(i, diags)
	case !known:
		p.needMore(i, i.block().Enabled)
	case !enabled:
		p.settle(i, disabled, "")
	default:
		i.enabledKnown = true
	}
	return i.enabledKnown
}

// needMore is called where an expression of an instance is unknown: whatever
// it refers to has to be looked at, and where all of that is settled, only an
// apply can tell.
func (p *Planner) needMore(i *instance, expr hcl.Expression) {
	p.wakeValues(i)
	if p.excludeFor(i) {
		return
	}
	if cause := p.brokenRef(i); cause != "" {
		p.settle(i, skipped, cause)
		return
	}
	if p.refsSettled(i) {
		p.settle(i, deferred, i.awaited(expr))
	}
}

// awaited says why an expression of an instance is unknown, nil for any of them:
// because of a context that is deferred, or of what an apply does.
func (i *instance) awaited(expr hcl.Expression) string {
	for _, r := range i.node.refs {
		if expr != nil && !standsIn(expr, r.at) {
			continue
		}
		for _, q := range match(i, r) {
			switch {
			case q.outcome == deferred && q.isContext():
				i.cause = q.why()
				return behind(q)
			case q.outcome == deferred, q.outcome == done && q.changes():
				return "waits for " + q.addr
			}
		}
	}
	return "depends on values that are known after apply"
}

// place finds the context that an instance runs in or is reached through, and
// with it the machine.
func (p *Planner) place(i *instance) bool {
	if !i.isContext() {
		p.want(i.on)
		if i.machine == nil {
			i.machine = i.on.machine
		}
		return p.contextUsable(i, i.on)
	}
	if !i.viaDone && !p.resolveVia(i) {
		return false
	}
	if i.via != nil {
		if i.wanted {
			p.want(i.via)
		}
		if !p.contextUsable(i, i.via) {
			return false
		}
	}
	if i.machine == nil {
		i.machine = p.machineOf(i)
	}
	return i.machine != nil
}

// contextUsable reports whether something may go through a context; where the
// context will never be up in this plan, it settles the instance.
func (p *Planner) contextUsable(i, ctx *instance) bool {
	switch ctx.outcome {
	case excluded:
		p.settle(i, excluded, label(ctx.addr)+" is left out")
		return false
	case failed, skipped:
		p.settle(i, skipped, fmt.Sprintf("%s is unreachable", label(ctx.addr)))
		return false
	case deferred:
		i.cause = ctx.why()
		p.settle(i, deferred, behind(ctx))
		return false
	case disabled:
		p.settle(i, disabled, "")
		return false
	}
	return true
}

func (p *Planner) resolveVia(i *instance) bool {
	expr := i.block().Via
	if expr == nil {
		i.viaDone = true
		return true
	}
	v, diags := i.block().EvalPlace(p.scopeOf(i), "via", expr)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	if !v.IsKnown() {
		p.needMore(i, expr)
		return false
	}
	if v.IsNull() {
		i.viaDone = true
		return true
	}
	ctx := p.contextOf(v)
	if ctx == nil {
		p.failDiags(i, p.notAContext(i.block(), "via", v))
		return false
	}
	i.via, i.viaDone = ctx, true
	ctx.attached = append(ctx.attached, i)
	if ctx.targeted {
		p.targetBelow(i)
	}
	return true
}

// evaluateArgs evaluates the instance's own arguments until they are final. It
// returns false while more may become known.
func (p *Planner) evaluateArgs(i *instance) bool {
	if i.final {
		return true
	}
	p.refreshEach(i.node)
	s := p.scopeOf(i)
	if !p.preconditions(i, s) {
		return false
	}
	v, diags := i.block().Eval(s)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	wire, unknown, sensitive, err := config.ToWire(i.block().Def.Args, v)
	if err != nil {
		p.failDiags(i, badValue(i.block(), err))
		return false
	}
	if diags := i.block().Problems(wire, unknown, sensitive); diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	if diags := i.block().VolatileProblems(v); diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	i.value, i.volatile = cty.NilVal, config.VolatileArgs(i.block().Def.Args, v)
	i.args, i.wire, i.unknown, i.sensitive = v, wire, unknown, withSecrets(i.block().Def.Args, sensitive, wire, unknown)
	if len(unknown) > 0 && !p.refsSettled(i) {
		p.wakeValues(i)
		return false
	}
	if len(unknown) > 0 && p.excludeFor(i) {
		return false
	}
	if cause := p.brokenRef(i); cause != "" && len(unknown) > 0 {
		p.settle(i, skipped, cause)
		return false
	}
	if !p.evaluateTimeout(i, s) || !p.readSource(i) {
		return false
	}
	i.final = true
	p.claim(i)
	p.learn(i)
	return true
}

// preconditions checks them as soon as they are known, and waits for what they
// refer to. Those that only an apply can tell are checked by Task.
func (p *Planner) preconditions(i *instance, s *config.Scope) bool {
	i.conditionOpen = false
	for _, c := range i.block().Lifecycle.Preconditions {
		known, diags := c.Check(s, "Precondition failed")
		if diags.HasErrors() {
			p.failDiags(i, diags)
			return false
		}
		i.conditionOpen = i.conditionOpen || !known
	}
	if !i.conditionOpen {
		return true
	}
	if !p.refsSettled(i) {
		p.wakeValues(i)
		return false
	}
	if p.excludeFor(i) {
		return false
	}
	if cause := p.brokenRef(i); cause != "" {
		p.settle(i, skipped, cause)
		return false
	}
	return true
}

func (p *Planner) evaluateTimeout(i *instance, s *config.Scope) bool {
	d, diags := i.block().EvalTimeout(s)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	i.timeout = d
	return true
}

// readSource adds the content of the controller's file that an argument names.
func (p *Planner) readSource(i *instance) bool {
	diags := p.addSource(i.block(), i.wire)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	return true
}

func (p *Planner) addSource(b *config.Block, wire map[string]any) hcl.Diagnostics {
	texts := wireTexts(wire[sourceArg])
	if b.Type != config.ResourceBlock || len(texts) != 1 {
		return nil
	}
	content, diags := p.cfg.Source(b, texts[0])
	if diags.HasErrors() {
		return diags
	}
	if content == nil {
		content = []byte{} // An empty file is not a missing one.
	}
	wire[resource.SourceContent] = content
	return nil
}

// settle ends an instance and tells whoever waited for it.
func (p *Planner) settle(i *instance, o outcome, reason string) {
	if i.settled() {
		return
	}
	i.outcome, i.reason = o, reason
	i.queued = false
	delete(p.waiting, i)
	i.node.open--
	i.node.stale = true
	if o == failed || o == skipped {
		i.node.broken++
	}
	for _, f := range i.followers {
		p.dirty[f] = true
	}
	for _, a := range i.attached {
		p.dirty[a] = true
	}
	if i.node.open == 0 {
		p.touchUsers(i.node)
	}
}

// touchUsers has everything that refers to a node looked at again.
func (p *Planner) touchUsers(n *node) {
	n.stale = true
	for _, u := range n.users {
		u.eachStale = true
		if !u.expanded {
			p.dirtyNodes[u] = true
			continue
		}
		for _, i := range u.insts {
			if !i.settled() && !i.sent {
				p.dirty[i] = true
			}
		}
	}
}

// want has an instance looked at, and a context started.
func (p *Planner) want(i *instance) {
	if i == nil || i.wanted {
		return
	}
	i.wanted = true
	p.dirty[i] = true
	if i.via != nil {
		p.want(i.via)
	}
}

// wakeRefs has everything looked at that the expansion of a node refers to.
func (p *Planner) wakeRefs(n *node) {
	for _, r := range n.refs {
		if r.expansion {
			p.seek(r.to)
			p.wantAll(r.to.insts)
		}
	}
}

// wakeValues has everything looked at that the values of an instance refer to:
// the members that it names by key, or the whole of a collection.
func (p *Planner) wakeValues(i *instance) {
	p.want(i.on)
	for _, r := range i.node.refs {
		if i.node.expandsBy(r) || r.explicit {
			continue
		}
		if len(i.node.named[r.to]) > 0 {
			if members, ok := p.namedBy(i, r.to, p.ownWords(i)); ok {
				for _, insts := range members {
					p.wantAll(insts)
				}
				continue
			}
		}
		p.seek(r.to)
		if !r.to.woken && r.to.expanded {
			r.to.woken = true
			p.wantAll(r.to.insts)
		}
	}
}

func (p *Planner) wantAll(insts []*instance) {
	for _, i := range insts {
		p.want(i)
	}
}

func label(address string) string { return strings.TrimPrefix(address, "context.") }
