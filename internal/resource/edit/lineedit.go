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

// Row is one line and the end that it has: \n, \r\n, or none for the last.
type Row struct{ Text, End []byte }

// RowsOf splits content into lines that together are all of it.
func RowsOf(content []byte) []Row {
	var rows []Row
	for line := range bytes.Lines(content) {
		text := bytes.TrimSuffix(line, []byte("\n"))
		if len(text) < len(line) {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		rows = append(rows, Row{text, line[len(text):]})
	}
	return rows
}

// JoinRows returns the content that lines make.
func JoinRows(rows []Row) []byte {
	var b bytes.Buffer
	for _, r := range rows {
		b.Write(r.Text)
		b.Write(r.End)
	}
	return b.Bytes()
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
	return e.insert(rows)
}

// LineFor returns what a matching line becomes.
func (e *Lines) LineFor(text []byte) []byte {
	if e.template == nil {
		return e.line
	}
	return e.template.expand(e.Regexp, text)
}

// LastMatch returns the index of the last line that an expression matches, or -1.
func (e *Lines) LastMatch(rows []Row, re *regexp.Regexp) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if re.Match(rows[i].Text) {
			return i
		}
	}
	return -1
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

func (e *Lines) insert(rows []Row) []byte {
	at := len(rows)
	switch {
	case e.atBegin:
		at = 0
	case e.after != nil:
		if i := e.LastMatch(rows, e.after); i >= 0 {
			at = i + 1
		}
	case e.before != nil:
		if i := e.LastMatch(rows, e.before); i >= 0 {
			at = i
		}
	}
	end := []byte("\n")
	if len(rows) > 0 && len(rows[0].End) > 0 {
		end = rows[0].End
	}
	out := append([]Row{}, rows[:at]...)
	if at > 0 && len(out[at-1].End) == 0 {
		out[at-1].End = end
	}
	out = append(out, Row{e.line, end})
	return JoinRows(append(out, rows[at:]...))
}
