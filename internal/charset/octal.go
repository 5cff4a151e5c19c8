package charset

import (
	"strconv"
	"strings"
)

// UnescapeOctal is a field of fstab(5) or of mountinfo, in which blanks, line ends and
// backslashes are written as a backslash and three octal digits.
func UnescapeOctal(s string) string {
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(s, `\`)
		b.WriteString(head)
		if !found {
			return b.String()
		}
		code, err := strconv.ParseUint(rest[:min(3, len(rest))], 8, 8)
		if err != nil || len(rest) < 3 {
			b.WriteByte('\\')
			s = rest
			continue
		}
		b.WriteByte(byte(code))
		s = rest[3:]
	}
}

// EscapeOctal is the opposite: UnescapeOctal gives the text back, and nothing in it ends a
// field or begins a remark.
func EscapeOctal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r', '\\', '#':
			b.Write([]byte{'\\', '0' + c>>6, '0' + c>>3&7, '0' + c&7})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
