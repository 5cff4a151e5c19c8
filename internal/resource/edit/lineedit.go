package edit

import (
	"bytes"
	"regexp"
)

// Lines is an edit of the lines of a file, ready to run on bytes.
type Lines struct {
	line []byte
	// template is what a matching line becomes. If it is nil, that is the line itself.
	// If no line matches, there is nothing to put into a template, and no line is
	// added.
	template      lineTemplate
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
		if i := e.LastMatch(rows, e.Regexp); i >= 0 {
			rows[i].Text = e.LineFor(rows[i].Text)
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

// LastMatch returns the index of the last line that an expression matches, or -1.
func (e *Lines) LastMatch(rows []Row, re *regexp.Regexp) int { return lastMatch(rows, re) }

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
