package edit

import (
	"bytes"
	"regexp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Lines is an edit of the lines of a file, ready to run on bytes.
type Lines struct {
	line []byte
	// template is what a matching line becomes. If it is nil, that is the line itself.
	// If no line matches, there is nothing to put into a template, and no line is
	// added.
	template      lineTemplate
	match         string         // which of several lines: first, all, error; otherwise the last
	Regexp        *regexp.Regexp // nil: the line itself is looked for
	absent        bool
	after, before *regexp.Regexp // where a new line goes; nil: nothing said
	atBegin       bool
}

// Apply returns the content after the edit. It never changes what it is given.
func (e *Lines) Apply(content []byte) []byte {
	rows := RowsOf(content)
	if e.absent {
		return e.remove(rows)
	}
	if e.Regexp != nil {
		if found := e.Matches(rows); len(found) > 0 {
			for _, i := range found {
				rows[i].Text = e.LineFor(rows[i].Text)
			}
			return JoinRows(rows)
		}
		if e.template != nil {
			return content
		}
	}
	for _, r := range rows {
		if bytes.Equal(r.Text, e.line) {
			return content
		}
	}
	at := place{e.after, e.before, e.atBegin}.in(rows)
	return JoinRows(insertRows(rows, at, [][]byte{e.line}))
}

// LineFor returns what a matching line becomes.
func (e *Lines) LineFor(text []byte) []byte {
	if e.template == nil {
		return e.line
	}
	return e.template.expand(e.Regexp, text)
}

// Matches returns the indices of those lines that are meant, of all that the expression
// matches.
func (e *Lines) Matches(rows []Row) []int {
	if e.match != "first" && e.match != "all" {
		if i := lastMatch(rows, e.Regexp); i >= 0 {
			return []int{i}
		}
		return nil
	}
	var out []int
	for i, r := range rows {
		if !e.Regexp.Match(r.Text) {
			continue
		}
		if out = append(out, i); e.match == "first" {
			break
		}
	}
	return out
}

// ambiguous returns the problem of an edit that allows one match, and of which there are more.
func (e *Lines) ambiguous(rows []Row) *kind.Problem {
	if e.match != "error" || e.Regexp == nil || e.absent {
		return nil
	}
	last := lastMatch(rows, e.Regexp)
	if last < 0 {
		return nil
	}
	if before := lastMatch(rows[:last], e.Regexp); before >= 0 {
		return kind.NewProblem("match", kind.CodeSeveralLines, "Several lines match",
			"Lines %d and %d both match, and match is error, so that only one may. Nothing was changed. Have the expression match one line only, or say which is meant: first, last or all.", before+1, last+1)
	}
	return nil
}

func (e *Lines) remove(rows []Row) []byte {
	kept := rows[:0:0]
	for _, r := range rows {
		gone := e.Regexp == nil && bytes.Equal(r.Text, e.line) || e.Regexp != nil && e.Regexp.Match(r.Text)
		if !gone {
			kept = append(kept, r)
		}
	}
	return JoinRows(kept)
}
