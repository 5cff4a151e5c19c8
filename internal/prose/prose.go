// Package prose formats text for people: the sentences of an error, a list of names
// that is not too long, what a mistyped name was probably meant to be, and what another
// machine said, without what steers a terminal. It imports nothing of mitoplan, so that
// every package may use it.
package prose

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const letters = "abcdefghijklmnopqrstuvwxyz"

// Capital returns a text with a capital first letter. If the text begins with a
// name, such as that of a file, an argument or a system call, it stays as it is:
// any first word with other characters than lower-case letters counts as a name.
func Capital(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if word = strings.TrimRight(word, ",."); word == "" || strings.Trim(word, letters) != "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Sentence returns a text that ends with a full stop. A text that has one, is a question, or
// has several lines, stays as it is.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.Contains(text, "\n") {
		return text
	}
	return text + "."
}

// All is how many names List writes if it is to write all of them.
const All = math.MaxInt

// List joins the first atMost names and says how many more there are: "a, b, c and 7
// more". If that is only one more, it writes the name instead. If all are written, the
// result is "a, b and c". If there are no names, it is "none".
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

// Quoted returns the words with quotes around each.
func Quoted(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return quoted
}
