package view

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// Masked stands in the place of a secret.
const Masked = secret.Hidden

// Masker takes known secrets out of text that a host sent. It is the second net
// behind the marks of values, for what a host echoes, and nothing may rely on
// it: it knows the forms of secret.Set, and no secret shorter than
// secret.MinLength.
//
// What makes something to show of a host's text is given a Masker: NewPlan,
// NewOutputs, NewDiagnostics, the sinks and the log. The writers that these go
// to do not mask, so that no address, no key and no word of mitoplan is taken
// for a secret that happens to be spelt like it.
//
// Any goroutine may use it. A nil Masker knows no secret.
type Masker struct {
	mu    sync.RWMutex // guards what follows
	words secret.Set
}

// AddValue remembers the marked strings and numbers of a variable, each by
// itself: of a list of which one element is a secret only that. Of a text of
// several lines, such as a private key, each line counts, too.
func (m *Masker) AddValue(v cty.Value) {
	for _, s := range config.SecretTexts(v) {
		m.Add(secret.Parts(s)...)
	}
}

// Add remembers secrets, or texts that hold one.
func (m *Masker) Add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		m.words.Add(s)
	}
}

// Text is a host's text without the secrets. Where one comes to light only
// without what a terminal would obey, such as the colours of grep, that is left
// out as well.
func (m *Masker) Text(s string) string {
	if m == nil || s == "" {
		return s
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	s = m.words.Hide(s)
	if plain := strip(s); len(plain) < len(s) && m.words.Holds(plain) {
		return m.words.Hide(plain)
	}
	return s
}

// texts is Text of each.
func (m *Masker) texts(list []string) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = m.Text(s)
	}
	return out
}

// value masks a plain value: its strings, and the keys of its maps but for those
// that a type names.
func (m *Masker) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.Text(v)
	case words:
		return v
	case Bytes:
		return m.bytes(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = m.value(e)
		}
		return list
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[m.Text(k)] = m.value(e)
		}
		return out
	case int64:
		if s := strconv.FormatInt(v, 10); m.Text(s) != s {
			return words(Masked)
		}
	}
	return v
}

// bytes masks what is shown of bytes that are text. Where a secret comes to light
// only in another reading of them, none of it is shown.
func (m *Masker) bytes(b Bytes) any {
	for _, reading := range charset.Readings(b.text.s) {
		if m.Text(reading) != reading {
			return words(Masked)
		}
	}
	b.text.s = m.Text(b.text.s)
	return b
}

// attributes masks the values of named attributes, but not their names, nor those
// that the planner has cleared.
func (m *Masker) attributes(values map[string]any, cleared ...string) map[string]any {
	if values == nil {
		return nil
	}
	out := make(map[string]any, len(values))
	for name, v := range values {
		if out[name] = v; !slices.Contains(cleared, name) {
			out[name] = m.value(v)
		}
	}
	return out
}

// cty masks a value of the language that is wholly known: its strings, and all
// of it where a key holds a secret.
func (m *Masker) cty(v cty.Value) cty.Value {
	if m == nil {
		return v
	}
	out, err := cty.Transform(v, func(path cty.Path, v cty.Value) (cty.Value, error) {
		if len(path) > 0 && m.secretKey(path[len(path)-1]) {
			return v, errSecretKey
		}
		if v.Type() != cty.String || v.IsNull() {
			return v, nil
		}
		return cty.StringVal(m.Text(v.AsString())), nil
	})
	if err != nil {
		return cty.StringVal(Masked)
	}
	return out
}

var errSecretKey = errors.New("a key holds a secret")

func (m *Masker) secretKey(step cty.PathStep) bool {
	name := ""
	switch step := step.(type) {
	case cty.GetAttrStep:
		name = step.Name
	case cty.IndexStep:
		if step.Key.Type() == cty.String {
			name = step.Key.AsString()
		}
	}
	return m.Text(name) != name
}

// code masks a part of a source, and says where what is underlined is then.
func (m *Masker) code(text string, start, end int) (masked string, from, to int) {
	before, marked, after := m.Text(text[:start]), m.Text(text[start:end]), m.Text(text[end:])
	if whole := before + marked + after; m.Text(whole) == whole {
		return whole, len(before), len(before) + len(marked)
	}
	masked = m.Text(text)
	return masked, 0, len(masked)
}

// LogText is the text of a log record from a host. A secret that was cut by the
// end of a record is masked in both, down to fragments of four bytes.
func (m *Masker) LogText(s string) string {
	s = m.Text(s)
	if m == nil {
		return s
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = m.fragments(line)
	}
	return strings.Join(lines, "\n")
}

// fragments masks a line at its edges. What a program wrote may stand after the
// name of the stream and a colon.
func (m *Masker) fragments(line string) string {
	head, rest := "", line
	if at := strings.Index(line, ": "); at >= 0 && at < 16 {
		head, rest = line[:at+2], line[at+2:]
	}
	return head + m.words.HideEdges(rest)
}
