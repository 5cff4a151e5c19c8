// Package prose writes what people read: a sentence of an error, a list of names
// that is not too long. It depends on nothing, so that every package may use it.
package prose

import (
	"fmt"
	"strings"
)

const letters = "abcdefghijklmnopqrstuvwxyz"

// Capital begins a text with a capital letter. A name at its beginning, such as that
// of a file, an argument or a system call, stays as it is.
func Capital(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if word = strings.TrimRight(word, ",."); word == "" || strings.Trim(word, letters) != "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Sentence ends a text with a full stop, unless it has one, or several lines.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
		return text
	}
	return text + "."
}

// List is the first few of some names, and how many more there are: "a, b, c and 7
// more". Of none it is "none".
func List(names []string, atMost int) string {
	if len(names) == 0 {
		return "none"
	}
	if more := len(names) - atMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], ", "), more)
	}
	return strings.Join(names, ", ")
}
