package edit

import (
	"bytes"
	"slices"
)

// iniSyntax reads the lines of a file of sections and keys.
type iniSyntax struct {
	// comments is set if a comment may stand behind a value.
	comments bool
}

// iniValue is a value, or, if bare is set, a key without one.
type iniValue struct {
	text []byte
	bare bool
}

// iniPair is a key with its value.
type iniPair struct {
	key   string
	value iniValue
}

// iniSection are the lines of a section: from the one after its header, whose index is head,
// up to the next header. head is -1 for what stands before all headers.
type iniSection struct {
	name           []byte
	head, from, to int
}

// iniLine is a line with a key, in parts that together are all of it but for blanks at its end.
type iniLine struct {
	indent, name []byte
	// sep is the equals sign or colon and the blanks around it; nil for a bare key.
	sep     []byte
	value   iniValue
	comment []byte // with the blanks before it
}

// iniKey is a key of a section: its line, and the lines on which its value goes on.
type iniKey struct {
	iniLine
	row, end int
	// doubt is the index of a line of which cannot be told whether the value goes on there
	// or a key of its own stands there; -1 if there is none.
	doubt int
}

const blanks = " \t"

// sections splits lines at the headers.
func sections(rows []Row) []iniSection {
	out := []iniSection{{head: -1}}
	for k, r := range rows {
		if name, ok := headerOf(r.Text); ok {
			out[len(out)-1].to = k
			out = append(out, iniSection{name, k, k + 1, 0})
		}
	}
	out[len(out)-1].to = len(rows)
	return out
}

// headerOf returns the name in the header of a section. A comment may follow the bracket.
func headerOf(text []byte) (name []byte, ok bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '[' {
		return nil, false
	}
	for k, c := range text {
		rest := bytes.TrimLeft(text[k+1:], blanks)
		if c == ']' && (len(rest) == 0 || isComment(rest)) {
			return bytes.TrimSpace(text[1:k]), true
		}
	}
	return nil, false
}

// isComment reports whether a text without blanks before it is a comment.
func isComment(text []byte) bool { return len(text) > 0 && (text[0] == '#' || text[0] == ';') }

// parse takes a line with a key apart.
func (s iniSyntax) parse(text []byte) (l iniLine, ok bool) {
	t := bytes.TrimLeft(text, blanks)
	l.indent = text[:len(text)-len(t)]
	if len(t) == 0 || isComment(t) || t[0] == '[' {
		return l, false
	}
	t, l.comment = s.split(t)
	at := separator(t)
	if at == 0 {
		return l, false
	}
	if at < 0 {
		l.name, l.value.bare = t, true
		return l, true
	}
	l.name = bytes.TrimRight(t[:at], blanks)
	l.value.text = bytes.TrimLeft(t[at+1:], blanks)
	l.sep = t[len(l.name) : len(t)-len(l.value.text)]
	return l, true
}

// split returns a line without a comment at its end, and that with the blanks before it.
func (s iniSyntax) split(t []byte) (text, comment []byte) {
	end := len(bytes.TrimRight(t, blanks))
	if !s.comments {
		return t[:end], nil
	}
	var quote byte
	for k := 1; k < end; k++ {
		switch c := t[k]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'') && bytes.IndexByte(t[k+1:end], c) >= 0 && opens(t[:k]):
			quote = c
		case quote == 0 && isComment(t[k:]) && bytes.IndexByte([]byte(blanks), t[k-1]) >= 0:
			text = bytes.TrimRight(t[:k], blanks)
			return text, t[len(text):end]
		}
	}
	return t[:end], nil
}

// opens reports whether a quote after this text begins a value.
func opens(before []byte) bool {
	before = bytes.TrimRight(before, blanks)
	return len(before) > 0 && (before[len(before)-1] == '=' || before[len(before)-1] == ':')
}

// separator is the index of what divides a key from its value; -1 if nothing does. A colon
// does if a blank follows it or if there is no equals sign.
func separator(t []byte) int {
	equals := bytes.IndexByte(t, '=')
	for k, c := range t {
		switch {
		case k == equals:
			return k
		case c == ':' && (equals < 0 || bytes.IndexByte([]byte(blanks), t[k+1]) >= 0):
			return k
		}
	}
	return -1
}

// keys are the keys in a section.
func (s iniSyntax) keys(rows []Row, in iniSection) []iniKey {
	var out []iniKey
	for k := in.from; k < in.to; {
		l, ok := s.parse(rows[k].Text)
		if !ok {
			k++
			continue
		}
		key := iniKey{l, k, k + 1, -1}
		s.goOn(rows, in.to, &key)
		out, k = append(out, key), key.end
	}
	return out
}

// goOn adds to a key the lines on which its value goes on: those that are indented more than
// it, and the one after a backslash.
func (s iniSyntax) goOn(rows []Row, to int, k *iniKey) {
	for ; k.end < to; k.end++ {
		text, before := rows[k.end].Text, rows[k.end-1].Text
		t := bytes.TrimLeft(text, blanks)
		deeper := len(text)-len(t) > len(k.indent)
		if len(t) == 0 || !endsInBackslash(before) && (!deeper || isComment(t) || t[0] == '[') {
			return
		}
		if separator(t) > 0 || t[0] == '[' {
			k.doubt = k.end
			return
		}
		k.value = iniValue{text: slices.Concat(k.value.text, []byte("\n"), bytes.TrimRight(t, blanks))}
	}
}

func endsInBackslash(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// quoted returns what is in the quotes around a value.
func quoted(value []byte) (in []byte, quote byte) {
	last := len(value) - 1
	if last < 1 || value[0] != value[last] || value[0] != '"' && value[0] != '\'' || bytes.IndexByte(value[1:last], value[0]) >= 0 {
		return value, 0
	}
	return value[1:last], value[0]
}

// is reports whether a value that is there is the one that is wanted. One in quotes is, if that
// without them is wanted.
func (v iniValue) is(want iniValue) bool {
	if v.bare || want.bare {
		return v.bare == want.bare
	}
	if in, quote := quoted(v.text); quote != 0 && bytes.Equal(in, want.text) {
		return true
	}
	return bytes.Equal(v.text, want.text)
}
