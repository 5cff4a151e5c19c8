package documents

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// tomlFormat is TOML, as an edit.Format. Each edit changes the text in one place. What comes of it
// is read again, by a library, too, and if that is not what was read before, with the value, nothing
// is changed.
type tomlFormat struct{}

// tomlWay is how far keys lead in a document.
type tomlWay struct {
	keys []string
	// path are the tables and arrays on the way, from the root on, and at which of their members is
	// meant; -1 if none is.
	path []*tomlNode
	at   []int
	// left are the keys that lead to nothing.
	left []string
	// node is what all keys lead to, nil if they do not.
	node *tomlNode
}

// noWay is the problem of keys that lead nowhere.
func noWay(attr, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, kind.CodeTOML, summary, detail+" Nothing was changed.", args...)
}

// walk goes where keys lead.
func (d *tomlDocument) walk(keys []string) (w tomlWay, p *kind.Problem) {
	w.keys = keys
	n := d.root
	for k, key := range keys {
		at := -1
		switch n.sort {
		case 'o':
			at = n.indexOf(key)
		case 'l':
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i > len(n.items) || strconv.Itoa(i) != key {
				return w, noWay("pointer", "No such element", "What /%s leads to, in line %d, is an array of %d elements, and %q is not the number of one, or of the next. Correct the pointer.", strings.Join(keys[:k], "/"), n.line, len(n.items), key)
			}
			if i < len(n.items) {
				at = i
			}
		default:
			return w, noWay("pointer", "The pointer leads through a value", "What /%s leads to, in line %d, is no table and no array, so that nothing can be in it. Correct the pointer, or the file.", strings.Join(keys[:k], "/"), n.line)
		}
		w.path, w.at = append(w.path, n), append(w.at, at)
		if at < 0 {
			w.left = keys[k:]
			return w, nil
		}
		n = n.items[at]
	}
	w.node = n
	return w, nil
}

// inLines is the problem of what is no one value in the text.
func inLines(n *tomlNode) *kind.Problem {
	return noWay("pointer", "A table is there", "What the pointer leads to is a table, or an array of tables, whose parts are written on lines of their own from line %d on. Name the keys in it, one by one, or write the file whole.", n.line)
}

// Find implements edit.Format.
func (tomlFormat) Find(text []byte, keys []string) (form string, written []byte, left []string, p *kind.Problem) {
	d, p := parseTOML(text)
	if p != nil {
		return "", nil, nil, p
	}
	w, p := d.walk(keys)
	if p != nil || w.node == nil {
		return "", nil, w.left, p
	}
	t, is := treeOfTOML(w.node)
	if !is {
		return w.node.form(true), nil, nil, nil
	}
	return w.node.form(true), t.JSON(), nil, nil
}

// Set implements edit.Format.
func (tomlFormat) Set(text []byte, keys []string, value []byte) ([]byte, *kind.Problem) {
	d, p := parseTOML(text)
	if p != nil {
		return nil, p
	}
	w, p := d.walk(keys)
	if p != nil {
		return nil, p
	}
	t := edit.TreeOf(value)
	n, why := nodeOfTree(t)
	switch {
	case why != "":
		return nil, noWay("value", "TOML has no such value", "In value, %s.", kind.Rule(why))
	case w.node != nil && w.node.form(true) == n.form(true):
		return text, nil
	case w.node != nil && w.node.lines:
		return nil, inLines(w.node)
	case w.node == nil:
		if n := w.path[len(w.path)-1]; n.sort == 'l' && n.lines {
			return nil, inLines(n)
		}
	}
	return d.proved(func() []byte {
		if w.node != nil {
			return splice(d.text, w.node.from, w.node.to, tomlText(t, d.text[w.node.from:w.node.to]))
		}
		return d.insert(w, t)
	}, func(model any) any { return withModel(model, keys, n.model()) })
}

// behindAll reports whether a header at the end of the file is about where a way ends: in an array of
// tables, that is the last one.
func (w tomlWay) behindAll() bool {
	for k, n := range w.path {
		if n.sort == 'l' && w.at[k] != len(n.items)-1 {
			return false
		}
	}
	return true
}

// proved makes an edit, and returns what it makes if that is what it should be. want may change the
// model of the document: nobody reads it after it.
func (d *tomlDocument) proved(edited func() []byte, want func(model any) any) (out []byte, p *kind.Problem) {
	right := seen(func() {
		out = edited()
		is, p := parseTOML(out)
		if p != nil || formOfModel(is.model, true) != formOfModel(want(d.model), true) {
			panic(errPlace)
		}
	})
	if !right {
		return nil, uncertain(kind.CodeTOML)
	}
	return out, nil
}

// model is a value as the library has it.
func (n *tomlNode) model() any {
	switch n.sort {
	case 'l':
		out := []any{}
		for _, item := range n.items {
			out = append(out, item.model())
		}
		return out
	case 'o':
		out := map[string]any{}
		for k, item := range n.items {
			out[n.keys[k]] = item.model()
		}
		return out
	case 't':
		return n.text
	}
	if float, is := strings.CutPrefix(n.text, "float "); is {
		f, _ := strconv.ParseFloat(float, 64)
		return f
	}
	if i, err := strconv.ParseInt(n.text, 10, 64); err == nil {
		return i
	}
	return n.text == "true"
}

// withModel is a model with a value where keys lead.
func withModel(model any, keys []string, value any) any {
	if len(keys) == 0 {
		return value
	}
	switch m := model.(type) {
	case nil:
		return map[string]any{keys[0]: withModel(nil, keys[1:], value)}
	case map[string]any:
		m[keys[0]] = withModel(m[keys[0]], keys[1:], value)
		return m
	case []map[string]any:
		return withModel(anyOf(m), keys, value)
	case []any:
		i, _ := strconv.Atoi(keys[0])
		if i == len(m) {
			return append(m, withModel(nil, keys[1:], value))
		}
		m[i] = withModel(m[i], keys[1:], value)
		return m
	}
	panic(errPlace)
}

// withoutModel is a model without what keys lead to.
func withoutModel(model any, keys []string) any {
	i, _ := strconv.Atoi(keys[0])
	switch m := model.(type) {
	case map[string]any:
		if len(keys) > 1 {
			m[keys[0]] = withoutModel(m[keys[0]], keys[1:])
		} else {
			delete(m, keys[0])
		}
		return m
	case []map[string]any:
		return withoutModel(anyOf(m), keys)
	case []any:
		if len(keys) > 1 {
			m[i] = withoutModel(m[i], keys[1:])
			return m
		}
		return slices.Delete(m, i, i+1)
	}
	panic(errPlace)
}

// insert adds what is missing where a way ends.
func (d *tomlDocument) insert(w tomlWay, t *edit.Tree) []byte {
	n := w.path[len(w.path)-1]
	switch {
	case n.sort == 'l':
		return d.append(n, tomlText(nestTree(w.left[1:], t), nil))
	case !n.lines:
		member := tomlKeys(append(w.within(n), w.left[0])) + " = " + tomlText(nestTree(w.left[1:], t), nil)
		if len(n.items) == 0 {
			return splice(d.text, n.from, n.to, "{ "+member+" }")
		}
		return splice(d.text, n.last, n.last, ", "+member)
	case n.dotted != nil:
		return d.insertLine(n.last, append(w.within(n), w.left...), t)
	case len(w.path) > 1 && n.header && (len(w.left) == 1 || !w.behindAll()):
		return d.insertLine(n.last, w.left, t)
	case len(w.path) > 1 || len(w.left) > 1:
		return d.insertTable(w, t)
	case n.last >= 0:
		return d.insertLine(n.last, w.left, t)
	}
	return d.insertFirst(tomlKeys(w.left) + d.equals() + tomlText(t, nil))
}

// within are the keys by which dots lead to a table, from the one that it is written in on.
func (w tomlWay) within(n *tomlNode) []string {
	for k := len(w.path) - 1; n.dotted != nil && k >= 0; k-- {
		if w.path[k] == n.dotted {
			return slices.Clone(w.keys[k : len(w.path)-1])
		}
	}
	return nil
}

// insertLine adds a value on the line below that of an index, as deep as that begins.
func (d *tomlDocument) insertLine(last int, keys []string, t *edit.Tree) []byte {
	end := d.lineEnd(last)
	begin := d.lineStart(last)
	indent := len(d.text[begin:]) - len(bytes.TrimLeft(d.text[begin:], " \t"))
	if d.text[begin+indent] == '[' || bytes.IndexByte(d.text[begin:end], '=') < 0 { // a header, or the last line of several
		indent = 0
	}
	return splice(d.text, end, end, d.newline()+string(d.text[begin:begin+indent])+tomlKeys(keys)+d.equals()+tomlText(t, nil))
}

// insertTable adds a table at the end of the file.
func (d *tomlDocument) insertTable(w tomlWay, t *edit.Tree) []byte {
	if !w.behindAll() {
		panic(errPlace)
	}
	var header []string
	for k, key := range w.keys[:len(w.keys)-1] {
		if k >= len(w.path) || w.path[k].sort == 'o' {
			header = append(header, key)
		}
	}
	text := d.closed()
	if len(bytes.TrimSpace(text)) > 0 {
		text = append(text, d.newline()...)
	}
	return append(text, "["+tomlKeys(header)+"]"+d.newline()+tomlKeys(w.keys[len(w.keys)-1:])+d.equals()+tomlText(t, nil)+d.newline()...)
}

// insertFirst adds the first value that is in no table with a header.
func (d *tomlDocument) insertFirst(line string) []byte {
	if d.first < 0 {
		return append(d.closed(), line+d.newline()...)
	}
	at := d.lineStart(d.first)
	for at > 0 { // comments right above a header are about it
		above := d.lineStart(at - 1)
		if text := bytes.TrimLeft(d.text[above:at], " \t"); len(text) == 0 || text[0] != '#' {
			break
		}
		at = above
	}
	return splice(d.text, at, at, line+d.newline()+d.newline())
}

// closed is a copy of the text, of which the last line has an end.
func (d *tomlDocument) closed() []byte {
	text := slices.Clone(d.text)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, d.newline()...)
	}
	return text
}

// append adds an element to an array.
func (d *tomlDocument) append(n *tomlNode, text string) []byte {
	if len(n.items) == 0 {
		return splice(d.text, n.from+1, n.from+1, text)
	}
	last := n.items[len(n.items)-1]
	next := d.blanks(last.to)
	comma := d.text[next] == ','
	if !d.alone(last.from) {
		if comma {
			return splice(d.text, next+1, next+1, " "+text+",")
		}
		return splice(d.text, last.to, last.to, ", "+text)
	}
	indent := string(d.text[d.lineStart(last.from):last.from])
	end := d.lineEnd(last.to)
	if comma {
		return splice(d.text, end, end, d.newline()+indent+text+",")
	}
	if n.to <= end { // the bracket is on the line of the last element
		return splice(d.text, last.to, last.to, ","+d.newline()+indent+text)
	}
	out := splice(d.text, end, end, d.newline()+indent+text)
	return splice(out, last.to, last.to, ",")
}

// Remove implements edit.Format.
func (tomlFormat) Remove(text []byte, keys []string) ([]byte, *kind.Problem) {
	d, p := parseTOML(text)
	if p != nil {
		return nil, p
	}
	w, p := d.walk(keys)
	if p != nil || w.node == nil {
		return text, p
	}
	if w.node.lines && !(w.node.header && len(w.node.items) == 0 && w.path[len(w.path)-1].sort == 'o') {
		return nil, inLines(w.node)
	}
	return d.proved(func() []byte { return d.remove(w) }, func(model any) any { return withoutModel(model, w.goes()) })
}

// goes are the keys of what goes with what a way leads to: tables that are nowhere but in the keys
// of their members.
func (w tomlWay) goes() []string {
	k := len(w.path) - 1
	for k > 0 && w.path[k].sort == 'o' && len(w.path[k].items) == 1 && !w.path[k].header && (w.path[k].lines || w.path[k].dotted != nil) {
		k--
	}
	return w.keys[:k+1]
}

// remove takes away what a way leads to.
func (d *tomlDocument) remove(w tomlWay) []byte {
	in, at := w.path[len(w.path)-1], w.at[len(w.at)-1]
	switch {
	case w.node.lines:
		return d.removeHeader(w.node)
	case in.sort == 'l' && d.alone(w.node.from):
		next := d.blanks(w.node.to)
		if d.text[next] == ',' {
			next = d.blanks(next + 1)
		}
		if next == d.lineEnd(next) || d.text[next] == '#' { // It has its line for itself.
			return splice(d.text, d.lineStart(w.node.from), d.nextLine(next), "")
		}
	case in.lines:
		return d.removeLines(in.begin[at], w.node.to)
	}
	from, to := w.node.from, w.node.to
	if in.sort == 'o' {
		from = in.begin[at]
	}
	before := len(bytes.TrimRight(d.text[:from], " \t"))
	next := d.blanks(to)
	switch {
	case d.text[before-1] == ',':
		return splice(d.text, before-1, to, "")
	case d.text[next] == ',':
		return splice(d.text, from, d.blanks(next+1), "")
	case strings.IndexByte("[{", d.text[before-1]) >= 0 && strings.IndexByte("]}", d.text[next]) >= 0:
		return splice(d.text, before, next, "")
	}
	panic(errPlace)
}

// removeLines takes the lines away that begin and end with two indexes.
func (d *tomlDocument) removeLines(from, to int) []byte {
	from, to = d.lineStart(from), d.nextLine(to)
	if to == len(d.text) && from > 0 && d.text[to-1] != '\n' { // The file ends without the end of a line.
		from = d.lineEnd(d.lineStart(from - 1))
	}
	return splice(d.text, from, to, "")
}

// removeHeader takes the header of an empty table away, and an empty line above that would be one of
// two, or at the end of the file.
func (d *tomlDocument) removeHeader(n *tomlNode) []byte {
	from, to := d.lineStart(n.head), d.nextLine(n.behind)
	if above := d.lineStart(max(0, from-1)); from > 0 && len(bytes.TrimSpace(d.text[above:from])) == 0 && (to == len(d.text) || len(bytes.TrimSpace(d.text[to:d.lineEnd(to)])) == 0) {
		return splice(d.text, above, to, "")
	}
	return d.removeLines(n.head, n.behind)
}

// alone reports whether only blanks stand before an index in its line.
func (d *tomlDocument) alone(at int) bool {
	return len(bytes.Trim(d.text[d.lineStart(at):at], " \t")) == 0
}

func (d *tomlDocument) lineStart(at int) int { return bytes.LastIndexByte(d.text[:at], '\n') + 1 }

// lineEnd is where the line of an index ends, without what ends it.
func (d *tomlDocument) lineEnd(at int) int {
	end := d.nextLine(at)
	return end - len(d.text[at:end]) + len(bytes.TrimRight(d.text[at:end], "\r\n"))
}

// nextLine is where the line behind that of an index begins.
func (d *tomlDocument) nextLine(at int) int {
	if k := bytes.IndexByte(d.text[at:], '\n'); k >= 0 {
		return at + k + 1
	}
	return len(d.text)
}

func (d *tomlDocument) blanks(at int) int {
	for at < len(d.text) && (d.text[at] == ' ' || d.text[at] == '\t') {
		at++
	}
	return at
}

// newline is how lines end in the file, by the first one.
func (d *tomlDocument) newline() string {
	if k := bytes.IndexByte(d.text, '\n'); k > 0 && d.text[k-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// equals is what stands between a key and its value, by the first of the file.
func (d *tomlDocument) equals() string {
	if k := bytes.IndexByte(d.text, '='); k > 0 && d.text[k-1] != ' ' && d.text[k-1] != '\t' {
		return "="
	}
	return " = "
}

// tomlText writes a value on one line. A text between single quotes stays in such.
func tomlText(t *edit.Tree, old []byte) string {
	var items []string
	for k, item := range t.Items {
		text := tomlText(item, nil)
		if t.Sort == 'o' {
			text = tomlKeys(t.Keys[k:k+1]) + " = " + text
		}
		items = append(items, text)
	}
	switch {
	case t.Sort == 'l':
		return "[" + strings.Join(items, ", ") + "]"
	case t.Sort == 'o' && len(items) == 0:
		return "{}"
	case t.Sort == 'o':
		return "{ " + strings.Join(items, ", ") + " }"
	case t.Sort == 's':
		return t.Text
	case bytes.HasPrefix(old, []byte("'")) && isPrintable(t.Text) && !strings.Contains(t.Text, "'"):
		return "'" + t.Text + "'"
	}
	return quoted(t.Text)
}

// tomlKeys writes keys with dots between them.
func tomlKeys(keys []string) string {
	out := make([]string, len(keys))
	for k, key := range keys {
		if out[k] = key; key == "" || strings.ContainsFunc(key, func(c rune) bool { return c >= 0x80 || !isBare(byte(c)) }) {
			out[k] = quoted(key)
		}
	}
	return strings.Join(out, ".")
}
