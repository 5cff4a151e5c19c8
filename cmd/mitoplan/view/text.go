package view

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// text is what can be compared by lines: a text, or the part of a long one that
// is not the same on both sides.
type text struct {
	s        string
	encoding charset.Encoding
	// above and below are how many lines come before and after s that the other
	// side has, too. left is how many of the others are not in s.
	above, below, left int
}

// textOf is a value as text, if it is one.
func textOf(v any) (text, bool) {
	switch v := v.(type) {
	case string:
		return text{s: v, encoding: charset.UTF8}, true
	case Bytes:
		return v.text, v.text.encoding != charset.NoText
	}
	return text{}, false
}

func (t text) inUTF16() bool {
	return t.encoding == charset.UTF16LE || t.encoding == charset.UTF16BE
}

// crlf reports a text of which every line ends with CR LF.
func (t text) crlf() bool {
	n := strings.Count(t.s, "\n")
	return n > 0 && n == strings.Count(t.s, "\r\n") && strings.Count(t.s, "\r") == n
}

// unix is the text with every CR LF as a line end, which is what is compared
// where both sides have them everywhere.
func (t text) unix() text {
	t.s = strings.ReplaceAll(t.s, "\r\n", "\n")
	return t
}

func lineCount(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}
