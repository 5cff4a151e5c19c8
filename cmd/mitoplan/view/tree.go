package view

import (
	"strings"
)

// branch is one line of the context tree. guide begins the lines that continue it.
type branch struct{ label, describe, status, guide string }

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
	return h.tabulate(lines)
}

func (h *Human) branches(lines []branch, children map[string][]*Context, parent, indent string) []branch {
	for i, c := range children[parent] {
		joint, below := "├─ ", "│  "
		if i == len(children[parent])-1 {
			joint, below = "└─ ", "   "
		}
		guide := indent + below + "   "
		if len(children[c.Address]) > 0 {
			guide = indent + below + "│  "
		}
		lines = append(lines, branch{indent + joint + unbroken(c.label), unbroken(c.Describe), h.status(c), guide})
		lines = h.branches(lines, children, c.Address, indent+below)
	}
	return lines
}

// status returns the end of a context's line: what is wrong or, on the first context of
// a machine, which system it has.
func (h *Human) status(c *Context) string {
	switch {
	case c.Status == "unreachable", c.Status == "failed":
		return h.Paint.red(reasoned(c.Status, c.Reason))
	case c.Status == "behind":
		return h.Paint.red(reasoned("not started", c.Reason))
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

func fact(c *Context, name string) string {
	s, _ := c.Facts[name].(string)
	return oneLine(s)
}

// tabulate puts the parts of branches into columns. Parts that do not fit into the line
// go on lines below it.
func (h *Human) tabulate(lines []branch) string {
	var first, second int
	for _, l := range lines {
		first = max(first, stringWidth(l.label))
		second = max(second, stringWidth(l.describe))
	}
	first = min(first+4, h.width())
	var b strings.Builder
	for _, l := range lines {
		line, below := pad(l.label, first), []string{l.describe, l.status}
		if stringWidth(line+l.describe) <= h.width() {
			line, below = line+l.describe, below[1:]
			if full := pad(line, first+second+gap) + l.status; stringWidth(full) <= h.width() {
				line, below = full, nil
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		for _, part := range below {
			for _, words := range wrapWords(part, h.width()-stringWidth(l.guide)) {
				b.WriteString(l.guide + words + "\n")
			}
		}
	}
	return b.String()
}
