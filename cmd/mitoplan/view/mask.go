package view

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// Masked stands in the place of a sensitive string.
const Masked = "(sensitive value)"

// minMasked is the length from which a string is looked for: shorter ones would
// be found everywhere.
const minMasked = 4

// Masker takes sensitive strings out of everything that is written. It is the
// last line of defence: nothing should rely on it. Any goroutine may use it.
type Masker struct {
	mu      sync.RWMutex // guards what follows
	secrets []string
	replace *strings.Replacer
}

// AddValue remembers every sensitive string in a value.
func (m *Masker) AddValue(v cty.Value) {
	var found []string
	collect(v, false, &found)
	m.Add(found...)
}

func collect(v cty.Value, sensitive bool, found *[]string) {
	sensitive = sensitive || v.HasMark(config.Sensitive)
	v, _ = v.Unmark()
	switch {
	case v == cty.NilVal || !v.IsKnown() || v.IsNull():
	case v.Type() == cty.String && sensitive:
		*found = append(*found, v.AsString())
	case v.Type() == cty.Number && sensitive:
		*found = append(*found, number(v.AsBigFloat()))
	case v.CanIterateElements():
		for k, e := range v.Elements() {
			collect(k, false, found)
			collect(e, sensitive, found)
		}
	}
}

// Add remembers sensitive strings, and each line of those that have many.
func (m *Masker) Add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		for _, part := range append(strings.Split(s, "\n"), s) {
			for _, form := range forms(strings.TrimSpace(part)) {
				if len(form) >= minMasked && !slices.Contains(m.secrets, form) {
					m.secrets = append(m.secrets, form)
				}
			}
		}
	}
	// Longest first: of two that begin alike the longer one is to be replaced.
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range m.secrets {
		pairs = append(pairs, s, Masked)
	}
	m.replace = strings.NewReplacer(pairs...)
}

// forms are the ways that a string is written: as it is and inside quotes.
func forms(s string) []string {
	out := []string{s}
	if q := quote(s); len(q) > 2 {
		out = append(out, q[1:len(q)-1])
	}
	if j, err := json.Marshal(s); err == nil {
		out = append(out, string(j[1:len(j)-1]))
	}
	return out
}

// Mask is the text without the sensitive strings.
func (m *Masker) Mask(s string) string {
	if m == nil {
		return s
	}
	m.mu.RLock()
	r := m.replace
	m.mu.RUnlock()
	if r == nil {
		return s
	}
	return r.Replace(s)
}

// JSON masks inside the values of a document, so that it stays one.
func (m *Masker) JSON(doc []byte) []byte {
	if m.Mask(string(doc)) == string(doc) {
		return doc
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return []byte(`"` + Masked + `"`)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(m.walk(v)) != nil {
		return []byte(`"` + Masked + `"`)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func (m *Masker) walk(v any) any {
	switch v := v.(type) {
	case string:
		return m.Mask(v)
	case json.Number:
		if s := m.Mask(v.String()); s != v.String() {
			return s
		}
	case []any:
		for i, e := range v {
			v[i] = m.walk(e)
		}
	case map[string]any:
		for k, e := range v {
			delete(v, k)
			v[m.Mask(k)] = m.walk(e)
		}
	}
	return v
}

// Writer masks what is written to w. Whoever uses it writes whole lines.
func (m *Masker) Writer(w io.Writer) io.Writer { return maskWriter{m, w} }

type maskWriter struct {
	m *Masker
	w io.Writer
}

func (w maskWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.m.Mask(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
