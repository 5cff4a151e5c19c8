package view

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// strip takes out of text whatever a terminal would obey and whatever nobody
// sees: escape sequences, control characters, those that reorder text or have no
// width. Lines and tabs stay. It is how secrets are looked for that somebody has
// taken apart with them; what is shown keeps them, as Visible says.
func strip(s string) string {
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
	return r != '\n' && r != '\t' && r != ' ' && r != utf8.RuneError && unseen(r)
}
