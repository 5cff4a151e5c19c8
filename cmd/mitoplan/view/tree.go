package view

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// branch is one line of the context tree.
type branch struct{ label, describe, status string }

// tree draws the contexts of a plan under the controller.
func (h *Human) tree(p *Plan) string {
	if len(p.Contexts) == 0 {
		return ""
	}
	children := map[string][]*Context{}
	for i := range p.Contexts {
		c := &p.Contexts[i]
		children[c.Parent] = append(children[c.Parent], c)
	}
	lines := h.branches([]branch{{label: "local"}}, children, "", "")
	return columns(lines)
}

func (h *Human) branches(lines []branch, children map[string][]*Context, parent, indent string) []branch {
	for i, c := range children[parent] {
		joint, below := "├─ ", "│  "
		if i == len(children[parent])-1 {
			joint, below = "└─ ", "   "
		}
		lines = append(lines, branch{indent + joint + Strip(c.label), Strip(c.Describe), h.status(c)})
		lines = h.branches(lines, children, c.Address, indent+below)
	}
	return lines
}

// status is what is told of a context at the end of its line: what the host
// is, once a machine, or what is wrong.
func (h *Human) status(c *Context) string {
	switch {
	case c.Status == "unreachable":
		return h.Paint.red(reasoned("unreachable", c.Reason))
	case c.Status == "deferred":
		return h.Paint.yellow(reasoned("deferred", c.Reason))
	case c.Status == "pending":
		return h.Paint.dim("not used")
	case c.Machine != "" && c.Machine != c.Address:
		return ""
	}
	var parts []string
	if d := fact(c, "distro"); d != "" {
		parts = append(parts, strings.TrimSpace(d+" "+fact(c, "distro_version")))
	}
	if a := fact(c, "arch"); a != "" {
		parts = append(parts, a)
	}
	return h.Paint.dim(strings.Join(parts, ", "))
}

func reasoned(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + oneLine(why)
}

// oneLine is text from a host, fit for a line of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(Strip(s)), " ") }

func fact(c *Context, name string) string {
	s, _ := c.Facts[name].(string)
	return oneLine(s)
}

func columns(lines []branch) string {
	var first, second int
	for _, l := range lines {
		first = max(first, ansi.StringWidth(l.label))
		second = max(second, ansi.StringWidth(l.describe))
	}
	var b strings.Builder
	for _, l := range lines {
		s := fmt.Sprintf("%s    %s  %s", pad(l.label, first), pad(l.describe, second), l.status)
		b.WriteString(strings.TrimRight(s, " ") + "\n")
	}
	return b.String()
}
