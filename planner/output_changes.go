package planner

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// compareOutputs evaluates the outputs for a plan and compares them with the recorded
// ones. With -target it does nothing, since not all that they refer to was looked at.
func (p *Planner) compareOutputs(plan *Plan) {
	if len(p.opts.Targets) > 0 {
		return
	}
	before := p.Diagnostics().HasErrors()
	for _, name := range p.outputNames() {
		o := p.cfg.Outputs[name]
		v, diags := p.outputValue(o)
		if diags.HasErrors() {
			if !before { // else it may only lack what failed
				p.problems.add(diags)
			}
			continue
		}
		out := &Output{Name: name, Sensitive: o.Sensitive || config.IsSensitive(v), Ephemeral: o.Ephemeral, New: p.outputNew(name), Volatile: config.IsVolatile(v), Cleared: p.secrets.clearedOutput(v), Value: v}
		p.recall(out)
		plan.Outputs = append(plan.Outputs, out)
		p.problems.add(p.problems.warnHidden(o, v))
		if p.outputChanged(o, v) {
			plan.OutputsChanged = append(plan.OutputsChanged, name)
		}
	}
	p.removedOutputs(plan)
}

// outputNames are the outputs of the configuration. If everything is destroyed it has none.
func (p *Planner) outputNames() []string {
	if p.opts.Destroy {
		return nil
	}
	return sortedKeys(p.cfg.Outputs)
}

func (p *Planner) outputNew(name string) bool {
	if p.record.prior == nil {
		return true
	}
	_, ok := p.record.prior.Output(name)
	return !ok
}

// recall puts the recorded value into an output. An output that is a secret now hides
// what it was, too. So does one that holds what became a secret since it was recorded.
func (p *Planner) recall(o *Output) {
	if o.New {
		return
	}
	old, _ := p.record.prior.Output(o.Name)
	if old == cty.NilVal || o.Sensitive || slices.ContainsFunc(config.Texts(old), p.secrets.known.Holds) {
		o.SensitiveBefore = true
		return
	}
	o.Before = old
}

func (p *Planner) outputChanged(o *config.Output, v cty.Value) bool {
	if p.opts.Drift {
		return false
	}
	plain, _ := v.UnmarkDeep()
	if len(p.opts.Excludes) > 0 && !plain.IsWhollyKnown() {
		return false // what it is made from was left out
	}
	old, recorded := cty.NilVal, false
	if p.record.prior != nil {
		old, recorded = p.record.prior.Output(o.Name)
	}
	shown := old != cty.NilVal // what stands in the record in clear
	switch {
	case o.Ephemeral:
		return recorded
	case o.Sensitive, config.IsSensitive(v):
		return shown || !recorded
	}
	return !shown || !plain.IsWhollyKnown() || !sameOutput(old, plain)
}

// sameOutput compares values as JSON would show them: what was recorded has
// lost the difference between a map and an object.
func sameOutput(a, b cty.Value) bool { return canonical(a) == canonical(b) }

// removedOutputs adds the recorded outputs that the configuration no longer has. An
// apply takes them out of the record. A drift says nothing about outputs.
func (p *Planner) removedOutputs(plan *Plan) {
	if p.record.prior == nil || p.opts.Drift {
		return
	}
	for _, name := range p.record.prior.Outputs() {
		if p.cfg.Outputs[name] != nil && !p.opts.Destroy {
			continue
		}
		out := &Output{Name: name, Removed: true, Value: cty.NullVal(cty.DynamicPseudoType)}
		p.recall(out)
		out.Sensitive = out.SensitiveBefore
		plan.Outputs = append(plan.Outputs, out)
		plan.OutputsChanged = append(plan.OutputsChanged, name)
	}
	slices.SortFunc(plan.Outputs, func(a, b *Output) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(plan.OutputsChanged)
}
