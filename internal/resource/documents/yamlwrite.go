package documents

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// layout is how a file is written.
type layout struct {
	newline string
	// unit is how much deeper the keys of a mapping are than that of the mapping, and list the
	// dashes of a sequence than its key.
	unit, list int
}

// layoutOf is the layout of a file, by the first of its parts that shows it.
func (d *document) layoutOf() layout {
	l := layout{newline: "\n", unit: 2, list: -1}
	if end := d.lineEnd(0); end < len(d.text) {
		l.newline = string(d.text[end : end+breakAt(d.text, end)])
	}
	unit := 0
	if d.root != nil {
		findLayout(d.root, &unit, &l.list)
	}
	if unit > 0 {
		l.unit = unit
	}
	if l.list < 0 {
		l.list = l.unit
	}
	return l
}

// findLayout fills in what it finds first.
func findLayout(n *yaml.Node, unit, list *int) {
	if n.Style&yaml.FlowStyle != 0 || n.Kind == yaml.AliasNode {
		return
	}
	for k, c := range n.Content {
		if n.Kind == yaml.MappingNode && k%2 == 1 && c.Style&yaml.FlowStyle == 0 && len(c.Content) > 0 && c.Line > n.Content[k-1].Line && c.Anchor == "" && c.Style&yaml.TaggedStyle == 0 {
			deeper := c.Column - n.Content[k-1].Column
			switch {
			case c.Kind == yaml.MappingNode && *unit == 0:
				*unit = deeper
			case c.Kind == yaml.SequenceNode && *list < 0:
				*list = deeper
			}
		}
		findLayout(c, unit, list)
	}
}

// scalar writes a value that is no collection, in the style of what was there.
func scalar(t *edit.Tree, style yaml.Style, flow bool) string {
	if t.Sort == 's' {
		return number(t.Text)
	}
	switch {
	case style&yaml.SingleQuotedStyle != 0 && isPrintable(t.Text):
		return "'" + strings.ReplaceAll(t.Text, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && isPlain(t.Text) && !(flow && strings.ContainsAny(t.Text, ",[]{}?:")):
		return t.Text
	}
	return quoted(t.Text)
}

// number writes a number as all parsers of YAML read it as one: for some it needs a point and a
// sign if it has an exponent.
func number(text string) string {
	k := strings.IndexAny(text, "eE")
	if _, is := edit.NumberOf(text); !is || k < 0 {
		return text
	}
	mantissa, exponent := text[:k], text[k+1:]
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '+' && exponent[0] != '-' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}

// isPlain reports whether every parser of YAML takes a text without quotes for that text.
func isPlain(text string) bool {
	if text == "" || !isPrintable(text) || ambiguous(text) || canonicalPlain(text, true) != strconv.Quote(text) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(first) && first != '/' && first != '_' && first != '$' {
		return false
	}
	return !strings.HasSuffix(text, " ") && !strings.Contains(text, ": ") && !strings.Contains(text, " #") && !strings.HasSuffix(text, ":") &&
		!strings.ContainsAny(text, "\t\"'`&*!|>%@{}[]")
}

func isCollection(t *edit.Tree) bool { return (t.Sort == 'o' || t.Sort == 'l') && len(t.Items) > 0 }

// inline writes a value on one line.
func inline(t *edit.Tree, style yaml.Style, flow bool) string {
	open, end := "[", "]"
	if t.Sort == 'o' {
		open, end = "{", "}"
	}
	switch {
	case t.Sort == 't' || t.Sort == 's':
		return scalar(t, style, flow)
	case len(t.Items) == 0:
		return open + end
	}
	var items []string
	for k, item := range t.Items {
		text := inline(item, 0, true)
		if t.Sort == 'o' {
			text = key(t.Keys[k], 0, true) + ": " + text
		}
		items = append(items, text)
	}
	return open + strings.Join(items, ", ") + end
}

func key(text string, style yaml.Style, flow bool) string {
	return scalar(&edit.Tree{Sort: 't', Text: text}, style, flow)
}

// lines writes a collection on lines of its own, which begin with that many blanks.
func (l layout) lines(t *edit.Tree, indent int) []string {
	var out []string
	before := strings.Repeat(" ", indent)
	for k, item := range t.Items {
		head, deeper := before+"-", indent+2
		if t.Sort == 'o' {
			head, deeper = before+key(t.Keys[k], 0, false)+":", indent+l.unit
			if item.Sort == 'l' {
				deeper = indent + l.list
			}
		}
		if !isCollection(item) {
			out = append(out, head+" "+inline(item, 0, false))
			continue
		}
		below := l.lines(item, deeper)
		if t.Sort == 'l' { // the first line goes behind the dash
			out = append(out, head+" "+below[0][deeper:])
			below = below[1:]
		} else {
			out = append(out, head)
		}
		out = append(out, below...)
	}
	return out
}

// value writes a value behind a colon or a dash. indent is the column of the key or dash.
func (l layout) value(t *edit.Tree, p place) string {
	if p.flow || !isCollection(t) {
		return " " + inline(t, 0, p.flow)
	}
	if p.key == nil {
		lines := l.lines(t, p.indent+2)
		lines[0] = " " + lines[0][p.indent+2:]
		return strings.Join(lines, l.newline)
	}
	indent := p.indent + l.unit
	if t.Sort == 'l' {
		indent = p.indent + l.list
	}
	return l.newline + strings.Join(l.lines(t, indent), l.newline)
}

// comment is a comment in the line of an index, with the blanks before it, if nothing else stands
// between.
func (d *document) comment(at int) []byte {
	rest := d.text[at:d.lineEnd(at)]
	if bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte("#")) && (rest[0] == ' ' || rest[0] == '\t') {
		return rest
	}
	return nil
}
