package planner

import (
	"github.com/hashicorp/hcl/v2"
)

// prepare returns what has to be sent for an action, and what is recorded of it.
// Values that were known while planning are not evaluated again. The others are
// evaluated now, over what has been applied so far.
func (p *Planner) prepare(i *instance) (prepared, hcl.Diagnostics) {
	var m prepared
	if i.waitsForValues() {
		var diags hcl.Diagnostics
		if m.missing, diags = p.evaluateAgain(i); diags.HasErrors() {
			return m, diags
		}
		if m.after, diags = p.claimLate(i, m.missing); diags.HasErrors() {
			return m, diags
		}
	}
	m.args = p.withBackup(i, i.sentArgs())
	m.hidden, m.quiet = i.sensitive, i.holdsSecrets()
	m.identity, m.absent, m.secret = identity(i), i.absent(), i.madeOfSecrets()
	if i.block().Triggers != nil {
		var diags hcl.Diagnostics
		if m.triggers, diags = p.triggersDigest(i); diags.HasErrors() {
			return m, diags
		}
	}
	return m, nil
}

// evaluateAgain evaluates the arguments of an instance that were not all known
// while planning, with its preconditions and timeout. It returns the names of
// the arguments that are still unknown.
func (p *Planner) evaluateAgain(i *instance) (missing []string, diags hcl.Diagnostics) {
	p.refreshEach(i.node)
	s := p.scopeOf(i)
	for _, c := range i.block().Lifecycle.Preconditions {
		if _, diags := c.Check(s, "Precondition failed"); diags.HasErrors() {
			return nil, diags
		}
	}
	if i.timeout, _, diags = i.block().EvalTimeout(s); diags.HasErrors() {
		return nil, diags
	}
	args, diags := i.block().Eval(s)
	if diags.HasErrors() {
		return nil, diags
	}
	wire, missing, sensitive, err := args.ToWire()
	if err != nil {
		return nil, badValue(i.block(), err)
	}
	if diags := i.block().Problems(wire, missing, sensitive); diags.HasErrors() {
		return nil, diags
	}
	if diags := p.addSource(i.block(), wire); diags.HasErrors() {
		return nil, diags
	}
	for _, name := range toPurge {
		if v, told := i.wire[name]; told {
			wire[name] = v
		}
	}
	i.args, i.wire, i.sensitive = args, wire, withSecrets(i.block().Def.Args, sensitive, wire, missing)
	if i.deletes() {
		if own := p.ownOf(i, wire); len(own) > 0 {
			wire[ownArg] = wireSet(own)
		}
	}
	p.secrets.learn(i)
	return missing, p.addLateSave(i)
}

// prepared is what an action is sent with, and what is recorded of it.
type prepared struct {
	args map[string]any
	// missing names the arguments that are still unknown, though everything
	// before the action has been applied.
	missing []string
	// hidden names the arguments that are sensitive now that they are known;
	// quiet says that a program that it runs gets to see a secret.
	hidden []string
	quiet  bool
	// identity is what it manages on its machine; triggers is the digest of the
	// argument of that name; absent is true if the thing is asked to be absent;
	// secret are the attributes that are made of sensitive values.
	identity map[string]string
	triggers string
	absent   bool
	secret   []string
	// after are the actions that it turned out to come after, because what it is
	// about was not known before.
	after []string
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

// absent reports whether a resource asks for its thing to be gone. The absence of
// a line is no absence of the file.
func (i *instance) absent() bool {
	return !i.isCall() && i.whole() && i.change != nil && i.block().Def.Absent(i.wire)
}
