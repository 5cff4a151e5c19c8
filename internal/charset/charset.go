// Package charset tells text from other bytes and finds how the text is encoded.
//
// It knows UTF-8, UTF-16 with a byte order mark, and the single-byte encodings that
// agree with ASCII, such as Latin-1. It does not guess which single-byte encoding a
// text has, because no test can tell. The agent uses it to decide what to send as text.
// The planner uses it to find every way in which a secret may be read. The views use it
// to show text. Start reading at Detect. Beside that it reads and writes the escapes by which
// fields of /etc/fstab and of the list of mounts hold blanks.
package charset

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how a text is encoded. Its string is shown to people.
type Encoding string

// The known encodings. NoText stands for bytes that are not text.
const (
	NoText  Encoding = ""
	UTF8    Encoding = "UTF-8"
	UTF16LE Encoding = "UTF-16, little-endian"
	UTF16BE Encoding = "UTF-16, big-endian"
	// EightBit is ASCII mixed with bytes that are not UTF-8.
	EightBit Encoding = "an encoding other than UTF-8"
)

// Detect returns the encoding of some bytes. All valid UTF-8 counts as text, even if it
// has control characters.
func Detect(b []byte) Encoding {
	if utf8.Valid(b) {
		return UTF8
	}
	if order, e := byteOrder(b); e != NoText {
		if _, ok := units(b[2:], order); ok {
			return e
		}
		return NoText
	}
	if eightBit(b) {
		return EightBit
	}
	return NoText
}

// BeginsNoText reports whether no bytes that begin with these are text, so that the rest
// need not be read. It is false if that is not sure.
func BeginsNoText(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return false
	}
	return !utf8.Valid(wholeRunes(b)) && bytes.ContainsFunc(b, func(r rune) bool { return r < utf8.RuneSelf && !plain(byte(r)) })
}

// wholeRunes leaves out a character of UTF-8 that is cut off at the end.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if end := b[len(b)-n:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

// Decode returns a text without its byte order mark, and its encoding. UTF-16 is
// converted to UTF-8. A text in a single-byte encoding is returned unchanged, and the
// code that shows it has to mark the bytes that are not UTF-8. For bytes that are not
// text, Decode returns "".
func Decode(b []byte) (string, Encoding) {
	switch e := Detect(b); e {
	case UTF8, EightBit:
		return string(b), e
	case UTF16LE, UTF16BE:
		order, _ := byteOrder(b)
		text, _ := units(b[2:], order)
		return text, e
	}
	return "", NoText
}

// Readings returns the other ways in which somebody could read the bytes as text, for
// code that searches in them. These are Latin-1, UTF-16, and the bytes without the null
// characters that UTF-16 puts between letters of ASCII. Plain UTF-8 has no other
// readings.
func Readings(s string) []string {
	var out []string
	if !utf8.ValidString(s) {
		out = append(out, latin1(s))
		if text, e := Decode([]byte(s)); e == UTF16LE || e == UTF16BE {
			out = append(out, text)
		}
	}
	if plain := withoutNulls(s); len(plain) < len(s) {
		out = append(out, plain)
	}
	return out
}

func latin1(s string) string {
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}

func withoutNulls(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] != 0 {
			out = append(out, s[i])
		}
	}
	return string(out)
}

func byteOrder(b []byte) (binary.ByteOrder, Encoding) {
	switch {
	case len(b) < 2 || len(b)%2 == 1:
	case b[0] == 0xff && b[1] == 0xfe:
		return binary.LittleEndian, UTF16LE
	case b[0] == 0xfe && b[1] == 0xff:
		return binary.BigEndian, UTF16BE
	}
	return nil, NoText
}

// units decodes UTF-16. ok is false if half of a surrogate pair stands alone, or if
// there is a control character that text does not have.
func units(b []byte, order binary.ByteOrder) (string, bool) {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r := rune(order.Uint16(b))
		b = b[2:]
		if utf16.IsSurrogate(r) {
			if len(b) == 0 {
				return "", false
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(b))); r == utf8.RuneError {
				return "", false
			}
			b = b[2:]
		}
		if r < utf8.RuneSelf && !plain(byte(r)) {
			return "", false
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), true
}

// eightBit reports whether bytes can be text in a single-byte encoding. It demands that
// there are no control characters but those of text, and that at least half of the
// bytes are readable ASCII. Compressed data, images and keys do not pass.
func eightBit(b []byte) bool {
	readable := 0
	for _, c := range b {
		switch {
		case c >= 0x80:
		case !plain(c):
			return false
		default:
			readable++
		}
	}
	return 3*readable >= 2*len(b)
}

// plain reports whether a byte is a character of ASCII that text has.
func plain(c byte) bool {
	switch c {
	case '\t', '\n', '\f', '\r', 0x1b:
		return true
	}
	return c >= ' ' && c != 0x7f
}
