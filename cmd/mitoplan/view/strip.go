package view

import (
	"strings"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/transport"
)

// strip removes from a text what transport.Clean removes (escape sequences, control
// characters, characters that reorder text) and also characters without a width. Line
// ends and tabs stay. It is used to find secrets that such characters interrupt. The
// text that is shown keeps them, in the form that Visible gives them.
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

// csi begins an escape sequence on some terminals. Here it counts as any other control
// character, and what follows it stays, as Visible shows it.
const csi = "\u009b"

func controls(r rune) bool {
	return r != '\n' && r != '\t' && r != ' ' && r != utf8.RuneError && unseen(r)
}
