package view

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// text is a text that is compared by lines, or the part of a long text that differs
// between the two sides.
type text struct {
	s        string
	encoding charset.Encoding
	// above and below are how many lines before and after s are the same on both
	// sides. left is how many of the lines that differ are not in s.
	above, below, left int
}

// textOf returns a value as text, and false if it is not text.
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

// crlf reports whether every line of the text ends with CR LF.
func (t text) crlf() bool {
	n := strings.Count(t.s, "\n")
	return n > 0 && n == strings.Count(t.s, "\r\n") && strings.Count(t.s, "\r") == n
}

// unix returns the text with LF instead of CR LF. Texts are compared in this form if
// both have CR LF everywhere.
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
