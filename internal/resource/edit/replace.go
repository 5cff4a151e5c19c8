package edit

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ReplaceArgs are the arguments of the kind replace that say what becomes of a content.
type ReplaceArgs struct {
	Regexp  string    `cbor:"regexp"`
	Replace kind.Text `cbor:"replace,omitempty"`
	After   *string   `cbor:"after,omitempty"`
	Before  *string   `cbor:"before,omitempty"`
}

// mostReplaced is the longest content that an edit makes.
const mostReplaced = 16 << 20

// Apply makes the edit.
func (a *ReplaceArgs) Apply(content []byte) ([]byte, error) {
	if all := a.Problems(); len(all) > 0 {
		return nil, &all[0]
	}
	re := multiline(a.Regexp)
	from, to := a.bounds(content)
	in := content[from:to]
	template, _ := parseLineTemplate([]byte(a.Replace), re)
	out, done := slices.Clone(content[:from]), 0
	for _, m := range re.FindAllSubmatchIndex(in, -1) {
		out = append(out, in[done:m[0]]...)
		done = m[1]
		for _, part := range template {
			if part.group < 0 {
				out = append(out, part.text...)
			} else if m[2*part.group] >= 0 {
				out = append(out, in[m[2*part.group]:m[2*part.group+1]]...)
			}
		}
		if len(out) > mostReplaced {
			return nil, kind.NewProblem("replace", kind.CodeTooLong, "The file would be too long",
				"With what replace puts in the file would have more than %d bytes, which is the most of an edited one. Nothing was changed. Have regexp match less, or replace put in less.", mostReplaced)
		}
	}
	return slices.Concat(out, in[done:], content[to:]), nil
}

// Lines tells of a line whether the edit changes it, wherever that stands in a file. It is nil if the
// arguments are wrong, or if the edit changes what is between lines.
func (a *ReplaceArgs) Lines() func(line string) bool {
	if len(a.Problems()) > 0 {
		return nil
	}
	re := multiline(a.Regexp)
	if re.MatchString("\n\n\n") {
		return nil
	}
	return func(line string) bool {
		among := []byte("\n" + line + "\n\n")
		if !re.Match(among) {
			return false
		}
		left, err := a.Apply(among)
		return err == nil && !bytes.Equal(left, among)
	}
}

// Problems returns what is wrong with the arguments.
func (a *ReplaceArgs) Problems() []kind.Problem {
	var out []kind.Problem
	for _, e := range []struct {
		attr string
		expr *string
	}{{"regexp", &a.Regexp}, {"after", a.After}, {"before", a.Before}} {
		if _, p := CompileLine(e.attr, e.expr); p != nil {
			out = append(out, *p)
		}
	}
	if len(out) > 0 {
		return out
	}
	if _, err := parseLineTemplate([]byte(a.Replace), multiline(a.Regexp)); err != nil {
		out = append(out, *kind.NewProblem("replace", kind.CodeNoGroup, "No such group", "%v. Name one of those that it has, or write $$ for a dollar and \\\\ for a backslash.", err))
	}
	return out
}

// multiline compiles an expression in which ^ and $ are the ends of a line.
func multiline(expr string) *regexp.Regexp { return regexp.MustCompile("(?m)" + expr) }

// bounds are where the text begins and ends in which is looked. It is empty if what bounds it is
// not there.
func (a *ReplaceArgs) bounds(content []byte) (from, to int) {
	to = len(content)
	if a.After != nil {
		at := multiline(*a.After).FindIndex(content)
		if at == nil {
			return to, to
		}
		from = at[1]
	}
	if a.Before != nil {
		at := multiline(*a.Before).FindIndex(content[from:])
		if at == nil {
			return to, to
		}
		to = from + at[0]
	}
	return from, to
}

// Matches are the texts that the expression matches, each once, sorted.
func (a *ReplaceArgs) Matches(content []byte) [][]byte {
	from, to := a.bounds(content)
	out := multiline(a.Regexp).FindAll(content[from:to], -1)
	slices.SortFunc(out, bytes.Compare)
	return slices.CompactFunc(out, bytes.Equal)
}

// length is how many bytes the texts have.
func (a *ReplaceArgs) length() int {
	n := len(a.Regexp) + len(a.Replace)
	for _, text := range []*string{a.After, a.Before} {
		if text != nil {
			n += len(*text)
		}
	}
	return n
}
