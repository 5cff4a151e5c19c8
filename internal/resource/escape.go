package resource

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// escape makes a path that is not UTF-8, as a file may have, fit to stand in the
// name of a thing, which is a text on the wire, in a plan file and in the record:
// each byte that is none becomes NUL and two hexadecimal digits. No path has a NUL,
// so that no other path is escaped to the same. Folders stay prefixes.
func escape(p string) string {
	if utf8.ValidString(p) {
		return p
	}
	var b strings.Builder
	for len(p) > 0 {
		r, n := utf8.DecodeRuneInString(p)
		if r == utf8.RuneError && n == 1 {
			b.WriteString("\x00" + hex.EncodeToString([]byte(p[:1])))
		} else {
			b.WriteString(p[:n])
		}
		p = p[n:]
	}
	return b.String()
}

// Unescape gives the path, or name of a thing, that escape was given.
func Unescape(s string) string {
	parts := strings.Split(s, "\x00")
	for k, part := range parts[1:] {
		if len(part) < 2 {
			return s
		}
		raw, err := hex.DecodeString(part[:2])
		if err != nil {
			return s
		}
		parts[k+1] = string(raw) + part[2:]
	}
	return strings.Join(parts, "")
}
