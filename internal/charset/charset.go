// Package charset tells text from other bytes, in whatever encoding it is.
//
// It knows UTF-8, UTF-16 with a byte order mark, and the encodings of one byte a
// character that agree with ASCII, such as Latin-1. Of those it does not guess
// which one it is: no test can tell. The agent asks it what to send as text, the
// planner in which ways bytes can be read when it looks for secrets, and the
// views how to show them. Start reading at Detect.
package charset

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how a text is encoded. Its string is for people.
type Encoding string

// The encodings that are known. NoText is that of bytes that are none.
const (
	NoText  Encoding = ""
	UTF8    Encoding = "UTF-8"
	UTF16LE Encoding = "UTF-16, little-endian"
	UTF16BE Encoding = "UTF-16, big-endian"
	// EightBit is ASCII beside bytes that are not UTF-8.
	EightBit Encoding = "an encoding other than UTF-8"
)

// Detect tells the encoding of a text. Whatever is valid UTF-8 is text, control
// characters included.
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

// Decode returns a text without its byte order mark, and how it was encoded.
// UTF-16 becomes UTF-8. A text of one byte a character stays as it is: whoever
// shows it says which bytes are not UTF-8. What is no text becomes "".
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

// Readings are further ways in which somebody can read bytes as text, for those
// who look for something in them: as Latin-1, as UTF-16, and without the null
// characters that UTF-16 has between the letters of ASCII. There are none of
// plain UTF-8.
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

// units decodes UTF-16. ok is false if one half of a surrogate pair stands alone, or if
// there are control characters that no text has.
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

// eightBit is a test that compressed data, images and keys do not pass: no
// control characters but those of text, and at least half of it readable ASCII.
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

// plain reports whether text has such a character of ASCII.
func plain(c byte) bool {
	switch c {
	case '\t', '\n', '\f', '\r', 0x1b:
		return true
	}
	return c >= ' ' && c != 0x7f
}
