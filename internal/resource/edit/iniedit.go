package edit

import (
	"bytes"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Ini is an edit of one key in a file of sections and keys, ready to run on bytes.
type Ini struct {
	section string
	named   bool // false: what stands before all sections
	key     string
	has     []iniPair
	match   string
	tight   bool
	// want are the values of the key; none if it is to be gone.
	want   []iniValue
	from   string // the argument that they come from
	syntax iniSyntax
}

// byteOrderMark may stand before the first line, and is no part of it.
var byteOrderMark = []byte("\xef\xbb\xbf")

// iniRows splits a content into lines. mark is what stands before the first.
func iniRows(content []byte) (mark []byte, rows []Row) {
	if rest, ok := bytes.CutPrefix(content, byteOrderMark); ok {
		return byteOrderMark, RowsOf(rest)
	}
	return nil, RowsOf(content)
}

// Apply returns the content after the edit. It never changes what it is given.
func (e *Ini) Apply(content []byte) ([]byte, *kind.Problem) {
	mark, rows := iniRows(content)
	in, found, p := e.find(rows)
	switch {
	case p != nil:
		return nil, p
	case found:
		rows, p = e.set(rows, in)
	case len(e.want) > 0:
		rows = e.begin(rows)
	}
	if p != nil {
		return nil, p
	}
	out := slices.Concat(mark, JoinRows(rows))
	if !bytes.Equal(out, content) {
		p = e.unread(rows)
	}
	return out, p
}

// unread is the problem of a value that would not be read as it was written: one that ends in a
// backslash goes on in the line behind it.
func (e *Ini) unread(rows []Row) *kind.Problem {
	in, found, _ := e.find(rows)
	if len(e.want) == 0 || !found {
		return nil
	}
	for _, k := range e.of(rows, in) {
		goesOn := k.doubt >= 0 && endsInBackslash(rows[k.row].Text)
		if goesOn || k.end > k.row+1 && !slices.ContainsFunc(e.want, k.value.is) {
			return kind.NewProblem(e.from, kind.CodeIni, "The value would go on in the next line",
				"%q would be in line %d of the new file, and what ends in a backslash goes on in the line behind it. Nothing was changed. Put quotes around the value, or have an empty line behind the key.", e.key, k.row+1)
		}
	}
	return nil
}

// find returns the section that is meant.
func (e *Ini) find(rows []Row) (in iniSection, found bool, p *kind.Problem) {
	var all []iniSection
	holds := false
	for _, s := range sections(rows) {
		if (s.head >= 0) != e.named || e.named && string(s.name) != e.section || !e.isOfHas(rows, s) {
			continue
		}
		all = append(all, s)
		holds = holds || len(e.of(rows, s)) > 0
	}
	switch {
	case len(all) == 0, len(e.want) == 0 && !holds:
		return in, false, nil
	case e.match == "first" || len(all) == 1:
		return all[0], true, nil
	case e.match == "last":
		return all[len(all)-1], true, nil
	}
	return in, false, kind.NewProblem("section", kind.CodeSeveralLines, "The section is there several times",
		"Lines %d and %d both begin a section [%s], and which of them is meant cannot be told. Nothing was changed. Tell it by a key that it has, with section_has, or set match to first or last.", all[0].head+1, all[1].head+1, e.section)
}

// isOfHas reports whether a section has the keys that tell it from others.
func (e *Ini) isOfHas(rows []Row, s iniSection) bool {
	keys := e.syntax.keys(rows, s)
	for _, h := range e.has {
		if !slices.ContainsFunc(keys, func(k iniKey) bool { return string(k.name) == h.key && k.value.is(h.value) }) {
			return false
		}
	}
	return true
}

// of are the lines of the key in a section.
func (e *Ini) of(rows []Row, in iniSection) []iniKey {
	return slices.DeleteFunc(e.syntax.keys(rows, in), func(k iniKey) bool { return string(k.name) != e.key })
}

// set gives the key its values. Of more lines than those the last ones stay, as these count in
// most programs.
func (e *Ini) set(rows []Row, in iniSection) ([]Row, *kind.Problem) {
	keys := e.of(rows, in)
	if len(keys) == 0 {
		if len(e.want) == 0 {
			return rows, nil
		}
		at := e.placeIn(rows, in)
		return insertRows(rows, at, e.lines(rows, in, e.want)), nil
	}
	extra := max(0, len(keys)-len(e.want))
	var out []Row
	done := 0
	for i, k := range keys {
		goes := i < extra
		stays := !goes && k.value.is(e.want[i-extra])
		if !stays && k.doubt >= 0 {
			return nil, e.doubtful(k)
		}
		out = append(out, rows[done:k.row]...)
		switch done = k.end; {
		case stays:
			out = append(out, rows[k.row:k.end]...)
		case !goes:
			out = append(out, Row{e.changed(rows, in, k, e.want[i-extra]), rows[k.end-1].End})
		}
	}
	if more := len(e.want) - len(keys); more > 0 {
		last := keys[len(keys)-1]
		if last.doubt >= 0 {
			return nil, e.doubtful(last)
		}
		at := len(out)
		out = append(out, rows[done:]...)
		return insertRows(out, at, e.lines(rows, in, e.want[len(keys):])), nil
	}
	return append(out, rows[done:]...), nil
}

// doubtful is the problem of a value of which cannot be told where it ends.
func (e *Ini) doubtful(k iniKey) *kind.Problem {
	return kind.NewProblem("key", kind.CodeIni, "Where the value ends cannot be told",
		"Line %d may belong to the value of %q in line %d, as it is indented more or follows a backslash, or may have a key of its own. Nothing was changed. Indent both lines alike, or edit the file with another kind.", k.doubt+1, e.key, k.row+1)
}

// lines are new lines for values.
func (e *Ini) lines(rows []Row, in iniSection, values []iniValue) [][]byte {
	var out [][]byte
	like := e.like(rows, in)
	for _, v := range values {
		out = append(out, e.line(like, v))
	}
	return out
}

// changed is the line of a key with another value. Its blanks, quotes and comment stay.
func (e *Ini) changed(rows []Row, in iniSection, k iniKey, want iniValue) []byte {
	l := k.iniLine
	if l.sep == nil {
		l.sep = e.like(rows, in).sep
	}
	if !want.bare {
		trimmed := bytes.TrimRight(l.sep, blanks)
		if first, _, _ := bytes.Cut(k.value.text, []byte("\n")); len(first) == 0 && len(trimmed) > 1 && len(trimmed) == len(l.sep) {
			l.sep = slices.Concat(l.sep, []byte(" "))
		}
		_, wants := quoted(want.text)
		_, quote := quoted(k.value.text)
		if quote != 0 && wants == 0 && bytes.IndexByte(want.text, quote) < 0 && bytes.IndexByte(want.text, '\\') < 0 {
			want.text = slices.Concat([]byte{quote}, want.text, []byte{quote})
		}
	}
	return slices.Concat(e.line(l, want), k.comment)
}

// line is a line for the key, with the blanks of another. If it would be read as something else
// so, it gets blanks of its own.
func (e *Ini) line(like iniLine, v iniValue) []byte {
	key := slices.Concat(like.indent, []byte(e.key))
	if v.bare {
		return key
	}
	for _, sep := range [][]byte{like.sep, slices.Concat(like.sep, []byte(" "))} {
		text := bytes.TrimRight(slices.Concat(key, sep, v.text), blanks)
		if l, ok := e.syntax.parse(text); ok && string(l.name) == e.key && bytes.Equal(l.value.text, v.text) {
			return text
		}
	}
	return bytes.TrimRight(slices.Concat(key, []byte(" = "), v.text), blanks)
}

// like is how lines with a key are written in a section, or else in the file.
func (e *Ini) like(rows []Row, in iniSection) iniLine {
	out := iniLine{sep: []byte(" = ")}
	use := func(keys []iniKey) bool {
		for _, k := range slices.Backward(keys) {
			if out.indent = k.indent; k.sep != nil {
				out.sep = narrow(k.sep, len(k.value.text) == 0)
				return true
			}
		}
		return false
	}
	if !use(e.syntax.keys(rows, in)) {
		all := sections(rows)
		for k := len(all) - 1; k >= 0 && !use(e.syntax.keys(rows, all[k])); k-- {
		}
	}
	if e.tight {
		out.sep = []byte("=")
	}
	return out
}

// narrow is a separator with one blank where there are several, as in columns. Behind one without
// a value there is as much as before it.
func narrow(sep []byte, empty bool) []byte {
	mark := bytes.TrimSpace(sep)
	before, after := sep[0] != mark[0], sep[len(sep)-1] != mark[0]
	out := mark
	if before {
		out = append([]byte(" "), mark...)
	}
	if after || empty && before {
		out = append(slices.Clone(out), ' ')
	}
	return out
}

// placeIn is where a new key goes in a section: behind the key where it is commented out, or
// else behind the last one. No line that is indented comes after it, which would go on its value.
func (e *Ini) placeIn(rows []Row, in iniSection) int {
	for k := in.to - 1; k >= in.from; k-- {
		t := bytes.TrimLeft(rows[k].Text, blanks)
		if !isComment(t) {
			continue
		}
		l, ok := e.syntax.parse(bytes.TrimLeft(t, "#;"+blanks))
		if ok && string(l.name) == e.key && l.sep != nil && (k+1 == in.to || !isDeeper(rows[k+1].Text)) {
			return k + 1
		}
	}
	at := in.from
	if keys := e.syntax.keys(rows, in); len(keys) > 0 {
		at = keys[len(keys)-1].end
	} else if in.head < 0 {
		at = preamble(rows, in.to)
	}
	for at < in.to && isDeeper(rows[at].Text) {
		at++
	}
	return at
}

// isDeeper reports whether a line is indented and not empty.
func isDeeper(text []byte) bool {
	t := bytes.TrimLeft(text, blanks)
	return len(t) > 0 && len(t) < len(text)
}

// preamble is the index behind the comment at the beginning of a file, and the empty line after
// it. A comment right before a header is one on that.
func preamble(rows []Row, to int) int {
	k := 0
	for k < to && isComment(bytes.TrimLeft(rows[k].Text, blanks)) {
		k++
	}
	switch {
	case k == len(rows):
		return k
	case k < to && len(bytes.TrimSpace(rows[k].Text)) == 0:
		return k + 1
	}
	return 0
}

// begin adds the section that is not there, with the key.
func (e *Ini) begin(rows []Row) []Row {
	in := iniSection{head: len(rows), from: len(rows), to: len(rows)}
	var texts [][]byte
	if last := len(rows) - 1; last >= 0 && len(bytes.TrimSpace(rows[last].Text)) > 0 {
		texts = append(texts, nil)
	}
	texts = append(texts, []byte("["+e.section+"]"))
	like := e.like(rows, in)
	for _, h := range e.has {
		of := Ini{key: h.key, syntax: e.syntax}
		texts = append(texts, of.line(like, h.value))
	}
	return insertRows(rows, len(rows), append(texts, e.lines(rows, in, e.want)...))
}

// Values are the values of the key as they stand in the file, and whether it is there. Of a
// section that cannot be told it is not.
func (e *Ini) Values(content []byte) (values [][]byte, there bool) {
	_, rows := iniRows(content)
	in, found, p := e.find(rows)
	if p != nil || !found {
		return nil, false
	}
	for _, k := range e.of(rows, in) {
		v := k.value.text
		if k.value.bare {
			v = nil
		}
		values = append(values, v)
	}
	return values, len(values) > 0
}

// Began is the text that an edit puts before its key if the section is not there: the header, and
// an empty line before it.
func (e *Ini) Began(was, is []byte) string {
	if !e.named {
		return ""
	}
	_, before := iniRows(was)
	_, after := iniRows(is)
	if n := len(e.headers(before)); n >= len(e.headers(after)) {
		return ""
	}
	head := e.headers(after)
	out := "[" + e.section + "]"
	if at := head[len(head)-1]; at > 0 && at == len(before)+1 {
		out = "\n" + out
	}
	return out
}

func (e *Ini) headers(rows []Row) (at []int) {
	for _, s := range sections(rows) {
		if s.head >= 0 && string(s.name) == e.section {
			at = append(at, s.head)
		}
	}
	return at
}

// Without returns the content without the key, and without its section if began, the text that an
// edit began it with, is not empty and nothing else is in it. last is set if what goes was the
// end of the file.
func (e *Ini) Without(content []byte, began string) (out []byte, last bool, p *kind.Problem) {
	gone := *e
	gone.want = nil
	mark, rows := iniRows(content)
	in, found, p := gone.find(rows)
	if p != nil {
		return nil, false, p
	}
	was := len(rows)
	if found {
		keys := gone.of(rows, in)
		last = len(keys) > 0 && keys[len(keys)-1].end == was
		if rows, p = gone.set(rows, in); p != nil {
			return nil, false, p
		}
	}
	if began != "" {
		if shorter, at := gone.withoutSection(rows, began[0] == '\n'); len(shorter) < len(rows) {
			rows, last = shorter, at
		}
	}
	return slices.Concat(mark, JoinRows(rows)), last, nil
}

// withoutSection takes a section away in which nothing is but what tells it from others. blank is
// set if an empty line goes with it.
func (e *Ini) withoutSection(rows []Row, blank bool) (out []Row, last bool) {
	for _, s := range slices.Backward(sections(rows)) {
		if s.head < 0 || string(s.name) != e.section || !e.isOfHas(rows, s) {
			continue
		}
		end := s.head + 1
		for k, r := range rows[s.from:s.to] {
			l, ok := e.syntax.parse(r.Text)
			if ok && !slices.ContainsFunc(e.has, func(h iniPair) bool { return string(l.name) == h.key }) || !ok && len(bytes.TrimSpace(r.Text)) > 0 {
				return rows, false // Something else is in it.
			}
			if ok {
				end = s.from + k + 1
			}
		}
		from := s.head
		if blank && from > 0 && len(bytes.TrimSpace(rows[from-1].Text)) == 0 {
			from--
		}
		return slices.Delete(slices.Clone(rows), from, end), end == len(rows)
	}
	return rows, false
}

// Former returns the content with the key as a backup has it. there is false if that has no such
// key.
func (e *Ini) Former(content, backup []byte) (out []byte, there bool, p *kind.Problem) {
	values, there := e.Values(backup)
	if !there {
		return nil, false, nil
	}
	back := *e
	back.want = nil
	for _, v := range values {
		if bytes.IndexByte(v, '\n') >= 0 {
			return nil, false, nil
		}
		back.want = append(back.want, iniValue{v, v == nil})
	}
	out, p = back.Apply(content)
	return out, true, p
}
