// Package secret finds known secrets in text that came from elsewhere, such as
// what a host answered.
//
// It is the second net. The first is that values carry a mark and what is made
// of them inherits it; this one is for what a host sends back. It knows a secret
// as it is and as programs write it: inside base64, in a URL, quoted for a
// shell, escaped for JSON. It never looks into addresses, keys or words of
// mitoplan: callers hand it host-provided text only. Read the
// files in this order: set.go, index.go, edges.go, forms.go.
package secret

import "strings"

// MinLength is the length in bytes from which a secret is looked for: shorter
// ones would be found inside words that have nothing to do with them.
const MinLength = 8

// Hidden stands in the place of a secret.
const Hidden = "(sensitive value)"

// Set is a set of known secrets, to find and to hide them in text. The zero value is
// empty. It must not be used by several goroutines while secrets are added.
type Set struct {
	known map[string]bool
	index index
}

// Add remembers secrets and reports whether one of them is new. Those shorter
// than MinLength are left out.
func (w *Set) Add(texts ...string) (added bool) {
	for _, text := range texts {
		added = w.add(strings.TrimSpace(text)) || added
	}
	return added
}

func (w *Set) add(s string) bool {
	if len(s) < MinLength || w.known[s] {
		return false
	}
	if w.known == nil {
		w.known = map[string]bool{}
	}
	w.known[s] = true
	for _, form := range Forms(s) {
		if len(form) >= MinLength {
			w.index.add(form)
		}
	}
	return true
}

// minLine is the length from which one line of a longer secret counts by
// itself. A line with spaces, such as the first one of a PEM file, does not.
const minLine = 16

// Parts are a secret and each line of it that could be a secret by itself. They
// are for what is a secret as a whole, such as a private key, and not for text
// that only holds one.
func Parts(text string) []string {
	text = strings.TrimSpace(text)
	out := []string{text}
	if !strings.Contains(text, "\n") {
		return out
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) >= minLine && !strings.ContainsAny(line, " \t") {
			out = append(out, line)
		}
	}
	return out
}

// Len returns the number of secrets in the set.
func (w *Set) Len() int { return len(w.known) }

// Holds reports whether a text holds a secret in any of its forms.
func (w *Set) Holds(text string) bool {
	start, _ := w.index.find(text, 0)
	return start >= 0
}

// Hide is the text with Hidden in the place of each secret, and of what is left
// of one beside the place where a long text was cut.
func (w *Set) Hide(text string) string {
	text = w.hideWhole(text)
	if len(w.known) > 0 && strings.Contains(text, " bytes left out …]") {
		return w.hideCuts(text)
	}
	return text
}

func (w *Set) hideWhole(text string) string {
	var b strings.Builder
	done := 0
	for {
		start, end := w.index.find(text, done)
		if start < 0 {
			break
		}
		b.WriteString(text[done:start])
		b.WriteString(Hidden)
		done = end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}
