package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner goes over JSON, and keeps where everything is. It is a decoder of its own, since the one
// of the library keeps neither that nor how a number is written. Comments as of JavaScript count
// as space, as in files that programs allow them in.
type scanner struct {
	text  []byte
	at    int
	depth int
	bad   string
	// commented is set once a comment was passed.
	commented bool
	// plain is set if the form of canonicalOf is not needed.
	plain bool
}

// mostNested is how deep a value may be.
const mostNested = 500

// member is one of an object, or an element of a list.
type member struct {
	key string
	// The first byte of the key, or of an element, and the value from its first byte to the
	// one behind it.
	begin, from, to int
}

func (s *scanner) fail(bad string) {
	if s.bad == "" {
		s.bad = bad
	}
}

// peek is the byte that comes next, 0 at the end and after an error.
func (s *scanner) peek() byte {
	if s.bad != "" || s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// space passes blanks and comments.
func (s *scanner) space() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0:
			s.at++
			continue
		case bytes.HasPrefix(rest, []byte("//")):
			n := bytes.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			s.at, s.commented = s.at+n, true
			continue
		case bytes.HasPrefix(rest, []byte("/*")):
			n := bytes.Index(rest[2:], []byte("*/"))
			if n < 0 {
				s.fail("a comment does not end")
				return
			}
			s.at, s.commented = s.at+n+4, true
			continue
		}
		return
	}
}

// value passes a value, and returns it in the form of canonicalOf.
func (s *scanner) value() string {
	switch c := s.peek(); {
	case s.plain && (c == '{' || c == '['):
		s.members(func(member, string) {})
		return ""
	case c == '{' || c == '[':
		return s.canonicalMembers(c)
	case c == '"' && s.plain:
		s.str()
		return ""
	case c == '"':
		return strconv.Quote(s.str())
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if s.bad == "" && bytes.HasPrefix(s.text[s.at:], []byte(word)) {
			s.at += len(word)
			return word
		}
	}
	s.fail("no value is where one should be")
	return ""
}

func (s *scanner) canonicalMembers(open byte) string {
	last := map[string]string{}
	var list []string
	s.members(func(m member, canonical string) {
		if list = append(list, canonical); open == '{' {
			last[m.key] = canonical
		}
	})
	if open == '[' {
		return "[" + strings.Join(list, ",") + "]"
	}
	list = list[:0]
	for key, canonical := range last {
		list = append(list, strconv.Quote(key)+":"+canonical)
	}
	slices.Sort(list)
	return "{" + strings.Join(list, ",") + "}"
}

// members passes an object or a list.
func (s *scanner) members(each func(m member, canonical string)) {
	object := s.peek() == '{'
	end := byte(']')
	if object {
		end = '}'
	}
	if s.depth++; s.depth > mostNested {
		s.fail("it is nested too deep")
	}
	defer func() { s.depth-- }()
	s.at++
	s.space()
	for first := true; s.peek() != end; first = false {
		if !first {
			s.expect(',')
		}
		m := member{begin: s.at}
		if object {
			m.key = s.str()
			s.space()
			s.expect(':')
		}
		m.from = s.at
		canonical := s.value()
		m.to = s.at
		if s.space(); s.bad != "" {
			return
		}
		each(m, canonical)
	}
	s.at++
}

// expect passes one byte and the space behind it.
func (s *scanner) expect(c byte) {
	if s.peek() != c {
		s.fail("there is no " + string(c) + " where one should be")
		return
	}
	s.at++
	s.space()
}

func (s *scanner) number() string {
	begin := s.at
	digits := func() {
		if c := s.peek(); c < '0' || c > '9' {
			s.fail("a number has no digit where one should be")
		}
		for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
			s.at++
		}
	}
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else {
		digits()
	}
	if s.peek() == '.' {
		s.at++
		digits()
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		digits()
	}
	if s.bad != "" {
		return ""
	}
	return numberOf(string(s.text[begin:s.at]))
}

// str passes a text in quotes, and returns what it stands for.
func (s *scanner) str() string {
	if s.peek() != '"' {
		s.fail("there is no text in quotes where one should be")
		return ""
	}
	var out []byte
	for s.at++; ; s.at++ {
		switch c := s.peek(); {
		case s.at >= len(s.text) || c < ' ':
			s.fail("a text does not end in its line")
			return ""
		case c == '"':
			s.at++
			return string(out)
		case c == '\\':
			s.at++
			out = s.escaped(out)
		default:
			out = append(out, c)
		}
		if s.bad != "" {
			return ""
		}
	}
}

// escaped adds what follows a backslash.
func (s *scanner) escaped(out []byte) []byte {
	c := s.peek()
	if k := strings.IndexByte(`"\/bfnrt`, c); c != 0 && k >= 0 {
		return append(out, "\"\\/\b\f\n\r\t"[k])
	}
	r, ok := s.unit(s.at)
	if c != 'u' || !ok {
		s.fail("a backslash is before something that it does not go with")
		return out
	}
	s.at += 4
	if next := s.at + 2; utf16.IsSurrogate(r) && s.at+1 < len(s.text) && s.text[s.at+1] == '\\' {
		if low, ok := s.unit(next); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			s.at += 6
			return utf8.AppendRune(out, utf16.DecodeRune(r, low))
		}
	}
	return utf8.AppendRune(out, r)
}

// unit is the number of u and four digits at an index.
func (s *scanner) unit(at int) (rune, bool) {
	if at+5 > len(s.text) || s.text[at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.text[at+1:at+5]), 16, 16)
	return rune(n), err == nil
}

// canonicalOf is a value in a form in which equal values are equal.
func canonicalOf(value []byte) string {
	s := scanner{text: value}
	s.space()
	return s.value()
}

// numberOf is a number in a form in which equal numbers are equal: its digits without zeros
// around them, and the power of ten of the last.
func numberOf(text string) string {
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	kept := strings.TrimRight(digits, "0")
	if kept == "" {
		return "0"
	}
	power, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if err != nil {
		return sign + text // Longer than any number that is compared.
	}
	return sign + kept + "e" + strconv.Itoa(power-len(fraction)+len(digits)-len(kept))
}
