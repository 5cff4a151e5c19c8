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
	text = w.Hide(text)
	for s := range w.known {
		if len(text) >= minFragment && len(text) < len(s) && strings.Contains(s, text) {
			return Hidden
		}
		text = cutEnd(cutStart(text, s), s)
	}
	return text
}

// hideCuts hides the part of a secret that stands directly before or after a place
// where the middle of a text was cut out.
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
