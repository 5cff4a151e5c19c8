package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean removes from a text what steers a terminal and what reorders the text, as
// transport.Clean says, which is this for users of the library.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0x1b || r == 0x9b:
			i += escapeLen(s[i:], n)
			continue
		case r == '\n' || r == '\t' || r >= 0x20 && r < 0x7f || r >= 0xa0 && !unicode.Is(unicode.Bidi_Control, r):
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// plain reports whether a text needs no cleaning.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

// escapeLen is the length of the escape sequence that s begins with; first is
// the length of its first character.
func escapeLen(s string, first int) int {
	if s[0] == 0x1b {
		if len(s) < 2 {
			return 1
		}
		switch s[1] {
		case '[':
			first = 2
		case ']', 'P', 'X', '^', '_':
			return stringLen(s)
		default:
			return 2
		}
	}
	for i := first; i < len(s); i++ {
		if s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1
		}
		if s[i] < 0x20 || s[i] > 0x7e {
			return i
		}
	}
	return len(s)
}

// stringLen is the length of an escape sequence that lasts until BEL or ST. If
// it has no end, only its two first characters are taken for one.
func stringLen(s string) int {
	for i := 2; i < len(s); i++ {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == '\n':
			return 2
		}
	}
	return 2
}
