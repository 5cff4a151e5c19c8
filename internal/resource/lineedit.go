package resource

import (
	"bytes"
	"regexp"
	"strconv"
)

// lineEdit is an edit of the lines of a file, ready to run on bytes.
type lineEdit struct {
	line          []byte
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
			rows[i].text = e.expand(rows[i].text)
			return joinRows(rows)
		}
		if len(e.references()) > 0 {
			return content // Nothing matched that could be put into the line.
		}
	}
	for _, r := range rows {
		if bytes.Equal(r.text, e.line) {
			return content
		}
	}
	return e.insert(rows)
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

// reference is one place in the line that stands for a group of regexp.
var reference = regexp.MustCompile(`\$(\d+)|\$\{(\w+)\}|\\(\d)`)

// references are those places whose group exists: start, end and number.
func (e *lineEdit) references() [][3]int {
	if e.regexp == nil {
		return nil
	}
	var out [][3]int
	for _, m := range reference.FindAllSubmatchIndex(e.line, -1) {
		for g := 1; g <= 3; g++ {
			if m[2*g] < 0 {
				continue
			}
			if n := e.groupNumber(string(e.line[m[2*g]:m[2*g+1]])); n >= 0 {
				out = append(out, [3]int{m[0], m[1], n})
			}
		}
	}
	return out
}

func (e *lineEdit) groupNumber(name string) int {
	n, err := strconv.Atoi(name)
	if err != nil {
		return e.regexp.SubexpIndex(name)
	}
	if n > e.regexp.NumSubexp() {
		return -1
	}
	return n
}

// expand returns the line with what a matching text gives for its references.
func (e *lineEdit) expand(text []byte) []byte {
	refs := e.references()
	if len(refs) == 0 {
		return e.line
	}
	groups := e.regexp.FindSubmatch(text)
	var out []byte
	done := 0
	for _, r := range refs {
		out = append(out, e.line[done:r[0]]...)
		out = append(out, groups[r[2]]...)
		done = r[1]
	}
	return append(out, e.line[done:]...)
}
