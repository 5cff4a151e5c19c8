package documents

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// mostYAML is the longest file of YAML that is edited. What the parser makes of a file takes up to
// 150 times its length.
const mostYAML = 1 << 20

// document is a file of YAML, which is one document.
type document struct {
	text []byte
	// lines are where the lines begin.
	lines []int
	// root is nil if nothing is in the document.
	root *yaml.Node
}

// parse reads a file.
func parse(text []byte) (*document, *kind.Problem) {
	if len(text) > mostYAML {
		return nil, cannot("The file is too long", "Values are edited in files of YAML of at most %d bytes; this one has %d.", mostYAML, len(text))
	}
	d := &document{text: text, lines: linesOf(text)}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var n, more yaml.Node
	switch err := decoder.Decode(&n); {
	case errors.Is(err, io.EOF):
		return d, nil
	case err != nil:
		return nil, cannot("The file is no YAML", "It cannot be read: %s. Nothing was changed. Correct the file, or write it whole.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, cannot("The file has several documents", "The second one begins in line %d, and which of them is meant cannot be told. Nothing was changed. Write the file whole, or edit it with the kinds line or block.", more.Line)
	case !errors.Is(err, io.EOF):
		return nil, cannot("The file is no YAML", "It cannot be read: %s. Nothing was changed. Correct the file, or write it whole.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(n.Content) != 1 {
		return d, nil
	}
	if d.root = n.Content[0]; isEmpty(d.root) {
		d.root = nil
	}
	if d.root != nil && tooDeep(d.root, mostNested) {
		return nil, cannot("The file is nested too deep", "Values are edited in files of YAML that are nested at most %d deep. Nothing was changed.", mostNested)
	}
	return d, nil
}

// cannot is the problem of a file that is not edited.
func cannot(summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem("path", kind.CodeYAML, summary, detail, args...)
}

func tooDeep(n *yaml.Node, most int) bool {
	return most == 0 || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return tooDeep(c, most-1) })
}

// linesOf is where the lines of a text begin. YAML knows other ends of lines than most.
func linesOf(text []byte) []int {
	lines := []int{0}
	for k := 0; k < len(text); k++ {
		if n := breakAt(text, k); n > 0 {
			k += n - 1
			lines = append(lines, k+1)
		}
	}
	return lines
}

// breakAt is how long the end of a line at an index is, 0 if none is there.
func breakAt(text []byte, k int) int {
	rest := text[k:]
	switch {
	case rest[0] == '\n':
		return 1
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return 2
	case rest[0] == '\r':
		return 1
	case bytes.HasPrefix(rest, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(rest, []byte("\u2028")), bytes.HasPrefix(rest, []byte("\u2029")):
		return 3
	}
	return 0
}

// isEmpty reports whether a node stands for nothing that is written.
func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 && n.Anchor == ""
}

// canonical is a value in a form in which equal values are equal. That of what parsers of YAML
// read in different ways, and that of what JSON does not have, is the form of nothing else.
func canonical(n *yaml.Node) string {
	switch n.Kind {
	case yaml.AliasNode:
		return "*" + n.Value
	case yaml.ScalarNode:
		return canonicalScalar(n)
	}
	before := ""
	if n.Style&yaml.TaggedStyle != 0 {
		before = n.Tag + " "
	}
	if n.Anchor != "" {
		before += "&" + n.Anchor + " "
	}
	var list []string
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			list = append(list, canonical(c))
		}
		return before + "[" + strings.Join(list, ",") + "]"
	}
	for k := 0; k+1 < len(n.Content); k += 2 {
		list = append(list, canonical(n.Content[k])+":"+canonical(n.Content[k+1]))
	}
	slices.Sort(list)
	return before + "{" + strings.Join(list, ",") + "}"
}

func canonicalScalar(n *yaml.Node) string {
	before := ""
	if n.Anchor != "" {
		before = "&" + n.Anchor + " "
	}
	if n.Style&yaml.TaggedStyle != 0 {
		return before + n.Tag + " " + strconv.Quote(n.Value)
	}
	if n.Style != 0 {
		return before + strconv.Quote(n.Value)
	}
	return before + canonicalPlain(n.Value, n.ShortTag() == "!!str")
}

// canonicalPlain is the form of a scalar without quotes.
func canonicalPlain(text string, isText bool) string {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return "null"
	case "true", "True", "TRUE":
		return "true"
	case "false", "False", "FALSE":
		return "false"
	}
	if number, is := edit.NumberOf(text); is {
		return number
	}
	if !isText || ambiguous(text) {
		return "plain " + strconv.Quote(text)
	}
	return strconv.Quote(text)
}

// ambiguous reports whether some parser takes a text without quotes for something else: a
// number in a form of its own, a date, or yes and no.
func ambiguous(text string) bool {
	if slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<", ".inf", ".nan"}, strings.ToLower(text)) {
		return true
	}
	return strings.Trim(text, "0123456789+-._:xXoOabcdefABCDEFTtZ ") == "" && strings.ContainsAny(text, "0123456789")
}

// tree is the tree of JSON of a node. is is false if JSON does not have such a value.
func tree(n *yaml.Node) (t *edit.Tree, is bool) {
	t = &edit.Tree{}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return nil, false
	}
	switch n.Kind {
	case yaml.ScalarNode:
		form := canonicalScalar(n)
		switch {
		case form == "null" || form == "true" || form == "false":
			t.Sort, t.Text = 's', form
		case strings.HasPrefix(form, `"`):
			t.Sort, t.Text = 't', n.Value
		case strings.HasPrefix(form, "plain "):
			return nil, false
		default:
			t.Sort, t.Text = 's', n.Value
		}
		return t, true
	case yaml.SequenceNode:
		t.Sort = 'l'
		for _, c := range n.Content {
			item, is := tree(c)
			if !is {
				return nil, false
			}
			t.Items = append(t.Items, item)
		}
		return t, true
	case yaml.MappingNode:
		t.Sort = 'o'
		for k := 0; k+1 < len(n.Content); k += 2 {
			item, is := tree(n.Content[k+1])
			if !is || n.Content[k].Kind != yaml.ScalarNode {
				return nil, false
			}
			t.Keys, t.Items = append(t.Keys, n.Content[k].Value), append(t.Items, item)
		}
		return t, true
	}
	return nil, false
}

// node is the node of a tree of JSON, without the places of anything.
func node(t *edit.Tree) *yaml.Node {
	switch t.Sort {
	case 't':
		return textNode(t.Text)
	case 's':
		return &yaml.Node{Kind: yaml.ScalarNode, Value: t.Text}
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if t.Sort == 'o' {
		n.Kind = yaml.MappingNode
	}
	for k, item := range t.Items {
		if t.Sort == 'o' {
			n.Content = append(n.Content, textNode(t.Keys[k]))
		}
		n.Content = append(n.Content, node(item))
	}
	return n
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: text}
}
