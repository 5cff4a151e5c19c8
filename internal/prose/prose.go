// Package prose writes what people read: a sentence of an error, a list of names
// that is not too long, what a mistyped name was probably meant to be. It depends on
// nothing, so that every package may use it.
package prose

import (
	"fmt"
	"math"
	"strconv"
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

// All is how many names List writes if it is to write all of them.
const All = math.MaxInt

// List is the first few of some names, and how many more there are: "a, b, c and 7
// more". If that is only one more, List writes its name instead. If all are written,
// it is "a, b and c". Of none it is "none".
func List(names []string, atMost int) string {
	if len(names) == 0 {
		return "none"
	}
	if more := len(names) - atMost; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], ", "), more)
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Quoted are some words with quotes around each.
func Quoted(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return quoted
}
