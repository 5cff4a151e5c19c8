package documents

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// start is where a node begins. The parser counts columns in characters.
func (d *document) start(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(d.lines) {
		panic(errPlace)
	}
	at := d.lines[n.Line-1]
	for range n.Column - 1 {
		if at >= len(d.text) {
			panic(errPlace)
		}
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return at
}

// column is how many blanks stand before what begins at an index, or other characters.
func (d *document) column(at int) int { return utf8.RuneCount(d.text[d.lineStart(at):at]) }

func (d *document) lineStart(at int) int {
	for at > 0 && d.text[at-1] != '\n' && d.text[at-1] != '\r' {
		at--
	}
	return at
}

// lineEnd is where the line of an index ends, without what ends it.
func (d *document) lineEnd(at int) int {
	for at < len(d.text) && breakAt(d.text, at) == 0 {
		at++
	}
	return at
}

// nextLine is where the line behind that of an index begins.
func (d *document) nextLine(at int) int {
	at = d.lineEnd(at)
	if at < len(d.text) {
		at += breakAt(d.text, at)
	}
	return at
}

// blanks passes blanks from an index on.
func (d *document) blanks(at int) int {
	for at < len(d.text) && (d.text[at] == ' ' || d.text[at] == '\t') {
		at++
	}
	return at
}

// startsLine reports whether only blanks stand before an index in its line.
func (d *document) startsLine(at int) bool {
	return len(bytes.TrimLeft(d.text[d.lineStart(at):at], " ")) == 0
}

// place is where a node stands: in which collection.
type place struct {
	node *yaml.Node
	// key is nil in a sequence.
	key *yaml.Node
	// flow is set in a collection that is written with brackets.
	flow bool
	// indent is the column of the key, or of the dash of an element.
	indent int
	// mark is behind the colon of the key, or behind the dash.
	mark int
}

// child is the place of a child of a collection: the value of a pair, or an element.
func (d *document) child(parent *yaml.Node, index int, inFlow bool) place {
	p := place{flow: inFlow || parent.Style&yaml.FlowStyle != 0}
	if parent.Kind == yaml.MappingNode {
		p.key, p.node = parent.Content[2*index], parent.Content[2*index+1]
		from := d.start(p.key)
		p.indent = d.column(from)
		end := d.end(place{node: p.key, flow: p.flow, indent: p.indent, mark: from}, true)
		p.mark = d.blanks(end)
		if p.mark >= len(d.text) || d.text[p.mark] != ':' {
			if isEmpty(p.node) && p.flow {
				p.mark = end
				return p
			}
			panic(errPlace) // such as a key behind a question mark
		}
		p.mark++
		return p
	}
	p.node = parent.Content[index]
	if p.flow {
		p.mark = d.start(p.node)
		return p
	}
	p.mark = d.dash(parent, index) + 1
	p.indent = d.column(p.mark - 1)
	return p
}

// dash is where the dash of an element of a sequence in lines is.
func (d *document) dash(parent *yaml.Node, index int) int {
	at := d.start(parent.Content[index])
	if index == 0 {
		at = d.start(parent)
		if d.text[at] == '-' {
			return at
		}
		panic(errPlace)
	}
	column := d.column(d.dash(parent, 0))
	for line := d.lineStart(at); ; line = d.lineStart(line - 1) {
		if at = line + column; at < len(d.text) && d.text[at] == '-' && d.startsLine(at) {
			return at
		}
		if line == 0 {
			panic(errPlace)
		}
	}
}

// begin is where the value of a place begins, or where it would if nothing is there.
func (d *document) begin(p place) int {
	if isEmpty(p.node) {
		return p.mark
	}
	return d.start(p.node)
}

// end is where the value of a place ends. isKey is set for a key.
func (d *document) end(p place, isKey bool) int {
	n := p.node
	if isEmpty(n) {
		return p.mark
	}
	at := d.start(n)
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		at = d.properties(at)
	}
	switch {
	case n.Kind == yaml.AliasNode:
		for at < len(d.text) && strings.IndexByte(" \t\r\n,]}", d.text[at]) < 0 {
			at++
		}
		return at
	case n.Kind == yaml.ScalarNode:
		return d.scalarEnd(p, at, isKey)
	case n.Style&yaml.FlowStyle != 0:
		return d.flowEnd(p, at)
	case len(n.Content) == 0:
		panic(errPlace)
	}
	last := len(n.Content) - 1
	if n.Kind == yaml.MappingNode {
		last /= 2
	}
	return d.end(d.child(n, last, p.flow), false)
}

// properties passes an anchor and a tag.
func (d *document) properties(at int) int {
	for at < len(d.text) && (d.text[at] == '&' || d.text[at] == '!') {
		for at < len(d.text) && strings.IndexByte(" \t\r\n", d.text[at]) < 0 {
			at++
		}
		at = d.blanks(at)
	}
	return at
}

// flowEnd is where a collection in brackets ends.
func (d *document) flowEnd(p place, at int) int {
	n := p.node
	at++
	if many := len(n.Content); many > 0 {
		last := many - 1
		if n.Kind == yaml.MappingNode {
			last /= 2
		}
		at = d.end(d.child(n, last, true), false)
	}
	for at < len(d.text) {
		switch d.text[at] {
		case ' ', '\t', '\r', '\n', ',':
			at++
		case '#':
			at = d.lineEnd(at)
		case ']', '}':
			return at + 1
		default:
			panic(errPlace)
		}
	}
	panic(errPlace)
}

// scalarEnd is where a scalar ends that begins at an index.
func (d *document) scalarEnd(p place, at int, isKey bool) int {
	switch n := p.node; {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for at++; at < len(d.text); at++ {
			switch d.text[at] {
			case '\\':
				at++
			case '"':
				return at + 1
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for at++; at < len(d.text); at++ {
			if d.text[at] == '\'' {
				if at+1 == len(d.text) || d.text[at+1] != '\'' {
					return at + 1
				}
				at++
			}
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.blockEnd(p, at)
	default:
		return d.plainEnd(p, at, isKey)
	}
	panic(errPlace)
}

// blockEnd is where the last line of a scalar in lines of its own ends.
func (d *document) blockEnd(p place, at int) int {
	header := d.text[at:d.lineEnd(at)]
	keeps := bytes.IndexByte(bytes.SplitN(header, []byte("#"), 2)[0], '+') >= 0
	end := at + len(bytes.TrimRight(header, " \t"))
	for line := d.nextLine(at); line < len(d.text); line = d.nextLine(line) {
		first := d.blanks(line)
		if first == d.lineEnd(line) {
			if keeps {
				end = first
			}
			continue
		}
		if first-line <= p.indent {
			break
		}
		end = d.lineEnd(line)
	}
	return end
}

// mostFolded is over how many lines a scalar without quotes goes at most.
const mostFolded = 1000

// plainEnd is where a scalar without quotes ends: where what was read is its value. It may go
// over several lines.
func (d *document) plainEnd(p place, at int, isKey bool) int {
	value, breaks := "", 0
	for range mostFolded {
		end := d.plainLineEnd(at, p.flow)
		part := string(bytes.Trim(d.text[at:end], " \t"))
		switch {
		case value == "" || part == "":
			value += part
		case breaks > 1:
			value += strings.Repeat("\n", breaks-1) + part
		default:
			value += " " + part
		}
		if part != "" {
			breaks = 0
		}
		if value == p.node.Value {
			return at + len(bytes.TrimRight(d.text[at:end], " \t"))
		}
		if isKey || !strings.HasPrefix(p.node.Value, value) || d.nextLine(at) >= len(d.text) {
			break
		}
		at = d.nextLine(at)
		breaks++
	}
	panic(errPlace)
}

// plainLineEnd is where a scalar without quotes ends in its line at the latest.
func (d *document) plainLineEnd(at int, flow bool) int {
	end := d.lineEnd(at)
	for k := at; k < end; k++ {
		next := byte(' ')
		if k+1 < end {
			next = d.text[k+1]
		}
		switch c := d.text[k]; {
		case c == '#' && k > at && (d.text[k-1] == ' ' || d.text[k-1] == '\t'),
			c == ':' && (next == ' ' || next == '\t' || flow && strings.IndexByte(",[]{}", next) >= 0),
			flow && strings.IndexByte(",[]{}", c) >= 0:
			return k
		}
	}
	return end
}
