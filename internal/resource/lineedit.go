package resource

import (
	"bytes"
	"regexp"
)

// lineEdit is an edit of the lines of a file, ready to run on bytes.
type lineEdit struct {
	line []byte
	// template is what a matching line becomes. If it is nil, that is the line itself.
	// If no line matches, there is nothing to put into a template, and no line is
	// added.
	template      lineTemplate
	regexp        *regexp.Regexp // nil: the line itself is looked for
	absent        bool
	after, before *regexp.Regexp // where a new line goes; nil: nothing said
	atBegin       bool
}

// row is one line and the end that it has: \n, \r\n, or none for the last.
type row struct{ text, end []byte }

// rowsOf splits content into lines that together are all of it.
func rowsOf(content []byte) []row {
	var rows []row
	for line := range bytes.Lines(content) {
		text := bytes.TrimSuffix(line, []byte("\n"))
		if len(text) < len(line) {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		rows = append(rows, row{text, line[len(text):]})
	}
	return rows
}

func joinRows(rows []row) []byte {
	var b bytes.Buffer
	for _, r := range rows {
		b.Write(r.text)
		b.Write(r.end)
	}
	return b.Bytes()
}

// apply returns the content after the edit. It never changes what it is given.
func (e *lineEdit) apply(content []byte) []byte {
	rows := rowsOf(content)
	if e.absent {
		return e.remove(rows)
	}
	if e.regexp != nil {
		if i := e.lastMatch(rows, e.regexp); i >= 0 {
			rows[i].text = e.lineFor(rows[i].text)
			return joinRows(rows)
		}
		if e.template != nil {
			return content
		}
	}
	for _, r := range rows {
		if bytes.Equal(r.text, e.line) {
			return content
		}
	}
	return e.insert(rows)
}

// lineFor returns what a matching line becomes.
func (e *lineEdit) lineFor(text []byte) []byte {
	if e.template == nil {
		return e.line
	}
	return e.template.expand(e.regexp, text)
}

func (e *lineEdit) lastMatch(rows []row, re *regexp.Regexp) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if re.Match(rows[i].text) {
			return i
		}
	}
	return -1
}

func (e *lineEdit) remove(rows []row) []byte {
	kept := rows[:0:0]
	for _, r := range rows {
		gone := e.regexp == nil && bytes.Equal(r.text, e.line) || e.regexp != nil && e.regexp.Match(r.text)
		if !gone {
			kept = append(kept, r)
		}
	}
	return joinRows(kept)
}

func (e *lineEdit) insert(rows []row) []byte {
	at := len(rows)
	switch {
	case e.atBegin:
		at = 0
	case e.after != nil:
		if i := e.lastMatch(rows, e.after); i >= 0 {
			at = i + 1
		}
	case e.before != nil:
		if i := e.lastMatch(rows, e.before); i >= 0 {
			at = i
		}
	}
	end := []byte("\n")
	if len(rows) > 0 && len(rows[0].end) > 0 {
		end = rows[0].end
	}
	out := append([]row{}, rows[:at]...)
	if at > 0 && len(out[at-1].end) == 0 {
		out[at-1].end = end
	}
	out = append(out, row{e.line, end})
	return joinRows(append(out, rows[at:]...))
}
