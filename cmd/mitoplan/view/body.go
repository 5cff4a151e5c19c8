package view

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/planner"
)

// change is one attribute of an action as it is shown.
type change struct {
	name   string
	symbol string // of the attribute; "" if it stays
	text   string // what comes after "name = ", not indented
	lines  []diffLine
}

// body is the block of one action, as HCL with symbols.
func (h *Human) body(a *Action) string {
	changes, hidden := h.changes(a)
	head := fmt.Sprintf("%s %s %s %s", h.symbol(a.op), unbroken(a.Type), quote(a.Kind), quote(a.Name))
	if line, ok := h.oneLiner(a, head, changes); ok {
		return line + h.warnings(a)
	}
	return h.block(a, head, changes, hidden) + h.warnings(a)
}

// block shows changes of an action between the lines that open and close its block.
func (h *Human) block(a *Action, head string, changes []change, hidden int) string {
	var b strings.Builder
	b.WriteString(head + " {\n")
	width := 0
	for _, c := range changes {
		width = max(width, len(c.name))
	}
	for _, c := range changes {
		h.attribute(&b, c, width)
	}
	b.WriteString(h.along(a))
	if hidden > 0 {
		b.WriteString("        " + h.Paint.dim("# ("+plural(hidden, "unchanged attribute", "unchanged attributes")+" hidden)") + "\n")
	}
	if a.BeforeUnknown && a.Type != "call" {
		b.WriteString("        " + h.Paint.dim("# (compared with what is there now: something before it may change that)") + "\n")
	}
	b.WriteString("    }\n")
	return b.String()
}

func (h *Human) symbol(op planner.Op) string {
	return h.Paint.symbol(fmt.Sprintf("%3s", op.Symbol()))
}

func (h *Human) warnings(a *Action) string {
	var b strings.Builder
	for _, w := range a.Warnings {
		b.WriteString("    " + h.Paint.yellow("# Warning: "+oneLine(w)) + "\n")
	}
	for _, n := range a.notes {
		b.WriteString("    " + h.Paint.dim(h.sentence("# "+oneLine(n), "    #   ")) + "\n")
	}
	return b.String()
}

// oneLiner returns the short form of a call, in one line. It returns false for
// anything else, and for a call that does not fit into one.
func (h *Human) oneLiner(a *Action, head string, changes []change) (string, bool) {
	if a.Type != "call" {
		return "", false
	}
	var parts []string
	for _, c := range changes {
		if c.lines != nil || strings.Contains(c.text, "\n") {
			return "", false
		}
		parts = append(parts, c.name+" = "+c.text)
	}
	line := head + " { " + strings.Join(parts, ", ") + " }"
	if len(parts) == 0 {
		line = head + " {}"
	}
	return line + "\n", stringWidth(line) <= max(h.width(), minWrap)
}

func (h *Human) attribute(b *strings.Builder, c change, width int) {
	symbol := h.Paint.symbol(fmt.Sprintf("%7s", c.symbol))
	name := pad(c.name, width)
	if c.lines == nil {
		h.value(b, symbol+" "+name+" = ", c.text)
		return
	}
	fmt.Fprintf(b, "%s %s = <<-EOT\n", symbol, name)
	for _, l := range c.lines {
		b.WriteString(h.line(l))
	}
	b.WriteString("        EOT\n")
}

// value writes the text of a value after its name. Lines that are too long for
// the terminal go on below, deeper than any name.
func (h *Human) value(b *strings.Builder, before, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			before = "        "
		}
		rest := line[len(line)-len(strings.TrimLeft(line, " ")):]
		before += line[:len(line)-len(rest)]
		for _, part := range h.fold(rest, stringWidth(before)) {
			b.WriteString(before + part + "\n")
			before = strings.Repeat(" ", textIndent-2) + continued + " "
		}
	}
}

// textIndent is the column in which the lines of a text begin, after their symbol.
const textIndent = 12

func (h *Human) line(l diffLine) string {
	paint := func(s string) string { return s }
	switch l.Op {
	case '+':
		paint = h.Paint.green
	case '-':
		paint = h.Paint.red
	case '#':
		paint = h.Paint.dim
	}
	var b strings.Builder
	op := string(l.Op)
	for _, part := range h.fold(l.Text, textIndent) {
		b.WriteString(paint(strings.TrimRight(strings.Repeat(" ", textIndent-2)+op+" "+part, " ")) + "\n")
		op = continued
	}
	return b.String()
}

// changes returns the attributes to show, and how many are hidden because they stay
// as they are.
func (h *Human) changes(a *Action) (shown []change, hidden int) {
	for _, name := range a.attrs {
		c, stays := h.change(a, name)
		switch {
		case stays && !a.named[name]:
			hidden++
		case c.text != "" || c.lines != nil:
			shown = append(shown, c)
		}
	}
	return shown, hidden
}

// change says what becomes of one attribute. An attribute that is absent on
// both sides has no text.
func (h *Human) change(a *Action, name string) (c change, stays bool) {
	before, after := a.Before[name], a.After[name]
	c.name = label(name)
	switch {
	case a.SensitiveSame[name]:
		c.text = "(sensitive value)"
		return c, true
	case a.AfterSensitive[name] || a.BeforeSensitive[name]:
		c.symbol, c.text = a.attrSymbol(), "(sensitive value)"
	case a.Uses[name] != nil:
		c.text = whole(a.Uses[name])
	case a.AfterUnknown[name]:
		c.symbol, c.text = a.attrSymbol(), unknownText(a.Volatile[name])
		switch {
		case longText(before):
			c.lines = append(textLines(before, '-'), diffLine{'#', c.text})
		case before != nil:
			c.text = render(before) + " -> " + c.text
		}
	case a.Type == "call" && longText(after):
		c.lines = textLines(after, ' ')
	case a.Type == "call":
		c.text = whole(after)
	case a.Before == nil:
		c = added(c, after, '+')
		c.symbol = a.attrSymbol()
	case a.After == nil:
		c = added(c, before, '-')
		c.symbol = a.attrSymbol()
	case equal(before, after):
		c.text = whole(after)
		return c, true
	default:
		c.symbol = "~"
		c.text, c.lines = difference(before, after, a.diffed[name])
	}
	return c, false
}

// attrSymbol returns the symbol of an attribute that is hidden or not known: whether
// it is added, removed or changed follows from the thing itself.
func (a *Action) attrSymbol() string {
	switch {
	case a.Type == "call":
		return ""
	case a.Before == nil:
		return "+"
	case a.After == nil:
		return "-"
	}
	return "~"
}
