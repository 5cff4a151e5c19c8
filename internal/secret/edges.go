package secret

import (
	"regexp"
	"strings"
)

// minFragment is the least length, in bytes, of a part of a secret that is hidden at
// the beginning or end of a text.
const minFragment = 4

// leftOut stands in a long text for what was cut out of it, on a line of its
// own; package transport writes it. In an entry of the log a line end is `\n`.
var leftOut = regexp.MustCompile(`(?:\n|\\n)\[… [0-9]+ bytes left out …\](?:\n|\\n)`)

// HideEdges is like Hide, and also hides a part of a secret at the beginning or the
// end of the text, down to minFragment bytes. It is for a text that may be cut
// anywhere, such as one piece of a program's output.
func (w *Set) HideEdges(text string) string {
	var parts []Stretch
	whole := Stretch{0, len(text)}
	for s := range w.known {
		if len(text) >= minFragment && len(text) < len(s) && strings.Contains(s, text) {
			parts = append(parts, whole)
		}
		parts = append(parts, whole.fragments(text, s, true, true)...)
	}
	if len(w.bare) > 0 {
		folded := fold(text)
		for _, s := range w.bare {
			if len(folded) >= minFragment && len(folded) < len(s) && strings.Contains(s, folded) {
				parts = append(parts, whole)
			}
		}
		parts = append(parts, w.foldedFragments(text, whole, true, true)...)
	}
	return Cover(text, Merged(append(parts, w.Find(text)...)))
}

// besideCuts are the parts of secrets that stand directly before or after a place where
// the middle of a text was cut out.
func (w *Set) besideCuts(text string) []Stretch {
	var out []Stretch
	marks := leftOut.FindAllStringIndex(text, -1)
	from := 0
	for i := range len(marks) + 1 {
		part, last := Stretch{from, len(text)}, i == len(marks)
		if !last {
			part.To, from = marks[i][0], marks[i][1]
		}
		for s := range w.known {
			out = append(out, part.fragments(text, s, i > 0, !last)...)
		}
		out = append(out, w.foldedFragments(text, part, i > 0, !last)...)
	}
	return out
}

// fragments are a part of a secret at the start and at the end of a stretch of a text.
func (s Stretch) fragments(text, secret string, start, end bool) (out []Stretch) {
	part := text[s.From:s.To]
	if n := cutStart(part, secret); start && n > 0 {
		out = append(out, Stretch{s.From, s.From + n})
	}
	if n := cutEnd(part, secret); end && n > 0 {
		out = append(out, Stretch{s.To - n, s.To})
	}
	return out
}

// foldedFragments are parts of secrets at the start and at the end of a stretch of a text, if
// both are read without what fold leaves out.
func (w *Set) foldedFragments(text string, s Stretch, start, end bool) (out []Stretch) {
	if len(w.bare) == 0 {
		return nil
	}
	part := text[s.From:s.To]
	folded := fold(part)
	for _, bare := range w.bare {
		for _, f := range (Stretch{0, len(folded)}).fragments(folded, bare, start, end) {
			place := unfolded{text: part}
			place.begin(f.From)
			out = append(out, Stretch{s.From + place.at, s.From + place.end(f.To)})
		}
	}
	return out
}

// cutStart is the length of the end of a secret that a text begins with, 0 if it begins
// with none.
func cutStart(text, s string) int {
	for n := min(len(text), len(s)-1); n >= minFragment; n-- {
		if strings.HasPrefix(text, s[len(s)-n:]) {
			return n
		}
	}
	return 0
}

// cutEnd is the length of the beginning of a secret that a text ends with, 0 if it ends
// with none.
func cutEnd(text, s string) int {
	for n := min(len(text), len(s)-1); n >= minFragment; n-- {
		if strings.HasSuffix(text, s[:n]) {
			return n
		}
	}
	return 0
}
