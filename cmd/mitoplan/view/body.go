package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/planner"
)

// change is one attribute of an action as it is shown.
type change struct {
	name   string
	symbol string // of the attribute; "" where it stays
	text   string // what comes after "name = ", without indent
	lines  []diffLine
}

// body is the block of one action, as HCL with symbols.
func (h *Human) body(a *Action) string {
	changes, hidden := h.changes(a)
	head := fmt.Sprintf("%s %s %s %s", h.symbol(a.op), a.Type, quote(a.Kind), quote(a.Name))
	if line, ok := oneLiner(a, head, changes); ok {
		return line + h.warnings(a)
	}
	var b strings.Builder
	b.WriteString(head + " {\n")
	width := 0
	for _, c := range changes {
		width = max(width, len(c.name))
	}
	for _, c := range changes {
		h.attribute(&b, c, width)
	}
	if hidden > 0 {
		b.WriteString("        " + h.Paint.dim("# ("+plural(hidden, "unchanged attribute", "unchanged attributes")+" hidden)") + "\n")
	}
	if a.BeforeUnknown && a.Type != "call" {
		b.WriteString("        " + h.Paint.dim("# (compared with what is there now: something before it may change that)") + "\n")
	}
	b.WriteString("    }\n" + h.warnings(a))
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
	return b.String()
}

// oneLiner is the short form of a call with little to say.
func oneLiner(a *Action, head string, changes []change) (string, bool) {
	if a.Type != "call" {
		return "", false
	}
	var parts []string
	n := len(a.Type) + len(a.Kind) + len(a.Name)
	for _, c := range changes {
		if c.lines != nil || strings.Contains(c.text, "\n") {
			return "", false
		}
		parts = append(parts, c.name+" = "+c.text)
		n += len(c.name) + len(c.text) + 5
	}
	if n > 90 {
		return "", false
	}
	if len(parts) == 0 {
		return head + " {}\n", true
	}
	return head + " { " + strings.Join(parts, ", ") + " }\n", true
}

func (h *Human) attribute(b *strings.Builder, c change, width int) {
	symbol := h.Paint.symbol(fmt.Sprintf("%7s", c.symbol))
	name := pad(c.name, width)
	if c.lines == nil {
		text := strings.ReplaceAll(c.text, "\n", "\n        ")
		fmt.Fprintf(b, "%s %s = %s\n", symbol, name, text)
		return
	}
	fmt.Fprintf(b, "%s %s = <<-EOT\n", symbol, name)
	for _, l := range c.lines {
		b.WriteString(h.line(l))
	}
	b.WriteString("        EOT\n")
}

func (h *Human) line(l diffLine) string {
	text := strings.TrimRight("          "+string(l.Op)+" "+l.Text, " ") + "\n"
	switch l.Op {
	case '+':
		return h.Paint.green(text[:len(text)-1]) + "\n"
	case '-':
		return h.Paint.red(text[:len(text)-1]) + "\n"
	case '#':
		return h.Paint.dim(text[:len(text)-1]) + "\n"
	}
	return text
}

// changes are the attributes to show and how many are hidden because they stay.
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
	c.name = name
	switch {
	case a.AfterSensitive[name] || a.BeforeSensitive[name]:
		c.symbol, c.text = a.attrSymbol(), "(sensitive value)"
	case a.AfterUnknown[name]:
		c.symbol, c.text = a.attrSymbol(), unknownText(a.Volatile[name])
		if before != nil {
			c.text = render(before) + " -> " + c.text
		}
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

// attrSymbol is that of an attribute that comes or goes with the thing itself.
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

// whole is a value where there is one.
func whole(v any) string {
	if v == nil {
		return ""
	}
	return render(v)
}

// added is a value that comes or goes as a whole; long text line by line.
func added(c change, v any, op byte) change {
	s, ok := v.(string)
	if !ok || !strings.Contains(strings.TrimSuffix(s, "\n"), "\n") {
		c.text = whole(v)
		return c
	}
	for line := range strings.Lines(s) {
		c.lines = append(c.lines, diffLine{op, Strip(strings.TrimSuffix(line, "\n"))})
	}
	if !strings.HasSuffix(s, "\n") {
		c.lines = append(c.lines, diffLine{'#', "(no newline at the end)"})
	}
	return c
}

// difference is "old -> new", or a diff by lines where either is long.
func difference(before, after any, diffed bool) (string, []diffLine) {
	b, bText := before.(string)
	a, aText := after.(string)
	if bText && aText && (diffed || strings.Contains(b+a, "\n")) && b+a != "" {
		return "", diffLines(b, a)
	}
	return render(before) + " -> " + render(after), nil
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	}
	if _, ok := b.([]any); ok {
		return false
	}
	if _, ok := b.(map[string]any); ok {
		return false
	}
	return a == b
}
