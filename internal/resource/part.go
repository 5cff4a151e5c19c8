package resource

import (
	"regexp"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Part is what a block asks of a thing that other blocks may change too: enough
// to tell whether both can have their way. It is made without a host.
type Part struct {
	// Whole is true for a block that says what all of the thing is.
	Whole bool
	// Absent is true where the thing, or the line, is asked to be gone.
	Absent bool
	// Regexp finds the line that is edited; expr is its text.
	Regexp *regexp.Regexp
	expr   string
	// Line is what the edit leaves behind; nil where that is not known, or
	// hangs on what is found.
	Line *string
	// Owners are the owner, group and mode that it asks for, as far as they are
	// known; see OwnersDiffer.
	Owners map[string]string
}

// Parts makes a Part of each block of a plan. Expressions are compiled once.
// It belongs to one goroutine.
type Parts struct{ compiled map[string]*regexp.Regexp }

// Of is the Part of a block, from its wire arguments and the names of those that
// are known after apply.
func (p *Parts) Of(kindName string, args map[string]any, unknown []string) Part {
	state, _ := wireText(args["state"])
	absent := state == "absent"
	out := Part{Absent: absent}
	switch kindName {
	case "line":
		out = p.ofLine(args, unknown, absent)
	case "file":
		out.Whole = absent || args["replace"] != false && hasContent(args, unknown)
	}
	if !absent || kindName == "line" { // A line that is gone leaves a file.
		out.Owners = ownersOf(args, unknown)
	}
	return out
}

// hasContent reports whether a file's block says what it holds, and not only
// who owns it.
func hasContent(args map[string]any, unknown []string) bool {
	return slices.ContainsFunc([]string{"content", "content_base64", "source"}, func(name string) bool {
		return args[name] != nil || slices.Contains(unknown, name)
	})
}

func (p *Parts) ofLine(args map[string]any, unknown []string, absent bool) Part {
	if slices.Contains(unknown, "state") || slices.Contains(unknown, "regexp") {
		return Part{}
	}
	out := Part{Absent: absent}
	if expr, ok := wireText(args["regexp"]); ok {
		out.expr, out.Regexp = expr, p.compile(expr)
	}
	if line, ok := wireText(args["line"]); ok && args["backrefs"] != true {
		out.Line = &line
	}
	return out
}

func wireText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case kind.Text:
		return string(v), true
	}
	b, ok := asBytes(v)
	return string(b), ok
}

// compile is nil for an expression that is wrong, which its check tells.
func (p *Parts) compile(expr string) *regexp.Regexp {
	re, ok := p.compiled[expr]
	if !ok {
		re, _ = regexp.Compile(expr)
		if p.compiled == nil {
			p.compiled = map[string]*regexp.Regexp{}
		}
		p.compiled[expr] = re
	}
	return re
}

// Clash is how two blocks undo each other, at every apply.
type Clash string

// The clashes of two parts of one thing.
const (
	Agree Clash = ""
	// SameRegexp: both look for the same line.
	SameRegexp Clash = "same regexp"
	// TakesLine: the expression of the first matches the line of the second.
	TakesLine Clash = "takes line"
	// RemovesLine: the first removes the line that the second adds.
	RemovesLine Clash = "removes line"
)

// Clashes says what p does to the line of q.
func (p Part) Clashes(q Part) Clash {
	switch {
	case p.Regexp != nil && q.Regexp != nil && p.expr == q.expr:
		return SameRegexp
	case q.Absent || q.Line == nil || p.Whole || q.Whole:
		return Agree
	case p.Absent && p.takes(*q.Line):
		return RemovesLine
	case !p.Absent && p.Regexp != nil && p.takes(*q.Line) && !p.leaves(*q.Line):
		return TakesLine
	}
	return Agree
}

// Undoes reports whether p, which comes before q, may undo what q made, so that
// only q mends it: they clash, or q makes what it does of the line of p.
func (p Part) Undoes(q Part) bool {
	if p.Clashes(q) != Agree || q.Clashes(p) != Agree {
		return true
	}
	return q.Line == nil && q.Regexp != nil && p.Line != nil && q.takes(*p.Line)
}

// takes reports whether a line is one that the edit looks for.
func (p Part) takes(line string) bool {
	if p.Regexp != nil {
		return p.Regexp.MatchString(line)
	}
	return p.expr == "" && p.Line != nil && *p.Line == line
}

// leaves reports whether the edit makes the line what it is already.
func (p Part) leaves(line string) bool { return p.Line != nil && *p.Line == line }
