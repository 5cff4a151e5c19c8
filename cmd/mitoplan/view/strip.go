package view

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Strip takes out of text from a host whatever a terminal would obey: escape
// sequences and control characters, also those that reorder text. Lines and
// tabs stay.
func Strip(s string) string {
	if !strings.ContainsFunc(s, controls) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if controls(r) {
			return -1
		}
		return r
	}, ansi.Strip(s))
}

func controls(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
