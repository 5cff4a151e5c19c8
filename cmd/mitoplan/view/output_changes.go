package view

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/planner"
)

// OutputChange is what becomes of one output: Before is nil for one that the record
// does not have, After for one that the configuration does not have.
type OutputChange struct {
	Action string  `json:"action"`
	Before *Output `json:"before,omitempty"`
	After  *Output `json:"after,omitempty"`

	symbol string
	text   string     // what comes after "name = "
	lines  []diffLine // instead of text
}

// newOutputChanges returns what becomes of the outputs that change, by name.
func newOutputChanges(p *planner.Plan, m *Masker) map[string]OutputChange {
	byName := make(map[string]*planner.Output, len(p.Outputs))
	for _, o := range p.Outputs {
		byName[o.Name] = o
	}
	out := make(map[string]OutputChange, len(p.OutputsChanged))
	for _, name := range p.OutputsChanged {
		if o := byName[name]; o != nil {
			out[name] = newOutputChange(o, m)
		}
	}
	return out
}

func newOutputChange(o *planner.Output, m *Masker) OutputChange {
	before := newOutput(&planner.Output{Name: o.Name, Sensitive: o.SensitiveBefore, Value: o.Before}, m)
	after := newOutput(o, m)
	old, now := m.value(fromCty(o.Before)), m.value(fromCty(o.Value))
	if o.Cleared {
		now = fromCty(o.Value)
	}
	switch {
	case o.Removed:
		c := OutputChange{Action: "delete", Before: &before, symbol: "-", text: before.shown + " -> null"}
		return c
	case o.New || o.Before == cty.NilVal && !o.SensitiveBefore:
		return OutputChange{Action: "create", After: &after, symbol: "+", text: after.shown}
	}
	c := OutputChange{Action: "update", Before: &before, After: &after, symbol: "~"}
	switch {
	case before.Sensitive && after.Sensitive:
		c.text = after.shown
	case before.Sensitive || after.Sensitive:
		c.text = before.shown + " -> " + after.shown
	default:
		c.text, c.lines = difference(old, now, false)
	}
	return c
}

// outputs lists the outputs that change, as Terraform does.
func (h *Human) outputs(p *Plan) string {
	if len(p.Changed) == 0 {
		return ""
	}
	width := 0
	for _, name := range p.Changed {
		width = max(width, len(name))
	}
	var b strings.Builder
	b.WriteString("Changes to Outputs:\n")
	for _, name := range p.Changed {
		c := p.OutputChanges[name]
		head := fmt.Sprintf("  %s %s = ", h.Paint.symbol(c.symbol), pad(unbroken(name), width))
		if c.lines == nil {
			b.WriteString(head + strings.ReplaceAll(c.text, "\n", "\n    ") + "\n")
			continue
		}
		b.WriteString(head + "<<-EOT\n")
		for _, l := range c.lines {
			b.WriteString(h.line(l))
		}
		b.WriteString("    EOT\n")
	}
	return b.String()
}

// onlyOutputs says that an apply would change nothing but the recorded outputs, "" if
// it would, or if not all was looked at.
func (p *Plan) onlyOutputs() string {
	for _, a := range p.Actions {
		if a.op != planner.NoOp {
			return ""
		}
	}
	if len(p.Changed) == 0 || !p.Complete {
		return ""
	}
	return " Only outputs change: applying records them, and does nothing on any host."
}
