package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Bytes is shown instead of content that is not UTF-8, or too long to send. It has the
// SHA-256 of content that the controller has. Of content on a host it has the digest
// that the agent made, which can only be compared with others of the same plan and
// machine.
type Bytes struct {
	Size   int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`
	Digest string `json:"digest,omitempty"`

	text text // what people are shown of it, if it is text
}

func (b Bytes) String() string { return fmt.Sprintf("(bytes, %d long)", b.Size) }

// plain turns a wire value into one of nil, bool, int64, float64, string, Bytes,
// []any and map[string]any. Text and bytes are the same on the wire. A value whose type
// is not bytes becomes a string if it is UTF-8.
func plain(v any, t kind.Type) any {
	if d, ok := resource.AsDigest(v); ok {
		b := Bytes{Size: d.Size, Digest: hex.EncodeToString(d.MAC)}
		if p := d.Excerpt; p != nil {
			b.text = text{string(p.Text), p.Encoding, int(p.Above), int(p.Below), int(p.Left)}
		}
		return b
	}
	switch v := v.(type) {
	case cbor.ByteString:
		return plain([]byte(v), t)
	case []byte:
		if t.Base == kind.Bytes {
			return bytesOf(v)
		}
		return plainText(string(v))
	case string:
		return plainText(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plain(e, elem(t))
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = plain(e, member(t, k))
		}
		return m
	case uint64:
		return int64(v) // a wire value is an int64; the decoder may not know
	}
	return v
}

func elem(t kind.Type) kind.Type {
	if t.Elem != nil {
		return *t.Elem
	}
	return kind.Type{}
}

func member(t kind.Type, name string) kind.Type {
	if t.Object == nil {
		return elem(t)
	}
	a, _ := t.Object.Attr(name)
	return a.Type
}

func plainText(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	b := bytesOf([]byte(s))
	b.text.s, b.text.encoding = charset.Decode([]byte(s))
	return b
}

func bytesOf(b []byte) Bytes {
	sum := sha256.Sum256(b)
	return Bytes{Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}
}

// plainMap is plain for the attributes of a kind; k may be nil.
func plainMap(m map[string]any, k *kind.Kind) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		var a kind.Attr
		if k != nil {
			a, _ = k.Attr(name)
		}
		out[name] = plain(v, a.Type)
	}
	return out
}

// shortForm is the greatest length of a list, or of a text of several lines, that is
// shown in one line.
const shortForm = 60

// render writes a plain value as HCL, in one line if it is short.
func render(v any) string { return element(v, "") }

func element(v any, indent string) string {
	if s := inline(v); len(s) <= shortForm || !nested(v) && !longText(v) {
		return s
	}
	return block(v, indent)
}

func nested(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// longText reports a text that is shown line by line.
func longText(v any) bool {
	t, ok := textOf(v)
	return ok && strings.Contains(strings.TrimSuffix(t.s, "\n"), "\n") && len(quote(t.s)) > shortForm
}

func inline(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return quote(v)
	case Bytes:
		if v.text.encoding == charset.EightBit && !strings.Contains(v.text.s, "\n") {
			return quote(v.text.s)
		}
	case []any:
		parts := make([]string, 0, min(len(v), maxLines+1))
		for _, e := range v[:min(len(v), maxLines)] {
			parts = append(parts, inline(e))
		}
		return "[" + strings.Join(append(parts, beyond(len(v))...), ", ") + "]"
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		var parts []string
		for _, k := range firstKeys(v) {
			parts = append(parts, label(k)+" = "+inline(v[k]))
		}
		return "{ " + strings.Join(append(parts, beyond(len(v))...), ", ") + " }"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return Visible(fmt.Sprint(v))
}

// beyond counts the elements that are not shown, as a comment.
func beyond(n int) []string {
	if n <= maxLines {
		return nil
	}
	return []string{"/* and " + plural(n-maxLines, "more element", "more elements") + " */"}
}

func firstKeys(m map[string]any) []string {
	keys := sortedKeys(m)
	return keys[:min(len(keys), maxLines)]
}

// block is the form with one element a line.
func block(v any, indent string) string {
	var b strings.Builder
	deeper := indent + "    "
	switch v := v.(type) {
	case []any:
		b.WriteString("[\n")
		for _, e := range v[:min(len(v), maxLines)] {
			b.WriteString(deeper + element(e, deeper) + ",\n")
		}
		for _, rest := range beyond(len(v)) {
			b.WriteString(deeper + rest + "\n")
		}
		b.WriteString(indent + "]")
	case map[string]any:
		b.WriteString("{\n")
		for _, k := range firstKeys(v) {
			b.WriteString(deeper + label(k) + " = " + element(v[k], deeper) + "\n")
		}
		for _, rest := range beyond(len(v)) {
			b.WriteString(deeper + rest + "\n")
		}
		b.WriteString(indent + "}")
	default:
		b.WriteString("<<-EOT\n")
		for _, l := range textLines(v, ' ') {
			if l.Op == '#' {
				l.Text = "# " + l.Text
			}
			b.WriteString(strings.TrimRight(deeper+"  "+l.Text, " ") + "\n")
		}
		b.WriteString(indent + "EOT")
	}
	return b.String()
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "${", "$${", "%{", "%%{")

// quoted shows a part of a text that stands between quotes.
func quoted(s string, _ bool) string { return Visible(escapes.Replace(s)) }

func quote(s string) string { return `"` + shorten(s, quoted) + `"` }

// label is a map's key, quoted if it is not a word.
func label(k string) string {
	for i, r := range k {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return quote(k)
		}
	}
	if k == "" {
		return `""`
	}
	return k
}

// sortedKeys returns the keys of several maps, sorted, each once.
func sortedKeys(ms ...any) []string {
	all := map[string]bool{}
	for _, m := range ms {
		switch m := m.(type) {
		case map[string]any:
			for k := range m {
				all[k] = true
			}
		case map[string]bool:
			for k := range m {
				all[k] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// sortedNames are the keys of a map in the order in which they are shown.
func sortedNames[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), prose.Natural)
}
