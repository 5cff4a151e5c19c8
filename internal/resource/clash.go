package resource

import (
	"regexp"

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

// Parted is a Resource of a thing that blocks may change parts of. Part says what
// a block asks of it, as Parts.Of does, but for the owners.
type Parted interface {
	Part(p *Parts, args map[string]any, unknown []string) Part
}

// Parts makes a Part of each block of a plan. Expressions are compiled once.
// It belongs to one goroutine.
type Parts struct {
	compiled map[string]*regexp.Regexp
	kinds    map[*kind.Kind]Parted // nil for a kind of which nobody changes parts
}

// Of is the Part of a block, from its wire arguments and the names of those that
// are known after apply.
func (p *Parts) Of(k *kind.Kind, args map[string]any, unknown []string) Part {
	out := Part{Absent: k.Absent(args)}
	owned := !out.Absent || k.Edits() // A part that is gone leaves the thing.
	if parted := p.parted(k); parted != nil {
		out = parted.Part(p, args, unknown)
	}
	if owned {
		out.Owners = ownersOf(k, args, unknown)
	}
	return out
}

// parted is what tells the parts of a kind, nil where nothing does.
func (p *Parts) parted(k *kind.Kind) Parted {
	parted, known := p.kinds[k]
	if known || k.Role != kind.RoleResource {
		return parted
	}
	parted, _ = k.New().(Parted)
	if p.kinds == nil {
		p.kinds = map[*kind.Kind]Parted{}
	}
	p.kinds[k] = parted
	return parted
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
