package view

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// Masked is what is shown instead of a secret.
const Masked = secret.Hidden

// Masker takes known secrets out of text that a host sent. It is the second net
// behind the marks of values, for what a host echoes, and nothing may rely on
// it: it knows the forms of secret.Set, and no secret shorter than
// secret.MinLength.
//
// Whatever prepares text of hosts for display uses a Masker: NewPlan, NewOutputs,
// NewDiagnostics, the sinks and the log. Masking is not done later, in the writers,
// because an address, a key or a word of mitoplan may by chance be spelt like a
// secret.
//
// Any goroutine may use it. A nil Masker knows no secret.
type Masker struct {
	mu      sync.RWMutex // guards what follows
	secrets secret.Set
	// lines are those of secrets of several lines, and short those of them that are too short
	// for a set. They are for sources alone.
	lines secret.Set
	short map[string]bool
}

// AddValue remembers the strings and numbers of a variable that are marked as secret.
// If only one element of a list is marked, only that counts. Of a text of several
// lines, such as a private key, each long line counts, too.
func (m *Masker) AddValue(v cty.Value) {
	m.addParts(config.SecretTexts(v))
}

// with is a masker that knows more secrets than this one, which learns none.
func (m *Masker) with(secrets []string) *Masker {
	more := &Masker{}
	if m != nil {
		m.mu.RLock()
		more.secrets.AddSet(&m.secrets)
		more.lines.AddSet(&m.lines)
		more.short = maps.Clone(m.short)
		m.mu.RUnlock()
	}
	more.addParts(secrets)
	return more
}

// addParts is Add for what is secret as a whole.
func (m *Masker) addParts(secrets []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		m.secrets.Add(secret.Parts(s)...)
		m.lines.Add(secret.Lines(s)...)
		for _, line := range secret.ShortLines(s) {
			if m.short == nil {
				m.short = map[string]bool{}
			}
			m.short[line] = true
		}
	}
}

// Add remembers secrets, or texts that hold one.
func (m *Masker) Add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets.Add(secrets...)
}

// Text returns a host's text with secrets masked. A secret may be interrupted by
// characters that a terminal obeys, such as the colours of grep. If one is found only
// without these, they are removed from the result as well.
func (m *Masker) Text(s string) string { return m.told(secret.Told{Text: s}) }

// own is Text for a text of mitoplan, of which a host may send another one.
func (m *Masker) own(s string) string { return m.told(secret.Told{Text: s, Own: s}) }

// Words is Text for a text of mitoplan in which values stand in quotes: see kind.Unquoted.
func (m *Masker) Words(s string) string { return m.wording(kind.Unquoted(s, nil)) }

// Error is Text for an error, of which mitoplan's own words are known as far as it says them.
func (m *Masker) Error(err error) string { return m.wording(executor.Words(err)) }

func (m *Masker) wording(w kind.Wording) string {
	return m.told(secret.Told{Text: w.String(), Own: w.Own()})
}

// reason is that of an event.
func (m *Masker) reason(e executor.Event) string {
	if e.Quotes {
		return m.told(secret.Told{Text: e.Reason, Own: e.Own})
	}
	return m.own(e.Reason)
}

// told is Text for a text in which some words are mitoplan's own.
func (m *Masker) told(t secret.Told) string {
	if m == nil || t.Text == "" {
		return t.Text
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := m.secrets.HideTold(t).Text
	if plain := strip(s); len(plain) < len(s) && m.secrets.Holds(plain) {
		return m.secrets.Hide(plain)
	}
	return s
}

// warnings are what the kind has to say of an action.
func (m *Masker) warnings(a *planner.Action) []string {
	if a.Told == nil { // it is of a plan file
		return m.texts(a.Warnings)
	}
	out := make([]string, len(a.Told))
	for i, w := range a.Told {
		out[i] = m.wording(w)
	}
	return out
}

// texts calls Text for each.
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
	case bare:
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
			return bare(Masked)
		}
	}
	return v
}

// bytes masks the text that is shown of bytes. If a secret is found when they are read
// in another encoding, none of it is shown.
func (m *Masker) bytes(b Bytes) any {
	for _, reading := range charset.Readings(b.text.s) {
		if m.Text(reading) != reading {
			return bare(Masked)
		}
	}
	b.text.s = m.Text(b.text.s)
	return b
}

// attributes masks the values of attributes. It does not mask their names, nor the
// values that the planner knows to be no secret, which cleared names.
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

// cty masks the strings of a value of the language, which has to be wholly known. If a
// key in it holds a secret, it returns Masked instead of the value.
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

// code masks a part of a source, but for what can be no secret there. A line of a secret of
// several lines counts there, too. It returns where the underlined part is afterwards.
func (m *Masker) code(text string, marked secret.Stretch, plain []secret.Stretch) (masked string, at secret.Stretch) {
	if m == nil {
		return text, marked
	}
	m.mu.RLock()
	hidden := secret.Merged(slices.Concat(m.secrets.Find(text, plain...), m.lines.Find(text, plain...), m.shortLines(text)))
	m.mu.RUnlock()
	masked, at = secret.Cover(text, hidden), marked.Covered(hidden)
	if bare := strip(text); len(bare) < len(text) && m.Text(bare) != bare {
		masked = m.Text(text)
		return masked, secret.Stretch{From: 0, To: len(masked)}
	}
	return masked, at
}

// shortLines are the lines of a source that are short lines of secrets. The caller holds mu.
func (m *Masker) shortLines(text string) (out []secret.Stretch) {
	at := 0
	for line := range strings.Lines(text) {
		if word := strings.TrimSpace(line); m.short[word] {
			from := at + strings.Index(line, word)
			out = append(out, secret.Stretch{From: from, To: from + len(word)})
		}
		at += len(line)
	}
	return out
}

// header masks the name of a part of a source, which has labels in it, but for words of the
// language.
func (m *Masker) header(name string, word func(string) bool) string {
	own := nameInHeader.ReplaceAllStringFunc(name, func(s string) string {
		if word != nil && word(s) {
			return s
		}
		return strings.Repeat(" ", len(s))
	})
	return m.told(secret.Told{Text: name, Own: own})
}

var nameInHeader = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// LogText returns the text of a log entry from a host with secrets masked. A secret may
// be split between two entries. Its parts are masked in both, if they have at least
// four bytes.
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

// fragments masks parts of secrets at the beginning and the end of a line. A line of a
// program's output begins after the name of the stream and a colon.
func (m *Masker) fragments(line string) string {
	head, rest := "", line
	if at := strings.Index(line, ": "); at >= 0 && at < 16 {
		head, rest = line[:at+2], line[at+2:]
	}
	return head + m.secrets.HideEdges(rest)
}
