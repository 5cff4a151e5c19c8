package secret

import (
	"regexp"
	"strings"
)

// minFragment is the least length, in bytes, of a part of a secret that is hidden at
// the beginning or end of a text.
const minFragment = 4

// leftOut stands in a long text for what was cut out of it, on a line of its
// own; package transport writes it. In a log record a line end is `\n`.
var leftOut = regexp.MustCompile(`(?:\n|\\n)\[… [0-9]+ bytes left out …\](?:\n|\\n)`)

// HideEdges is the text with Hidden in the place of each secret, and of a part
// of one, down to four bytes, at the beginning and at the end: a program may
// have written the rest of it before or after.
func (w *Set) HideEdges(text string) string {
	text = w.Hide(text)
	for s := range w.known {
		if len(text) >= minFragment && len(text) < len(s) && strings.Contains(s, text) {
			return Hidden
		}
		text = cutEnd(cutStart(text, s), s)
	}
	return text
}

// hideCuts hides what a cut in the middle of a text left of a secret on either
// side of it.
func (w *Set) hideCuts(text string) string {
	marks := leftOut.FindAllString(text, -1)
	parts := leftOut.Split(text, -1)
	var b strings.Builder
	for i, part := range parts {
		for s := range w.known {
			if i > 0 {
				part = cutStart(part, s)
			}
			if i < len(marks) {
				part = cutEnd(part, s)
			}
		}
		b.WriteString(part)
		if i < len(marks) {
			b.WriteString(marks[i])
		}
	}
	return b.String()
}

// cutStart hides the end of a secret that a text begins with.
func cutStart(text, s string) string {
	for n := min(len(text), len(s)-1); n >= minFragment; n-- {
		if strings.HasPrefix(text, s[len(s)-n:]) {
			return Hidden + text[n:]
		}
	}
	return text
}

// cutEnd hides the beginning of a secret that a text ends with.
func cutEnd(text, s string) string {
	for n := min(len(text), len(s)-1); n >= minFragment; n-- {
		if strings.HasSuffix(text, s[:n]) {
			return text[:len(text)-n] + Hidden
		}
	}
	return text
}
