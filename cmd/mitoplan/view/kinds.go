package view

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/manual"
)

// Kinds lists all kinds with a line each. What does not fit into it is on the page.
func (h *Human) Kinds(kinds []kind.Kind) string {
	parts, column := manual.Index(kinds), 0
	for _, k := range kinds {
		column = max(column, len(indent)+len(k.Name)+gap)
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(h.Paint.bold(p.Heading) + "\n")
		for _, k := range p.Kinds {
			b.WriteString(truncate(pad(indent+k.Name, column)+manual.Summary(k), h.width()) + "\n")
		}
	}
	b.WriteString("\nThe page of one is shown by mitoplan kinds NAME.\n")
	return b.String()
}

// indent is what everything below a heading begins with.
const indent = "    "

// Kind shows the page of a kind as a page of a manual.
func (h *Human) Kind(p manual.Page) string {
	var b strings.Builder
	b.WriteString(h.Paint.bold(p.Title) + " (" + p.Role + ")\n\n" + h.paragraph(p.Text, indent))
	for _, s := range p.Sections {
		b.WriteString("\n" + h.Paint.bold(s.Heading) + "\n")
		if s.Text != "" {
			b.WriteString(h.paragraph(s.Text, indent))
		}
		for line := range strings.Lines(s.Example) {
			b.WriteString(indent + line)
		}
		for i, e := range s.Entries {
			if i > 0 || s.Text != "" {
				b.WriteString("\n")
			}
			b.WriteString(indent + h.Paint.bold(e.Name))
			if e.Type != "" {
				b.WriteString(" (" + e.Type + ")")
			}
			b.WriteString("\n" + h.paragraph(e.Text, indent+indent))
		}
	}
	return b.String()
}

// paragraph breaks a text into lines that begin with an indentation. Its names stand as they
// are, without the marks of documents.
func (h *Human) paragraph(s, indented string) string {
	lines := wrapWords(strings.ReplaceAll(s, "`", ""), h.width()-len(indented))
	return indented + strings.Join(lines, "\n"+indented) + "\n"
}
