package documents

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// yamlFormat is YAML, as an edit.Format. Each edit changes the text in one place. What comes of it
// is read again, and if that is not what was read before, with the value, nothing is changed.
type yamlFormat struct{}

// way is how far keys lead in a document.
type way struct {
	// steps are the collections on the way, from the outermost on, and which of their members is
	// meant; -1 if none is.
	steps []step
	// left are the keys that lead to nothing.
	left []string
	// node is what all keys lead to, nil if they do not.
	node *yaml.Node
}

type step struct {
	node *yaml.Node
	at   int
}

// pointer is the problem of keys that lead nowhere.
func pointer(summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem("pointer", kind.CodeYAML, summary, detail+" Nothing was changed. Correct the pointer, or the file.", args...)
}

// walk goes where keys lead.
func (d *document) walk(keys []string) (w way, p *kind.Problem) {
	n := d.root
	for k, token := range keys {
		at := "/" + strings.Join(keys[:k], "/")
		if n == nil || n.Kind == yaml.ScalarNode && canonicalScalar(n) == "null" {
			w.left = keys[k:]
			return w, nil
		}
		switch {
		case n.Kind == yaml.AliasNode:
			return w, pointer("The pointer leads through an alias", "What %s leads to, in line %d, is the alias *%s. What is in it stands elsewhere, and may count in other places, too.", at, n.Line, n.Value)
		case n.Anchor != "":
			return w, pointer("The pointer leads through an anchor", "What %s leads to, in line %d, has the anchor &%s, so that a change would count in other places, too.", at, n.Line, n.Anchor)
		case n.Kind == yaml.ScalarNode:
			return w, pointer("The pointer leads through a value", "What %s leads to, in line %d, is no mapping and no sequence, so that nothing can be in it.", at, n.Line)
		}
		s := step{node: n, at: -1}
		if n.Kind == yaml.SequenceNode {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i > len(n.Content) || strconv.Itoa(i) != token {
				return w, pointer("No such element", "What %s leads to, in line %d, is a sequence of %d elements, and %q is not the number of one, or of the next.", at, n.Line, len(n.Content), token)
			}
			if i < len(n.Content) {
				s.at = i
			}
		} else if s.at, p = member(n, token); p != nil {
			return w, p
		}
		w.steps = append(w.steps, s)
		if s.at < 0 {
			w.left = keys[k:]
			return w, nil
		}
		if n = n.Content[s.at]; s.node.Kind == yaml.MappingNode {
			n = s.node.Content[2*s.at+1]
		}
	}
	w.node = n
	return w, nil
}

// member looks for a key in a mapping.
func member(n *yaml.Node, token string) (at int, p *kind.Problem) {
	at = -1
	merge := 0
	for k := 0; k+1 < len(n.Content); k += 2 {
		c := n.Content[k]
		if c.Kind != yaml.ScalarNode {
			continue
		}
		if c.Value == "<<" && c.Style == 0 {
			merge = c.Line
		}
		if c.Value != token {
			continue
		}
		if at >= 0 {
			return 0, pointer("The key is there twice", "Lines %d and %d both have the key %q, and which of them counts cannot be told.", n.Content[2*at].Line, c.Line, token)
		}
		at = k / 2
	}
	if merge > 0 && at < 0 {
		return 0, pointer("Other keys are merged in", "Line %d merges another mapping in with <<, which may have the key %q. It cannot be told by the mapping itself whether it is there.", merge, token)
	}
	return at, nil
}

// Set implements edit.Format.
func (yamlFormat) Set(text []byte, keys []string, value []byte) ([]byte, *kind.Problem) {
	d, p := parse(text)
	if p != nil {
		return nil, p
	}
	w, p := d.walk(keys)
	if p != nil {
		return nil, p
	}
	t := edit.TreeOf(value)
	if w.node != nil {
		if canonical(w.node) == canonical(node(t)) {
			return text, nil
		}
		if p := replaceable(w.node); p != nil {
			return nil, p
		}
	}
	return d.proved(func() []byte { return d.set(w, t) }, func(root *yaml.Node) *yaml.Node { return setNode(root, w, t) })
}

// replaceable reports why a value is not replaced or removed.
func replaceable(n *yaml.Node) *kind.Problem {
	switch {
	case n.Kind == yaml.AliasNode:
		return pointer("The value is an alias", "The value in line %d is the alias *%s, which stands for a value elsewhere.", n.Line, n.Value)
	case n.Anchor != "":
		return pointer("The value has an anchor", "The value in line %d has the anchor &%s, so that a change would count in other places, too.", n.Line, n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		return pointer("The value has a tag", "The value in line %d has the tag %s, which says how it is to be read.", n.Line, n.Tag)
	}
	for _, c := range n.Content {
		if p := replaceable(c); p != nil && c.Kind != yaml.AliasNode && c.Style&yaml.TaggedStyle == 0 {
			return p
		}
	}
	return nil
}

// proved makes an edit, and returns what it makes if that is what it should be. want may change
// the nodes of the document: nobody reads them after it.
func (d *document) proved(edited func() []byte, want func(root *yaml.Node) *yaml.Node) (out []byte, p *kind.Problem) {
	right := seen(func() {
		out = edited()
		is, p := parse(out)
		if p != nil || !same(is.root, want(d.root)) {
			panic(errPlace)
		}
	})
	if !right {
		return nil, uncertain(kind.CodeYAML)
	}
	return out, nil
}

// same reports whether two nodes are equal, the order of their keys included.
func same(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if len(a.Content) == 0 && len(b.Content) == 0 {
		return canonical(a) == canonical(b)
	}
	return a.Kind == b.Kind && a.Anchor == b.Anchor && a.ShortTag() == b.ShortTag() && slices.EqualFunc(a.Content, b.Content, same)
}

// setNode is a document with a value where a way leads.
func setNode(root *yaml.Node, w way, t *edit.Tree) *yaml.Node {
	if len(w.steps) == 0 {
		return node(nestTree(w.left, t))
	}
	n := root
	for _, s := range w.steps[:len(w.steps)-1] {
		n = childOf(n, s.at)
	}
	switch last := w.steps[len(w.steps)-1]; {
	case last.at >= 0 && n.Kind == yaml.MappingNode:
		n.Content[2*last.at+1] = node(nestTree(w.left, t))
	case last.at >= 0:
		n.Content[last.at] = node(nestTree(w.left, t))
	case n.Kind == yaml.MappingNode:
		n.Content = append(n.Content, textNode(w.left[0]), node(nestTree(w.left[1:], t)))
	default:
		n.Content = append(n.Content, node(nestTree(w.left[1:], t)))
	}
	return root
}

func childOf(n *yaml.Node, at int) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		return n.Content[2*at+1]
	}
	return n.Content[at]
}

// last is the place of the value that a way leads to, and the collection that it is in.
func (d *document) last(w way) (p place, in place) {
	in = place{node: d.root, flow: d.root.Style&yaml.FlowStyle != 0, indent: -1}
	for k, s := range w.steps {
		if s.at < 0 {
			break
		}
		p = d.child(s.node, s.at, in.flow)
		if k < len(w.steps)-1 {
			in = p
			in.flow = in.flow || p.node.Style&yaml.FlowStyle != 0
		}
	}
	return p, in
}

// set gives what a way leads to a value.
func (d *document) set(w way, t *edit.Tree) []byte {
	l := d.layoutOf()
	if len(w.steps) == 0 { // Nothing is in the file.
		if d.root != nil {
			panic(errPlace)
		}
		text := d.text
		if len(text) > 0 && d.lineStart(len(text)) < len(text) {
			text = slices.Concat(text, []byte(l.newline))
		}
		return slices.Concat(text, []byte(strings.Join(l.lines(nestTree(w.left, t), 0), l.newline)+l.newline))
	}
	p, in := d.last(w)
	if s := w.steps[len(w.steps)-1]; s.at < 0 {
		if len(w.steps) > 1 {
			in = p
		}
		in.node = s.node
		return d.insert(in, w.left, t, l)
	}
	t = nestTree(w.left, t)
	return d.replace(p, t, l)
}

// replace puts a value in the place of another one.
func (d *document) replace(p place, t *edit.Tree, l layout) []byte {
	n := p.node
	from, to := d.begin(p), d.end(p, false)
	inLines := !p.flow && len(n.Content) > 0 && n.Style&yaml.FlowStyle == 0
	switch {
	case isEmpty(n):
		if p.key != nil && p.flow && (p.mark == 0 || d.text[p.mark-1] != ':') {
			return splice(d.text, p.mark, p.mark, ": "+inline(t, 0, true))
		}
		if c := d.comment(p.mark); c != nil && isCollection(t) {
			return splice(d.text, p.mark+len(c), p.mark+len(c), l.below(t, p))
		}
		return splice(d.text, p.mark, p.mark, l.value(t, p))
	case inLines && p.key != nil:
		rest := d.text[p.mark:d.lineEnd(p.mark)]
		if from < d.lineEnd(p.mark) {
			panic(errPlace)
		}
		if c := bytes.TrimSpace(rest); len(c) > 0 && c[0] != '#' {
			panic(errPlace)
		}
		rest = bytes.TrimRight(rest, " \t")
		if isCollection(t) {
			return splice(d.text, p.mark, to, string(rest)+l.value(t, p))
		}
		return splice(d.text, p.mark, to, l.value(t, p)+string(rest))
	case isCollection(t) && !p.flow && d.comment(to) == nil && d.lineEnd(p.mark) >= to:
		return splice(d.text, p.mark, to, l.value(t, p))
	case inLines && isCollection(t):
		return splice(d.text, p.mark, to, l.value(t, p))
	}
	return splice(d.text, from, to, inline(t, n.Style, p.flow))
}

// below writes a collection on the lines below that of its key.
func (l layout) below(t *edit.Tree, p place) string {
	if p.key == nil {
		return l.newline + strings.Join(l.lines(t, p.indent+2), l.newline)
	}
	return l.value(t, p)
}

// insert adds a member behind the others of a collection.
func (d *document) insert(in place, left []string, t *edit.Tree, l layout) []byte {
	n := in.node
	t = nestTree(left[1:], t)
	if n.Style&yaml.FlowStyle != 0 {
		return d.insertInFlow(in, left[0], t)
	}
	if len(n.Content) == 0 {
		panic(errPlace)
	}
	end := d.end(in, false)
	at := d.lineEnd(end)
	if rest := bytes.TrimSpace(d.text[end:at]); len(rest) > 0 && rest[0] != '#' {
		panic(errPlace)
	}
	if n.Kind == yaml.MappingNode {
		column := d.column(d.start(n.Content[0]))
		head := strings.Repeat(" ", column) + key(left[0], n.Content[0].Style, false) + ":"
		p := place{key: n.Content[0], indent: column}
		return splice(d.text, at, at, l.newline+head+l.value(t, p))
	}
	column := d.column(d.dash(n, 0))
	return splice(d.text, at, at, l.newline+strings.Repeat(" ", column)+"-"+l.value(t, place{indent: column}))
}

// insertInFlow adds a member to a collection in brackets.
func (d *document) insertInFlow(in place, name string, t *edit.Tree) []byte {
	n := in.node
	many := len(n.Content)
	if n.Kind == yaml.MappingNode {
		many /= 2
	}
	text := inline(t, 0, true)
	if n.Kind == yaml.MappingNode {
		style := yaml.Style(0)
		if many > 0 {
			style = n.Content[0].Style
		}
		text = key(name, style, true) + ": " + text
	}
	if many == 0 {
		at := d.properties(d.start(n)) + 1
		return splice(d.text, at, at, text)
	}
	end := d.end(d.child(n, many-1, true), false)
	next := end
	for next < len(d.text) && strings.IndexByte(" \t\r\n", d.text[next]) >= 0 {
		next++
	}
	if next < len(d.text) && d.text[next] == ',' { // behind the last one
		return splice(d.text, next+1, next+1, " "+text+",")
	}
	return splice(d.text, end, end, ", "+text)
}

// Remove implements edit.Format.
func (yamlFormat) Remove(text []byte, keys []string) ([]byte, *kind.Problem) {
	d, p := parse(text)
	if p != nil {
		return nil, p
	}
	w, p := d.walk(keys)
	if p != nil || w.node == nil {
		return text, p
	}
	if p := removable(w); p != nil {
		return nil, p
	}
	return d.proved(func() []byte { return d.remove(w) }, func(root *yaml.Node) *yaml.Node { return withoutNode(root, w) })
}

// removable reports why a member is not taken away.
func removable(w way) *kind.Problem {
	if p := replaceable(w.node); p != nil {
		return p
	}
	last := w.steps[len(w.steps)-1]
	if last.node.Kind == yaml.MappingNode {
		for k := 0; k+1 < len(last.node.Content); k += 2 {
			if c := last.node.Content[k]; c.Value == "<<" && c.Style == 0 && c.Kind == yaml.ScalarNode {
				return pointer("Other keys are merged in", "Line %d merges another mapping in with <<, which may have the key, too.", c.Line)
			}
		}
	}
	return nil
}

// withoutNode is a document without what a way leads to.
func withoutNode(root *yaml.Node, w way) *yaml.Node {
	n := root
	for _, s := range w.steps[:len(w.steps)-1] {
		n = childOf(n, s.at)
	}
	at, many := w.steps[len(w.steps)-1].at, 1
	if n.Kind == yaml.MappingNode {
		at, many = 2*at, 2
	}
	n.Content = slices.Delete(n.Content, at, at+many)
	if len(n.Content) == 0 && n == root && root.Style&yaml.FlowStyle == 0 {
		return nil
	}
	return root
}

// remove takes away what a way leads to.
func (d *document) remove(w way) []byte {
	last := w.steps[len(w.steps)-1]
	p, in := d.last(w)
	many := len(last.node.Content)
	if last.node.Kind == yaml.MappingNode {
		many /= 2
	}
	from, to := d.memberStart(last.node, p), d.end(p, false)
	switch {
	case last.node.Style&yaml.FlowStyle != 0:
		return d.removeInFlow(last, many, from, to)
	case many == 1 && len(w.steps) > 1:
		l := d.layoutOf()
		empty := &edit.Tree{Sort: 'l'}
		if last.node.Kind == yaml.MappingNode {
			empty.Sort = 'o'
		}
		in.node = last.node
		if d.commented(in.mark, from) {
			panic(errPlace)
		}
		return d.replace(in, empty, l)
	case d.startsLine(from):
		if rest := bytes.TrimSpace(d.text[to:d.lineEnd(to)]); len(rest) > 0 && rest[0] != '#' {
			panic(errPlace)
		}
		from, to = d.lineStart(from), d.nextLine(to)
		if to == len(d.text) && d.lineStart(to) < to { // The file ends without the end of a line.
			from = d.lineEnd(d.lineStart(max(0, from-1)))
		}
		return splice(d.text, from, to, "")
	case last.at+1 < many:
		next := d.memberStart(last.node, d.child(last.node, last.at+1, in.flow))
		if bytes.IndexByte(d.text[to:next], '#') >= 0 {
			panic(errPlace)
		}
		return splice(d.text, from, next, "")
	}
	panic(errPlace)
}

// commented reports whether a line between those of two indexes is a comment.
func (d *document) commented(from, to int) bool {
	for at := d.nextLine(from); at < to; at = d.nextLine(at) {
		if k := d.blanks(at); k < to && d.text[k] == '#' {
			return true
		}
	}
	return false
}

// memberStart is where a member of a collection begins: with its key, its dash, or itself.
func (d *document) memberStart(n *yaml.Node, p place) int {
	switch {
	case p.key != nil:
		return d.start(p.key)
	case n.Style&yaml.FlowStyle != 0 || p.flow:
		return d.begin(p)
	}
	return p.mark - 1
}

// removeInFlow takes a member of a collection in brackets away, with a comma.
func (d *document) removeInFlow(s step, many, from, to int) []byte {
	switch {
	case s.at > 0:
		before := d.end(d.child(s.node, s.at-1, true), false)
		if bytes.IndexByte(d.text[before:from], '#') >= 0 {
			panic(errPlace)
		}
		return splice(d.text, before, to, "")
	case many > 1:
		next := d.memberStart(s.node, d.child(s.node, 1, true))
		if bytes.IndexByte(d.text[to:next], '#') >= 0 {
			panic(errPlace)
		}
		return splice(d.text, from, next, "")
	}
	return splice(d.text, from, to, "")
}

// Find implements edit.Format.
func (yamlFormat) Find(text []byte, keys []string) (form string, written []byte, left []string, p *kind.Problem) {
	d, p := parse(text)
	if p != nil {
		return "", nil, nil, p
	}
	w, p := d.walk(keys)
	if p != nil || w.node == nil {
		return "", nil, w.left, p
	}
	t, is := tree(w.node)
	if !is {
		return canonical(w.node), nil, nil, nil
	}
	return canonical(w.node), t.JSON(), nil, nil
}
