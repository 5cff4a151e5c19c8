package view

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/config"
)

// Diagnostic returns the text of a diagnostic in Terraform's form: summary, address,
// place with the source, values, detail, contexts.
func (h *Human) Diagnostic(d *Diagnostic) string {
	colour, title := h.Paint.red, "Error: "
	if d.Severity == "warning" {
		colour, title = h.Paint.yellow, "Warning: "
	}
	var b strings.Builder
	b.WriteString(colour(title) + h.Paint.bold(oneLine(d.Summary)) + "\n\n")
	h.place(&b, d)
	if d.Detail != "" {
		b.WriteString(h.wrap(Said(d.detail())) + "\n\n")
	}
	h.instances(&b, d)
	b.WriteString(d.where())
	return h.ruled(strings.TrimRight(b.String(), "\n")+"\n", colour)
}

// where names the contexts from the controller to that of the instance, and says how
// far the start of the last one had come.
func (d *Diagnostic) where() string {
	chain, phase := unbroken(strings.Join(d.Contexts, " -> ")), ""
	if d.Phase != "" {
		phase = " (phase " + unbroken(d.Phase) + ")"
	}
	switch {
	case d.apart && len(d.Contexts) > 1:
		return "  in contexts behind " + chain + phase + "\n\n"
	case d.apart && phase != "":
		return "  in phase " + unbroken(d.Phase) + "\n\n"
	case d.apart || chain == "":
		return ""
	}
	return "  in context " + chain + phase + "\n\n"
}

// detail returns the detail. Lines of a host after the first one are indented, so that
// none can look like the beginning of another message.
func (d *Diagnostic) detail() string {
	if !d.host {
		return d.Detail
	}
	first, rest, _ := strings.Cut(d.Detail, "\n")
	var b strings.Builder
	b.WriteString(first)
	for line := range strings.SplitSeq(rest, "\n") {
		if b.WriteString("\n"); line != "" {
			b.WriteString("  " + line)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// ruled draws the line at the left that holds a diagnostic together on a terminal.
func (h *Human) ruled(s string, colour func(string) string) string {
	if !h.Paint.On {
		return s
	}
	var b strings.Builder
	b.WriteString(colour("╷") + "\n")
	for line := range strings.Lines(s) {
		b.WriteString(colour("│") + " " + line)
	}
	b.WriteString(colour("╵") + "\n")
	return b.String()
}

func (h *Human) place(b *strings.Builder, d *Diagnostic) {
	if d.Address != "" && d.Instances == nil {
		end := "\n\n"
		if d.Range != nil {
			end = ",\n"
		}
		b.WriteString("  with " + unbroken(d.Address) + end)
	}
	if d.Range == nil {
		return
	}
	if d.Range.Start.Line == 0 {
		fmt.Fprintf(b, "  on %s\n\n", unbroken(d.Range.Filename))
		return
	}
	fmt.Fprintf(b, "  on %s line %d", unbroken(d.Range.Filename), d.Range.Start.Line)
	s := d.Snippet
	if s == nil && d.unquoted {
		b.WriteString(":\n  (not shown: a variable is secret, and its value may be in this file)\n\n")
		return
	}
	if s == nil {
		b.WriteString(":\n  (source code not available)\n\n")
		return
	}
	if s.Context != "" {
		b.WriteString(", in " + unbroken(s.Context))
	}
	b.WriteString(":\n")
	h.source(b, s)
	if len(s.Values) > 0 {
		b.WriteString("    ├────────────────\n")
		for _, v := range s.Values {
			b.WriteString("    │ " + v + "\n")
		}
	}
	b.WriteString("\n")
}

// source writes the lines with their numbers, the range underlined: by the
// terminal if there is one, else by a line of carets under a range that is
// in one line.
func (h *Human) source(b *strings.Builder, s *Snippet) {
	at, single := 0, !strings.Contains(s.Code[s.Start:s.End], "\n")
	for i, line := range strings.Split(s.Code, "\n") {
		start := min(max(s.Start-at, 0), len(line))
		end := min(max(s.End-at, 0), len(line))
		at += len(line) + 1
		before, marked, after := Visible(line[:start]), Visible(line[start:max(start, end)]), Visible(line[max(start, end):])
		number := fmt.Sprintf("%4d: ", s.StartLine+i)
		b.WriteString(number + before + h.Paint.code("4", marked) + after + "\n")
		if !h.Paint.On && single && (marked != "" || s.Start == s.End && i == 0) {
			carets := max(1, stringWidth(marked))
			b.WriteString(strings.Repeat(" ", len(number)) + blank(before) + strings.Repeat("^", carets) + "\n")
		}
	}
}

// blank returns blanks as wide as s, with a tab for each tab.
func blank(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", stringWidth(string(r))))
		}
	}
	return b.String()
}

// maxInstances bounds the list of a diagnostic that many instances share.
const maxInstances = 20

func (h *Human) instances(b *strings.Builder, d *Diagnostic) {
	if d.Instances == nil {
		return
	}
	list := d.Instances[:min(len(d.Instances), maxInstances)]
	what := "instances"
	if config.IsContext(d.Address) {
		what = "contexts"
	}
	if d.Details == nil {
		fmt.Fprintf(b, "The same on %d %s:\n", len(d.Instances), what)
		for _, line := range wrapList(list, h.width()-4) {
			b.WriteString("    " + unbroken(line) + "\n")
		}
	} else {
		fmt.Fprintf(b, "The same on %d %s, but for these words:\n", len(d.Instances), what)
		for _, address := range list {
			b.WriteString("    " + unbroken(address) + ": " + unbroken(d.own(address)) + "\n")
		}
	}
	if n := len(d.Instances) - len(list); n > 0 {
		fmt.Fprintf(b, "    and %d more\n", n)
	}
	b.WriteString("\n")
}

// wrap breaks a text into lines of the terminal's width. Lines that begin with a blank
// stay as they are.
func (h *Human) wrap(s string) string {
	width := h.columns()
	if width == 0 {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if line != "" && !strings.HasPrefix(line, " ") {
			lines[i] = strings.Join(wrapWords(line, width-2), "\n")
		}
	}
	return strings.Join(lines, "\n")
}
