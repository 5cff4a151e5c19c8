package view

import (
	"fmt"
	"strings"
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
	add(h.outputs(p))
	add(h.orphans(p))
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
	line := fmt.Sprintf("%s %d to add, %d to change, %d to destroy, %d to run.",
		h.Paint.bold("Plan:"), s.Add, s.Change, s.Destroy, s.Run)
	return part + h.sentence(line+p.onlyOutputs()+h.incomplete(p), "") + "\n"
}

// wayOutOfOrphans says what can be done about things that are no longer in the
// configuration.
const wayOutOfOrphans = `To remove one from its host, write its block again with state = "absent", apply, and take the block out. To leave it there and only forget it, take it out of the record: the command is in docs/cli.md, "The record".`

// orphans names the things that are recorded and not in the plan, because their block
// was removed or is disabled.
func (h *Human) orphans(p *Plan) string {
	var b strings.Builder
	if p.OrphanCount > 0 {
		b.WriteString(h.sentence(plural(p.OrphanCount, "thing is", "things are")+" recorded but no longer in the configuration; nothing is removed:", "") + "\n" + h.some(p.Orphans, p.OrphanCount))
		b.WriteString(h.sentence(wayOutOfOrphans, "") + "\n")
	}
	if p.DisabledCount > 0 {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(h.sentence(plural(p.DisabledCount, "thing is", "things are")+" disabled in the configuration (enabled = false) and left as last applied:", "") + "\n" + h.some(p.Disabled, p.DisabledCount))
	}
	return b.String()
}

// deferred lists what this plan cannot show yet, by reason.
func (h *Human) deferred(p *Plan) string {
	byReason := map[string][]string{}
	var reasons []string
	n := 0
	for _, a := range p.Actions {
		if a.Op != "defer" {
			continue
		}
		n++
		why := oneLine(a.Reason)
		if byReason[why] == nil {
			reasons = append(reasons, why)
		}
		byReason[why] = append(byReason[why], unbroken(a.Address))
	}
	if n == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, plan again after this one is applied:\n", plural(n, "action is deferred", "actions are deferred"))
	for _, why := range reasons {
		for _, line := range wrapList(byReason[why], h.width()-6) {
			b.WriteString("  " + h.Paint.symbol("?") + " " + line + "\n")
		}
		if why != "" {
			b.WriteString("      " + h.sentence("("+why+")", "      ") + "\n")
		}
	}
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
