package view

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// measure counts columns as a terminal does: what a person sees as one character is
// one, and an escape sequence has no width.
var measure = displaywidth.Options{ControlSequences: true}

// stringWidth returns how many columns of a terminal a text takes.
func stringWidth(s string) int { return measure.String(s) }

// truncate returns as much of s as fits into width columns, with … at the end if that
// is not all of it. Escape sequences after the cut are kept, so that no colour goes on.
func truncate(s string, width int) string { return measure.TruncateString(s, width, continued) }

// hardWrap breaks a text into lines of at most width columns, wherever that is. No
// character is left out. One that is wider than a line has a line of its own.
func hardWrap(s string, width int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	for g := measure.StringGraphemes(s); g.Next(); {
		n := g.Width()
		if used > 0 && used+n > width {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		line.WriteString(g.Value())
		used += n
	}
	return append(lines, line.String())
}
