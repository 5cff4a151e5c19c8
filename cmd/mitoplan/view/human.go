package view

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/planner"
)

// Human renders plans, progress, diagnostics and outputs as text for people. The
// program makes one for each stream that it writes to. Its methods return text
// and write nothing. They expect values that a Masker has gone through, and
// never show a secret or a control character of a host.
type Human struct {
	Paint Paint
	// Width is the width of the terminal, 0 if there is none. If Columns is set, it
	// is called instead, each time, because the width may change.
	Width   int
	Columns func() int
}

// Plan returns the whole text of a plan: contexts, actions, outputs and counts.
func (h *Human) Plan(p *Plan) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if p.Applyable || !p.Complete {
		add(h.tree(p))
	}
	add(h.changedOutside(p))
	add(h.actions(p))
	add(h.deferred(p))
	add(h.forgotten(p))
	add(h.outputs(p))
	add(h.orphans(p))
	add(h.notReached(p))
	if p.stateless && p.Applyable {
		add(h.sentence("No record was found: nothing is known of earlier applies, such as what was created by them.", "") + "\n")
	}
	add(h.largeSources(p))
	add(h.Withheld(p.SecretFiles))
	add(h.Summary(p))
	return strings.Join(parts, "\n")
}

func (h *Human) actions(p *Plan) string {
	groups := h.group(p.Actions)
	if len(groups) == 0 {
		return ""
	}
	return "mitoplan will perform the following actions:\n" + h.bodies(groups, becomes)
}

// Summary returns the last lines of a plan: whether only a part was asked for, and the
// counts.
func (h *Human) Summary(p *Plan) string {
	part := h.targeting(p.Targeting)
	if part != "" {
		part += "\n"
	}
	if !p.Applyable {
		return part + h.nothingToDo(p, "No changes. The hosts match the configuration.", "Nothing to change")
	}
	s := p.Summary
	line := h.Paint.bold("Plan:") + " " + s.counts()
	return part + h.sentence(line+p.onlyOutputs()+h.incomplete(p), "") + "\n"
}

// counts says how many actions of each sort there are.
func (s Summary) counts() string {
	forget := ""
	if s.Forget > 0 {
		forget = fmt.Sprintf(", %d to forget", s.Forget)
	}
	return fmt.Sprintf("%d to add, %d to change, %d to destroy, %d to run%s.", s.Add, s.Change, s.Destroy, s.Run, forget)
}

// orphans names the things that are to go and that stay in the record, because they cannot be taken away or their context is disabled.
func (h *Human) orphans(p *Plan) string {
	var b strings.Builder
	if p.OrphanCount > 0 {
		b.WriteString(h.sentence(plural(p.OrphanCount, "thing is", "things are")+" to go and cannot be taken away; the record keeps "+itOrThem(p.OrphanCount)+":", "") + "\n")
		h.byReason(&b, p.Orphans, func(address string) string { return p.OrphanReasons[address] }, "    ")
		if more := p.OrphanCount - len(p.Orphans); more > 0 {
			fmt.Fprintf(&b, "    and %d more\n", more)
		}
	}
	if p.DisabledCount > 0 {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(h.sentence(plural(p.DisabledCount, "thing is", "things are")+" on a context that is disabled (enabled = false) and left as last applied; the record keeps "+itOrThem(p.DisabledCount)+". "+
			"To have "+itOrThem(p.DisabledCount)+" taken away, enable the context. To have "+itOrThem(p.DisabledCount)+" forgotten, take the context and all that is on it out of the configuration:", "") + "\n" + h.some(p.Disabled, p.DisabledCount))
	}
	return b.String()
}

// notReached says of a destroy what becomes of the things on contexts that are away, and what to
// do about a host that will not come back.
func (h *Human) notReached(p *Plan) string {
	if n := p.Summary.Unplanned; p.Destroying && n > 0 && p.Summary.Unreachable > 0 {
		return h.sentence("The record keeps what is on a context that is unreachable, until a destroy reaches it. If its host is gone for good, take the context and all that is on it out of the configuration: the next apply or destroy forgets it, and asks no host.", "") + "\n"
	}
	return ""
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// forgotten lists what is only taken out of the record, by reason.
func (h *Human) forgotten(p *Plan) string {
	addresses, reasons := reasonsOf(p, planner.Forget)
	if len(addresses) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(h.sentence(plural(len(addresses), "thing is", "things are")+" forgotten: the record keeps nothing of "+itOrThem(len(addresses))+", and nothing is done on a host:", "") + "\n")
	h.byReason(&b, addresses, func(address string) string { return reasons[address] }, "  "+h.Paint.symbol(planner.Forget.Symbol())+" ")
	return b.String()
}

// reasonsOf are the addresses of the actions with an operation, and their reasons.
func reasonsOf(p *Plan, op planner.Op) (addresses []string, reasons map[string]string) {
	reasons = map[string]string{}
	for _, a := range p.Actions {
		if a.op == op {
			addresses = append(addresses, a.Address)
			reasons[a.Address] = strings.Join(append([]string{a.Reason}, a.Warnings...), ": ")
		}
	}
	return addresses, reasons
}

// byReason writes addresses with their reasons, each reason once.
func (h *Human) byReason(b *strings.Builder, addresses []string, reason func(address string) string, begin string) {
	alike := map[string][]string{}
	var reasons []string
	for _, address := range addresses {
		why := oneLine(reason(address))
		if alike[why] == nil {
			reasons = append(reasons, why)
		}
		alike[why] = append(alike[why], unbroken(address))
	}
	for _, why := range reasons {
		for _, line := range wrapList(alike[why], h.width()-6) {
			b.WriteString(begin + line + "\n")
		}
		if why != "" {
			b.WriteString("      " + h.sentence("("+why+")", "      ") + "\n")
		}
	}
}

// deferred lists what this plan cannot show yet, by reason.
func (h *Human) deferred(p *Plan) string {
	addresses, reasons := reasonsOf(p, planner.Defer)
	if len(addresses) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, plan again after this one is applied:\n", plural(len(addresses), "action is deferred", "actions are deferred"))
	h.byReason(&b, addresses, func(address string) string { return reasons[address] }, "  "+h.Paint.symbol(planner.Defer.Symbol())+" ")
	return b.String()
}

// wrapList joins items by commas into lines of about a width.
func wrapList(items []string, width int) []string {
	var lines []string
	line := ""
	for i, item := range items {
		if i < len(items)-1 {
			item += ","
		}
		switch {
		case line == "":
			line = item
		case stringWidth(line)+1+stringWidth(item) > max(width, minWrap):
			lines = append(lines, line)
			line = item
		default:
			line += " " + item
		}
	}
	return append(lines, line)
}

// Good is text about something that went well.
func (h *Human) Good(s string) string { return h.Paint.green(s) }
