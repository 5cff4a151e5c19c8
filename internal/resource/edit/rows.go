package edit

import (
	"bytes"
	"regexp"
)

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

// lastMatch returns the index of the last line that an expression matches, or -1.
func lastMatch(rows []Row, re *regexp.Regexp) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if re.Match(rows[i].Text) {
			return i
		}
	}
	return -1
}

// place is where new lines go, as insert_after and insert_before say it. The zero place is
// the end of the file.
type place struct {
	after, before *regexp.Regexp
	atBegin       bool
}

// in returns the index that the first of the new lines gets.
func (p place) in(rows []Row) int {
	switch {
	case p.atBegin:
		return 0
	case p.after != nil:
		if i := lastMatch(rows, p.after); i >= 0 {
			return i + 1
		}
	case p.before != nil:
		if i := lastMatch(rows, p.before); i >= 0 {
			return i
		}
	}
	return len(rows)
}

// insertRows puts lines among others. They get the line end that the first line has, and so
// does a last line without one that they come behind.
func insertRows(rows []Row, at int, texts [][]byte) []Row {
	end := lineEnd(rows)
	out := append([]Row{}, rows[:at]...)
	if at > 0 && len(out[at-1].End) == 0 {
		out[at-1].End = end
	}
	for _, text := range texts {
		out = append(out, Row{text, end})
	}
	return append(out, rows[at:]...)
}

// lineEnd is how the lines of a file end.
func lineEnd(rows []Row) []byte {
	if len(rows) > 0 && len(rows[0].End) > 0 {
		return rows[0].End
	}
	return []byte("\n")
}
