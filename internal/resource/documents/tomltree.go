package documents

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// mostTOML is the longest file of TOML that is edited, and mostParts how many parts the paths of
// all its keys may have. It may be nested mostNested deep.
const (
	mostTOML  = 1 << 20
	mostParts = 1 << 20
)

// tomlNode is a value of a file of TOML, and where it stands.
type tomlNode struct {
	// sort is 'o' for a table, 'l' for an array, 't' for a text, 'd' for a date or a time, and 's'
	// for anything else.
	sort byte
	// text is a text, or the form of what is none, in which equal values are equal.
	text string
	// keys are those of a table, beside items.
	keys  []string
	items []*tomlNode
	// known is which of them each key of a large table is.
	known map[string]int
	// from and to are where it is written. What is written on lines of its own has no such place.
	from, to int
	lines    bool
	// begin is where the key of a member begins, beside items: of an inline table, and of a table
	// on lines where the member is a value.
	begin []int

	// Of a table on lines: where its header begins and ends, if it has one; where the last of its
	// values ends; and whether dots in keys make it, in the part of the file of another table.
	header       bool
	head, behind int
	last         int
	dotted       *tomlNode
	// line is that of its first mention.
	line int
}

// tomlDocument is a file of TOML.
type tomlDocument struct {
	text []byte
	root *tomlNode
	// first is where the first header begins, -1 if there is none.
	first int
	// model is what a decoder makes of the text.
	model map[string]any
}

// parseTOML reads a file. Places are found by code of this package. What a file means, and whether
// it is TOML at all, a library says, too: if they do not agree, nothing is edited.
func parseTOML(text []byte) (d *tomlDocument, p *kind.Problem) {
	if len(text) > mostTOML {
		return nil, cannotTOML("The file is too long", "Values are edited in files of TOML of at most %d bytes; this one has %d.", mostTOML, len(text))
	}
	r := &tomlReader{text: text}
	noTOML := func(why string) *kind.Problem {
		return cannotTOML("The file is no TOML", "It cannot be read as TOML 1.0: %s. Nothing was changed. Correct the file, or write it whole.", why)
	}
	root, ok := r.read()
	if !ok && r.parts > mostParts {
		return nil, cannotTOML("The file is nested too deep", "The paths of all keys together have more than %d parts. Nothing was changed.", mostParts)
	}
	if !ok {
		return nil, noTOML("look at line " + strconv.Itoa(r.line()) + ", or the one before")
	}
	d = &tomlDocument{text: text, root: root, first: r.first}
	if _, err := toml.Decode(string(text), &d.model); err != nil {
		return nil, noTOML(strings.TrimPrefix(err.Error(), "toml: "))
	}
	if d.model == nil {
		d.model = map[string]any{}
	}
	if formOfModel(d.model, false) != root.form(false) {
		return nil, uncertain(kind.CodeTOML)
	}
	return d, nil
}

// cannotTOML is the problem of a file that is not edited.
func cannotTOML(summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem("path", kind.CodeTOML, summary, detail, args...)
}

// form is a value in a form in which equal values are equal. Without dates, those are all equal.
func (n *tomlNode) form(dates bool) string {
	var b strings.Builder
	n.writeForm(&b, dates)
	return b.String()
}

func (n *tomlNode) writeForm(b *strings.Builder, dates bool) {
	switch n.sort {
	case 't':
		b.WriteString(strconv.Quote(n.text))
	case 'd':
		if b.WriteString("date"); dates {
			b.WriteString(" " + n.text)
		}
	case 's':
		b.WriteString(n.text)
	case 'l':
		b.WriteByte('[')
		for _, item := range n.items {
			item.writeForm(b, dates)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for _, key := range slices.Sorted(slices.Values(n.keys)) {
			b.WriteString(strconv.Quote(key) + ":")
			n.child(key).writeForm(b, dates)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	}
}

// formOfModel is form of what the library makes of a file.
func formOfModel(v any, dates bool) string {
	var b strings.Builder
	writeFormOfModel(&b, v, dates)
	return b.String()
}

func writeFormOfModel(b *strings.Builder, v any, dates bool) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(strconv.Quote(key) + ":")
			writeFormOfModel(b, v[key], dates)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case []map[string]any:
		writeFormOfModel(b, anyOf(v), dates)
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			writeFormOfModel(b, item, dates)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case string:
		b.WriteString(strconv.Quote(v))
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(formOfFloat(v))
	default: // a date or a time
		b.WriteString("date")
		if is, ok := v.(interface{ MarshalText() ([]byte, error) }); ok && dates {
			text, _ := is.MarshalText()
			b.WriteString(" " + string(text))
		}
	}
}

// anyOf is an array of tables as one of any values.
func anyOf(tables []map[string]any) []any {
	out := make([]any, len(tables))
	for k, t := range tables {
		out[k] = t
	}
	return out
}

// treeOfTOML is the tree of JSON of a value. is is false if JSON does not have such a value.
func treeOfTOML(n *tomlNode) (t *edit.Tree, is bool) {
	t = &edit.Tree{Sort: n.sort, Text: n.text, Keys: n.keys}
	switch n.sort {
	case 'd':
		return nil, false
	case 't':
		return t, utf8.ValidString(n.text)
	case 's':
		if float, ok := strings.CutPrefix(n.text, "float "); ok {
			if t.Text = float; !strings.ContainsAny(float, ".e") {
				t.Text += ".0"
			}
			if strings.ContainsAny(float, "IN") || float == "nan" {
				return nil, false
			}
		}
		return t, true
	}
	for _, item := range n.items {
		below, is := treeOfTOML(item)
		if !is {
			return nil, false
		}
		t.Items = append(t.Items, below)
	}
	return t, true
}

// nodeOfTree is the value of a tree of JSON, without a place. why says why TOML does not have it.
func nodeOfTree(t *edit.Tree) (n *tomlNode, why string) {
	n = &tomlNode{sort: t.Sort, text: t.Text, keys: t.Keys}
	if t.Sort == 's' {
		n.text, why = scalarOfJSON(t.Text)
		return n, why
	}
	for _, item := range t.Items {
		below, why := nodeOfTree(item)
		if why != "" {
			return nil, why
		}
		n.items = append(n.items, below)
	}
	return n, ""
}

// scalarOfJSON is the form of a number, true or false of JSON.
func scalarOfJSON(text string) (form, why string) {
	switch {
	case text == "null":
		return "", "null is no value of TOML. Leave it out, or set state to absent"
	case text == "true" || text == "false":
		return text, ""
	case strings.ContainsAny(text, ".eE"):
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", "a number is too large for a float of TOML, which has 64 bits"
		}
		return formOfFloat(f), ""
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", "a number is too large for an integer of TOML, which has 64 bits"
	}
	return strconv.FormatInt(i, 10), ""
}
