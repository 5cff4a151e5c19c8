// Package secret finds known secrets in text that came from elsewhere, such as
// what a host answered.
//
// Most secrets are recognised without it, because values carry a mark that what is
// made of them inherits. Text that a host sends back has no marks, so this package
// looks for the secrets themselves. It finds a secret as it is and as programs write
// it: in base64, in a URL, quoted for a shell, escaped for JSON; and one of several lines,
// or with a control character, also where somebody has made one line of it. Callers give it
// text of hosts only, and never addresses or keys, which could be spelt like a secret by
// chance. Which words beside what a host said are mitoplan's own is told to it with the
// text, see Told. Read the files in this order: set.go, own.go, find.go, edges.go,
// cover.go, index.go, forms.go, fold.go.
package secret

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// MinLength is the least length in bytes of a secret that is looked for. Shorter ones
// would be found inside words that have nothing to do with them.
const MinLength = 8

// Hidden stands in the place of a secret.
const Hidden = "(sensitive value)"

// Set is a set of known secrets, to find and to hide them in text. The zero value is
// empty. It must not be used by several goroutines while secrets are added.
type Set struct {
	known map[string]bool
	index index
	// folded are those secrets of which fold leaves something out, as it leaves them.
	folded index
	bare   []string
}

// Add remembers secrets and reports whether one of them is new. Those shorter
// than MinLength are left out.
func (w *Set) Add(texts ...string) (added bool) {
	for _, text := range texts {
		added = w.add(strings.TrimSpace(text)) || added
	}
	return added
}

// AddSet remembers the secrets of another set.
func (w *Set) AddSet(others *Set) {
	for s := range others.known {
		w.add(s)
	}
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
	if f := fold(prose.Clean(s)); f != s && len(f) >= minFolded {
		w.folded.add(f)
		w.bare = append(w.bare, f)
	}
	return true
}

// minLine is the least length in bytes of a line of a longer secret that Parts
// returns by itself.
const minLine = 16

// Parts returns a secret and each of its lines that could be a secret by itself. A
// line with blanks, such as the first one of a PEM file, is not. Parts is for what
// is secret as a whole, such as a private key, and not for text that only holds a
// secret.
func Parts(text string) []string {
	lines := slices.DeleteFunc(Lines(text), func(line string) bool { return len(line) < minLine || strings.ContainsAny(line, " \t") })
	return append([]string{strings.TrimSpace(text)}, lines...)
}

// Lines returns the lines of a secret of several lines that are long enough for a Set. Many
// are words that stand elsewhere, too, so they are looked for only where the secret itself may
// have been written, such as in a source that is quoted line by line.
func Lines(text string) []string {
	return linesOf(text, func(n int) bool { return n >= MinLength })
}

// ShortLines returns the lines of a secret of several lines that are too short for a Set, and
// long enough to say something of it. They are hidden only where one is a whole line.
func ShortLines(text string) []string {
	return linesOf(text, func(n int) bool { return n >= minFragment && n < MinLength })
}

// linesOf returns the lines of a text of several lines that have a length that is wanted.
func linesOf(text string, wanted func(length int) bool) (out []string) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "\n") {
		return nil
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); wanted(len(line)) {
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
	return start >= 0 || !w.folded.empty() && len(w.inFolded(text, nil)) > 0
}

// Hide returns the text with Hidden in the place of each secret. If the middle of
// the text was cut out, it also hides the part of a secret on either side of the
// cut.
func (w *Set) Hide(text string) string { return Cover(text, w.Find(text)) }
