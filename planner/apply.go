package planner

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// Task is one action as it is sent to its context while applying.
type Task struct {
	*Action
	// Args is the wire form of the arguments; Missing names those that are
	// still unknown, though everything before the action has been applied.
	Args    map[string]any
	Missing []string
	// Hidden names the arguments that are sensitive now that they are known; Quiet
	// says that a program that it runs gets to see a secret, so that what it prints
	// is not logged.
	Hidden []string
	Quiet  bool
	// Identity is what it manages on its machine, for the record.
	Identity map[string]string
	// TriggersDigest is what is recorded of the argument triggers.
	TriggersDigest string
	// Absent is true where the thing is asked to be absent.
	Absent bool
	// Secret are the attributes of a resource that are made of sensitive values.
	Secret []string
	// Owes are the calls that a change of this action triggers.
	Owes []string
	// After are the actions that it turned out to come after, because what it is
	// about was not known before.
	After []string
}

// BeginApply is called before the first Task, with the time that timestamp()
// gives throughout the apply. From then on nothing is unknown for being new at
// every apply.
func (p *Planner) BeginApply(now time.Time) {
	p.scope.SetTimes(p.opts.Time, now)
	for _, n := range p.nodes {
		n.eachStale = true
		for _, i := range n.insts {
			if i.said == retracted { // what runs is decided
				i.said, i.node.stale = saidNull, true
			}
		}
	}
}

// Task gives what has to be sent for an action of the plan. Values known at
// plan time are not evaluated again; the others are, over what has been applied
// so far.
func (p *Planner) Task(a *Action) (*Task, hcl.Diagnostics) {
	i := p.instances[a.Address]
	if i == nil {
		return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Unknown action", Detail: fmt.Sprintf("The plan holds %s, which the configuration that it was made from does not.", a.Address)}}
	}
	t := &Task{Action: a, Args: i.wire, Identity: identity(i), Absent: i.absent(), Secret: i.madeOfSecrets(), Owes: p.owes(i)}
	if p.Waits(a.Address) {
		if diags := p.evaluateAgain(i, t); diags.HasErrors() {
			return nil, diags
		}
	}
	t.Args = p.withBackup(i, t.Args)
	t.Hidden, t.Quiet = i.sensitive, p.holdsSecrets(i)
	if i.block().Triggers != nil {
		var diags hcl.Diagnostics
		if t.TriggersDigest, diags = p.triggersDigest(i); diags.HasErrors() {
			return nil, diags
		}
	}
	return t, nil
}

// absent reports whether a resource asks for its thing to be gone. The absence of
// a line is no absence of the file.
func (i *instance) absent() bool {
	return !i.isCall() && i.whole() && i.change != nil && wireText(i.wire["state"]) == "absent"
}

// ArgDigests are what is recorded of the arguments of an action. Those of secrets
// take about 50 ms for each that is another.
func (p *Planner) ArgDigests(address string) map[string]string {
	if i := p.instances[address]; i != nil {
		return p.argDigests(i)
	}
	return nil
}

// Waits reports whether an action can only be evaluated when everything that it
// refers to has been applied.
func (p *Planner) Waits(address string) bool {
	i := p.instances[address]
	return i != nil && (len(i.unknown) > 0 || i.conditionOpen)
}

// Promises reports whether an action has postconditions, so that nothing may
// follow it before they have been checked.
func (p *Planner) Promises(address string) bool {
	b := p.Block(address)
	return b != nil && len(b.Lifecycle.Postconditions) > 0
}

// Block is the block of an address, for its ranges.
func (p *Planner) Block(address string) *config.Block {
	if n := p.byAddress[config.BlockAddress(address)]; n != nil {
		return n.block
	}
	return nil
}

func (p *Planner) evaluateAgain(i *instance, t *Task) hcl.Diagnostics {
	for _, r := range i.node.refs {
		if r.to.stale {
			p.scope.Set(r.to.addr, p.nodeValue(r.to))
			r.to.stale = false
		}
	}
	p.refreshEach(i.node)
	s := p.scopeOf(i)
	for _, c := range i.block().Lifecycle.Preconditions {
		if _, diags := c.Check(s, "Precondition failed"); diags.HasErrors() {
			return diags
		}
	}
	v, diags := i.block().Eval(s)
	if diags.HasErrors() {
		return diags
	}
	wire, unknown, sensitive, err := config.ToWire(i.block().Def.Args, v)
	if err != nil {
		return badValue(i.block(), err)
	}
	if diags := i.block().Problems(wire, unknown, sensitive); diags.HasErrors() {
		return diags
	}
	if diags := p.addSource(i.block(), wire); diags.HasErrors() {
		return diags
	}
	i.args, i.wire, i.sensitive = v, wire, withSecrets(i.block().Def.Args, sensitive, wire, unknown)
	p.learn(i)
	t.Args, t.Missing, t.Absent, t.Identity = wire, unknown, i.absent(), identity(i)
	t.Secret = i.madeOfSecrets()
	return p.claimLate(i, t)
}

// Applied tells what an action gave, so that what refers to it can be
// evaluated. Its diagnostics are those of failed postconditions.
func (p *Planner) Applied(address string, results map[string]any) hcl.Diagnostics {
	i := p.instances[address]
	if i == nil {
		return nil
	}
	if i.applied = results; results == nil {
		i.applied = map[string]any{}
	}
	p.echo(i, &i.echoed, results)
	p.taint(i)
	i.node.stale = true
	for _, u := range i.node.users {
		u.eachStale = true
	}
	if len(i.block().Lifecycle.Postconditions) == 0 {
		return nil
	}
	return p.checkPost(i)
}

// identity is what an instance manages on its machine, for the record.
func identity(i *instance) map[string]string {
	out := map[string]string{}
	for _, a := range i.block().Def.Args.Attrs {
		if a.Claims == "" && a.Edits == "" || contains(i.sensitive, a.Name) {
			continue
		}
		if texts := wireTexts(i.wire[a.Name]); len(texts) == 1 {
			out[a.Name] = texts[0]
		}
	}
	return out
}

// Outputs evaluates the outputs over what has been applied. With targets there
// are none: what they refer to was not all looked at.
func (p *Planner) Outputs() ([]*Output, hcl.Diagnostics) {
	if len(p.opts.Targets) > 0 {
		return nil, nil
	}
	var out []*Output
	var all hcl.Diagnostics
	for _, n := range p.nodes {
		if n.stale {
			p.scope.Set(n.addr, p.nodeValue(n))
			n.stale = false
		}
	}
	for _, name := range sortedKeys(p.cfg.Outputs) {
		o := p.cfg.Outputs[name]
		v, diags := o.Eval(p.scope)
		if diags.HasErrors() {
			all = append(all, diags...)
			continue
		}
		all = append(all, p.warnHidden(o, v)...)
		out = append(out, &Output{Name: name, Sensitive: o.Sensitive || config.IsSensitive(v), Ephemeral: o.Ephemeral, Cleared: p.clearedOutput(v), Value: v})
	}
	return out, all
}

// Secrets are the sensitive strings that the plan's arguments and variables
// hold, each by itself, to be masked in what is printed.
func (p *Planner) Secrets() []string {
	var out []string
	for _, i := range p.instances {
		if len(i.sensitive) > 0 {
			out = append(out, i.secretTexts()...)
		}
	}
	for _, v := range p.opts.Vars {
		out = append(out, config.SecretTexts(v)...)
	}
	return out
}

// ContextInfo is what is needed to start a context.
type ContextInfo struct {
	Address, Kind, Via, Machine string
	Args                        map[string]any
}

// ContextInfo says how to start the context of that address.
func (p *Planner) ContextInfo(address string) ContextInfo {
	i := p.instances[address]
	if i == nil {
		return ContextInfo{Address: address}
	}
	info := ContextInfo{Address: address, Kind: i.block().Kind, Args: i.wire}
	if i.via != nil {
		info.Via = i.via.addr
	}
	if i.machine != nil {
		info.Machine = i.machine.name
	}
	return info
}

// Timeout is that of an action, 0 where none was set.
func (p *Planner) Timeout(address string) time.Duration {
	if i := p.instances[address]; i != nil {
		return i.timeout
	}
	return 0
}

// Report keeps a failure of an action or context while applying.
func (p *Planner) Report(address string, f *Failure) {
	if i := p.instances[address]; i != nil {
		p.report(i, f)
	}
}

// Problems keeps diagnostics of an action while applying.
func (p *Planner) Problems(address string, diags hcl.Diagnostics) {
	if i := p.instances[address]; i != nil {
		for _, d := range diags {
			p.reportDiag(i, d)
		}
	}
}

// ForgetProblems drops the problems of planning, which have been shown. A
// context that was lost then may be tried, and lost, again.
func (p *Planner) ForgetProblems() {
	p.diags, p.failures, p.reported = nil, nil, map[string]bool{}
	p.forgetWarnings()
}
