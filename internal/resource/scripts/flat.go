package scripts

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// flat reads a JSON object whose values are texts, numbers, true, false and null. A number is
// kept as it is written, and what is null is left out. It is a decoder of its own, since the one
// of the library would take more room in an agent than all of this package.
type flat struct {
	rest  []byte
	whole int // how many bytes there were
	bad   string
}

// parseFlat returns the object. ok is false if there is none: nothing was printed, or null. bad
// says what is wrong and where, and quotes nothing of what was read.
func parseFlat(b []byte) (values map[string]string, ok bool, bad string) {
	if !utf8.Valid(b) {
		return nil, false, "it is not UTF-8"
	}
	p := &flat{rest: b, whole: len(b)}
	p.space()
	if len(p.rest) == 0 {
		return nil, false, ""
	}
	if p.word("null") {
		p.end()
		return nil, false, p.bad
	}
	values = p.object()
	if p.end(); p.bad != "" {
		return nil, false, p.bad
	}
	return values, true, ""
}

func (p *flat) fail(bad string) {
	if p.bad == "" {
		at := "at its end"
		if len(p.rest) > 0 {
			at = fmt.Sprintf("before byte %d of %d", p.whole-len(p.rest)+1, p.whole)
		}
		p.bad = bad + ", " + at
	}
	p.rest = nil
}

func (p *flat) space() { p.rest = bytes.TrimLeft(p.rest, " \t\r\n") }

// word takes a word, if it comes next.
func (p *flat) word(w string) bool {
	rest, ok := bytes.CutPrefix(p.rest, []byte(w))
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *flat) end() {
	if p.space(); len(p.rest) > 0 {
		p.fail("something follows the object")
	}
}

func (p *flat) object() map[string]string {
	values := map[string]string{}
	if !p.word("{") {
		p.fail("it is no JSON object")
		return nil
	}
	if p.space(); p.word("}") {
		return values
	}
	for p.bad == "" {
		p.space()
		name := p.text()
		if p.space(); !p.word(":") {
			p.fail("a name is not followed by a colon")
		}
		p.space()
		v, null := p.value()
		if _, twice := values[name]; twice {
			p.fail("a name is there twice")
		}
		if !null {
			values[name] = v
		}
		p.space()
		if p.word("}") {
			return values
		}
		if !p.word(",") {
			p.fail("a value is not followed by a comma or the end of the object")
		}
	}
	return nil
}

// value returns a value as text.
func (p *flat) value() (v string, null bool) {
	switch {
	case len(p.rest) == 0:
		p.fail("it ends in the middle")
	case p.rest[0] == '"':
		return p.text(), false
	case p.rest[0] == '{' || p.rest[0] == '[':
		p.fail("a value is a list or an object, and has to be a text, a number, true, false or null")
	case p.word("true"):
		return "true", false
	case p.word("false"):
		return "false", false
	case p.word("null"):
		return "", true
	}
	return p.number(), false
}

func (p *flat) number() string {
	all := p.rest
	p.word("-")
	ok := p.word("0") || p.digits() // nothing follows a 0 that comes first
	if p.word(".") {
		ok = p.digits() && ok
	}
	if p.word("e") || p.word("E") {
		_ = p.word("+") || p.word("-")
		ok = p.digits() && ok
	}
	s := string(all[:len(all)-len(p.rest)])
	if !ok {
		p.fail("a value is neither a text in quotes nor a number, true, false or null")
	}
	return s
}

// digits takes those that come next, and reports whether there are any.
func (p *flat) digits() bool {
	before := len(p.rest)
	p.rest = bytes.TrimLeft(p.rest, "0123456789")
	return len(p.rest) < before
}

// escapes are what stands behind a backslash for one character.
const escapes = "\"\"\\\\//b\bf\fn\nr\rt\t"

func (p *flat) text() string {
	if !p.word(`"`) {
		p.fail("a name or a text is not in quotes, or it ends in the middle")
	}
	var out []byte
	for len(p.rest) > 0 {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch {
		case c == '"':
			return string(out)
		case c < ' ':
			p.fail("a text has a control character that is not written with a backslash")
		case c != '\\':
			out = append(out, c)
		default:
			out = p.escaped(out)
		}
	}
	p.fail("a text has no end")
	return ""
}

func (p *flat) escaped(out []byte) []byte {
	if len(p.rest) == 0 {
		return out
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	if c == 'u' {
		r := p.unit()
		after := p.rest
		if utf16.IsSurrogate(r) && p.word(`\u`) {
			if r = utf16.DecodeRune(r, p.unit()); r == utf8.RuneError && p.bad == "" {
				p.rest = after // the second one is no half of it
			}
		}
		return utf8.AppendRune(out, r)
	}
	for k := 0; k < len(escapes); k += 2 {
		if escapes[k] == c {
			return append(out, escapes[k+1])
		}
	}
	p.fail("a backslash is followed by something that it does not stand before")
	return out
}

// unit returns the four hexadecimal digits that come next.
func (p *flat) unit() rune {
	if len(p.rest) < 4 {
		p.fail("a text has no end")
		return 0
	}
	var b [2]byte
	if _, err := hex.Decode(b[:], p.rest[:4]); err != nil {
		p.fail("\\u is not followed by four hexadecimal digits")
		return 0
	}
	p.rest = p.rest[4:]
	return rune(b[0])<<8 | rune(b[1])
}
