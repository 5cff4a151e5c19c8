package resource

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Part is what a block demands of a thing that other blocks may change too, such
// as one line of a file. The planner makes one of each such block, without asking
// a host, and compares them in pairs: Clashes tells whether two blocks undo each
// other at every apply. A field that is not known yet is empty and clashes with
// nothing.
type Part struct {
	// Whole is true for a block that says what all of the thing is.
	Whole bool
	// Absent is true if the block wants the thing, or the line, to be gone.
	Absent bool
	// Regexp finds the line that is edited; Expr is its text.
	Regexp *regexp.Regexp
	Expr   string
	// Match is first or all if not the last line is meant that the expression finds.
	Match string
	// Line is the line that the edit leaves. It is nil if that is not known, or
	// depends on what is found.
	Line *string
	// Entries are the entries of a list that are edited, such as keys that may log in. With Alone
	// all others are removed.
	Entries []string
	Alone   bool
	// Marker is what is around the block of lines that is edited.
	Marker string
	// Item is the item of a table that is edited, such as an entry of /etc/hosts.
	Item string
	// Key names the part that is edited, if nothing else does: two edits with one Key are of
	// one part. KeyArg is the argument that it stands in.
	Key, KeyArg string
	// Changes reports whether the edit would change a line, wherever it stands. It is nil if
	// that is not known, or depends on what is around the line.
	Changes func(line string) bool
	// Owners maps owner, group and mode to what the block sets, as far as it is
	// known; see OwnersDiffer.
	Owners map[string]string
}

// Parted is implemented by the kinds whose things several blocks may change parts
// of, as file, line and block do. Part returns the Part of a block without its Owners, which
// Parts.Of fills in.
type Parted interface {
	Part(p *Parts, args map[string]any, unknown []string) Part
}

// Parts makes a Part of each block of a plan. Expressions are compiled once.
// It belongs to one goroutine.
type Parts struct {
	compiled map[string]*regexp.Regexp
	kinds    map[*kind.Kind]Parted // nil for a kind of which nobody changes parts
}

// Of returns the Part of a block, from its arguments in their wire form and the
// names of those that are known after the apply.
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

// parted returns an empty resource of a kind, or nil if the kind is not Parted.
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

// Compile returns nil if an expression is wrong. The check reports that.
func (p *Parts) Compile(expr string) *regexp.Regexp {
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
	// SameMarker: both are about the block between the same markers.
	SameMarker Clash = "same marker"
	// SameEntry: both are about one entry.
	SameEntry Clash = "same entry"
	// RemovesEntry: the first removes the entry that the second adds.
	RemovesEntry Clash = "removes entry"
	// SameItem: both are about the same item of a table.
	SameItem Clash = "same item"
	// SameKey: both are about the same part, by its name.
	SameKey Clash = "same key"
	// InKey: the first is about a part of what the second is about.
	InKey Clash = "in key"
	// TakesLine: the expression of the first matches the line of the second.
	TakesLine Clash = "takes line"
	// RemovesLine: the first removes the line that the second adds.
	RemovesLine Clash = "removes line"
)

// Symmetric reports whether either of the two does to the other what the clash says.
func (c Clash) Symmetric() bool {
	return c == SameRegexp || c == SameMarker || c == SameEntry || c == SameItem || c == SameKey
}

// Looks reports whether the edit may clash with one that only adds its line.
func (p Part) Looks() bool {
	return p.Regexp != nil || p.Marker+p.Item+p.Key != "" || len(p.Entries) > 0 || p.Absent
}

// Clashes returns what p does to the line of q.
func (p Part) Clashes(q Part) Clash {
	switch {
	case p.Regexp != nil && q.Regexp != nil && p.Expr == q.Expr:
		return SameRegexp
	case p.Marker != "" && p.Marker == q.Marker && !(p.Absent && q.Absent):
		return SameMarker
	case len(p.Entries) > 0 && len(q.Entries) > 0:
		return p.clashesEntries(q)
	case p.Item != "" && p.Item == q.Item && !(p.Absent && q.Absent):
		return SameItem
	case p.Key != "" && p.Key == q.Key && !(p.Absent && q.Absent):
		return SameKey
	case q.Key != "" && strings.HasPrefix(p.Key, q.Key+"/") && !(p.Absent && q.Absent):
		return InKey
	case q.Absent || q.Line == nil || p.Whole || q.Whole:
		return Agree
	case p.Absent && p.takes(*q.Line):
		return RemovesLine
	case !p.Absent && p.Regexp != nil && p.takes(*q.Line) && !p.leaves(*q.Line):
		return TakesLine
	case p.Changes != nil && p.Changes(*q.Line):
		return TakesLine
	}
	return Agree
}

// clashesEntries is Clashes of two parts that are entries.
func (p Part) clashesEntries(q Part) Clash {
	switch shared := p.shares(q); {
	case shared && !(p.Absent && q.Absent), p.Alone && q.Alone:
		return SameEntry
	case p.Alone && !q.Absent:
		return RemovesEntry
	}
	return Agree
}

// shares reports whether two parts have an entry in common.
func (p Part) shares(q Part) bool {
	return slices.ContainsFunc(p.Entries, func(e string) bool { return slices.Contains(q.Entries, e) })
}

// Same reports whether two edits of one thing are of the same part: what is found by the
// same expression, between the same markers or by the same name, an entry that both name, the
// same item of a table, or else the same line.
func (p Part) Same(q Part) bool {
	if len(p.Entries)+len(q.Entries) > 0 {
		return p.Alone && q.Alone || p.shares(q)
	}
	if p.Expr+p.Marker+p.Item+p.Key != "" || q.Expr+q.Marker+q.Item+q.Key != "" {
		return p.Expr == q.Expr && p.Marker == q.Marker && p.Item == q.Item && p.Key == q.Key
	}
	return p.Line == nil && q.Line == nil || p.Line != nil && q.Line != nil && *p.Line == *q.Line
}

// Undoes reports whether p, which comes before q, may undo what q did at an
// earlier apply, so that q has to do it again: they clash, or q edits the line
// that p leaves.
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
	return p.Expr == "" && p.Line != nil && *p.Line == line
}

// leaves reports whether the edit makes the line what it is already.
func (p Part) leaves(line string) bool { return p.Line != nil && *p.Line == line }

// Covering is implemented by the kinds that manage many paths below the one that they claim. Covers
// returns what tells of a path, relative to that, whether a block of these arguments manages it; nil
// if the arguments do not say. The planner then finds other blocks that are about such a path.
type Covering interface {
	Covers(args map[string]any) func(rel string) bool
}
