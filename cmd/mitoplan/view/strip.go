package view

import (
	"strings"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/transport"
)

// strip takes out of text whatever transport.Clean does (escape sequences, control
// characters, those that reorder text) and, beside that, whatever nobody sees, as
// it has no width. Lines and tabs stay. It is how secrets are looked for that somebody has
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
	}, transport.Clean(strings.ReplaceAll(s, csi, "")))
}

// csi begins an escape sequence for some terminals. Visible shows what follows, so
// that here it is a control character like any other.
const csi = "\u009b"

func controls(r rune) bool {
	return r != '\n' && r != '\t' && r != ' ' && r != utf8.RuneError && unseen(r)
}
