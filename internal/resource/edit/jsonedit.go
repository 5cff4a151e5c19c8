package edit

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// jsonPlace is the place of a value in JSON, or of the innermost object or list that is there of those on the way
// to it.
type jsonPlace struct {
	there    bool // the value is
	from, to int  // of the value, or of that object or list
	// above are the members on the way, each with its siblings.
	above []jsonStep
}

// jsonStep is one of the objects or lists on the way, and which of its members is meant; -1 if
// none is.
type jsonStep struct {
	open, close int // the brackets
	members     []member
	at          int
}

// walkJSON goes where keys lead in a text. left are the keys that lead to nothing.
func walkJSON(text []byte, tokens []string) (found jsonPlace, left []string, p *kind.Problem) {
	s := scanner{text: text, plain: true}
	if s.space(); s.at == len(text) && !s.commented {
		return found, tokens, nil
	}
	found.from = s.at
	s.value()
	found.to = s.at
	if s.space(); s.bad == "" && s.at < len(text) {
		s.fail("something follows the value")
	}
	if s.bad != "" {
		return found, nil, kind.NewProblem("path", kind.CodeJSON, "The file is no JSON",
			"It cannot be read in line %d: %s. Nothing was changed. Correct the file, or write it whole.", lineOf(text, s.at), kind.Rule(s.bad))
	}
	for k, token := range tokens {
		step, p := stepOf(text, found.from, token, strings.Join(tokens[:k], "/"))
		if p != nil {
			return found, nil, p
		}
		found.above = append(found.above, step)
		if step.at < 0 {
			return found, tokens[k:], nil
		}
		found.from, found.to = step.members[step.at].from, step.members[step.at].to
	}
	found.there = true
	return found, nil, nil
}

func lineOf(text []byte, at int) int { return bytes.Count(text[:min(at, len(text))], []byte("\n")) + 1 }

// stepOf looks for one key in the object or list that begins at an index.
func stepOf(text []byte, from int, token, way string) (jsonStep, *kind.Problem) {
	s := scanner{text: text, at: from, plain: true}
	step := jsonStep{open: from, at: -1}
	if c := s.peek(); c != '{' && c != '[' {
		return step, kind.NewProblem("pointer", kind.CodeJSON, "The pointer leads through a value",
			"What /%s leads to, in line %d, is no object and no list, so that nothing can be in it. Nothing was changed. Correct the pointer.", way, lineOf(text, from))
	}
	var twice *kind.Problem
	s.members(func(m member, _ string) {
		if text[from] == '{' && m.key == token {
			if step.at >= 0 {
				twice = kind.NewProblem("pointer", kind.CodeJSON, "The key is there twice",
					"Lines %d and %d both have the key %q, and which of them counts cannot be told. Nothing was changed. Remove one of them.", lineOf(text, step.members[step.at].begin), lineOf(text, m.begin), token)
			}
			step.at = len(step.members)
		}
		step.members = append(step.members, m)
	})
	step.close = s.at - 1
	if text[from] == '[' {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(step.members) || strconv.Itoa(n) != token {
			return step, kind.NewProblem("pointer", kind.CodeJSON, "No such element",
				"What /%s leads to, in line %d, is a list of %d elements, and %q is not the number of one, or of the next. Nothing was changed. Correct the pointer.", way, lineOf(text, from), len(step.members), token)
		}
		if n < len(step.members) {
			step.at = n
		}
	}
	return step, twice
}

// Set implements Format.
func (jsonFormat) Set(text []byte, tokens []string, value []byte) ([]byte, *kind.Problem) {
	found, left, p := walkJSON(text, tokens)
	if p != nil {
		return nil, p
	}
	l := layoutOf(text)
	if found.there {
		if canonicalOf(text[found.from:found.to]) == canonicalOf(value) {
			return text, nil
		}
		return splice(text, found.from, found.to, l.format(value, indentAt(text, found.from))), nil
	}
	if len(found.above) == 0 { // There is nothing in the file.
		return append(l.format(nest(left, value), nil), l.newline...), nil
	}
	step := found.above[len(found.above)-1]
	return l.insert(text, step, left[0], nest(left[1:], value)), nil
}

// nest puts a value into an object for each key.
func nest(keys []string, value []byte) []byte {
	for _, key := range slices.Backward(keys) {
		value = slices.Concat([]byte("{"), quoteJSON(key), []byte(":"), value, []byte("}"))
	}
	return value
}

func splice(text []byte, from, to int, with []byte) []byte {
	return slices.Concat(text[:from], with, text[to:])
}

// Remove implements Format.
func (jsonFormat) Remove(text []byte, tokens []string) ([]byte, *kind.Problem) {
	found, _, p := walkJSON(text, tokens)
	if p != nil || !found.there {
		return text, p
	}
	return without(text, found.above[len(found.above)-1]), nil
}

// without takes the member away that is meant. A comment between members stays.
func without(text []byte, s jsonStep) []byte {
	m := s.members[s.at]
	keep := func(gap []byte) []byte {
		if bytes.IndexByte(gap, '/') < 0 {
			return nil
		}
		comma := bytes.IndexByte(gap, ',')
		return slices.Concat(gap[:comma], gap[comma+1:])
	}
	switch last := len(s.members) - 1; {
	case s.at > 0:
		from := s.members[s.at-1].to
		return slices.Concat(text[:from], keep(text[from:m.begin]), text[m.to:])
	case s.at < last:
		to := s.members[1].begin
		return slices.Concat(text[:m.begin], keep(text[m.to:to]), text[to:])
	}
	gap := slices.Concat(text[s.open+1:m.begin], text[m.to:s.close])
	if len(bytes.TrimSpace(gap)) == 0 {
		gap = nil
	}
	return slices.Concat(text[:s.open+1], gap, text[s.close:])
}

// jsonLayout is how a text is written: on one line if indent is nil.
type jsonLayout struct {
	newline, indent []byte
	colon           []byte
}

// layoutOf is how a text is written. One with nothing in it gets two blanks for each level.
func layoutOf(text []byte) jsonLayout {
	l := jsonLayout{newline: []byte("\n"), indent: []byte("  "), colon: []byte(": ")}
	if k := bytes.IndexByte(text, '\n'); k > 0 && text[k-1] == '\r' {
		l.newline = []byte("\r\n")
	}
	s := scanner{text: text, plain: true}
	s.space()
	if c := s.peek(); c != '{' && c != '[' {
		return l
	}
	open, first := s.at, -1
	s.members(func(m member, _ string) {
		if first < 0 {
			first = m.begin
			if colon := text[m.begin:m.from]; m.from > m.begin {
				l.colon = bytes.TrimLeft(colon[bytes.LastIndexByte(colon, '"')+1:], " ")
			}
		}
	})
	switch {
	case first < 0:
	case bytes.IndexByte(text[open:first], '\n') < 0:
		l.indent = nil
	default:
		if unit := indentAt(text, first); len(unit) > 0 {
			l.indent = unit
		}
	}
	if bytes.ContainsAny(l.colon, "\r\n/") {
		l.colon = []byte(": ")
	}
	return l
}

// indentAt are the blanks at the beginning of the line that has an index.
func indentAt(text []byte, at int) []byte {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1:]
	return line[:len(line)-len(bytes.TrimLeft(line, blanks))]
}

// format writes a value as the text is, whose lines begin with an indentation.
func (l jsonLayout) format(value, indent []byte) []byte {
	s := scanner{text: value, plain: true}
	s.space()
	c := s.peek()
	if c != '{' && c != '[' {
		return bytes.TrimSpace(value)
	}
	deeper := slices.Concat(indent, l.indent)
	out := []byte{c}
	n := 0
	s.members(func(m member, _ string) {
		if n++; n > 1 {
			out = append(out, ',')
		}
		switch {
		case l.indent != nil:
			out = slices.Concat(out, l.newline, deeper)
		case n > 1 && len(l.colon) > 1:
			out = append(out, ' ')
		}
		if c == '{' {
			out = slices.Concat(out, quoteJSON(m.key), l.colon)
		}
		out = append(out, l.format(value[m.from:m.to], deeper)...)
	})
	if n > 0 && l.indent != nil {
		out = slices.Concat(out, l.newline, indent)
	}
	return append(out, c+2) // the bracket that closes
}

// insert adds a member behind the others of an object or list. A comment behind the last one stays
// there.
func (l jsonLayout) insert(text []byte, s jsonStep, key string, value []byte) []byte {
	before := text[s.open+1 : s.close]
	if last := len(s.members) - 1; last >= 0 {
		before = text[s.open+1 : s.members[last].begin]
		if last > 0 {
			before = text[s.members[last-1].to:s.members[last].begin]
		}
	}
	many := bytes.IndexByte(before, '\n') >= 0 || len(s.members) == 0 && l.indent != nil
	indent := slices.Concat(indentAt(text, s.open), l.indent)
	if n := len(s.members); n > 0 && many {
		indent = indentAt(text, s.members[n-1].begin)
	}
	one := l
	if !many {
		one.indent = nil
	}
	var member []byte
	if text[s.open] == '{' {
		member = slices.Concat(quoteJSON(key), l.colon)
	}
	member = append(member, one.format(value, indent)...)
	from := s.open + 1
	comma := []byte(nil)
	if n := len(s.members); n > 0 {
		from, comma = s.members[n-1].to, []byte(",")
	}
	gap := text[from:s.close]
	kept := bytes.TrimRight(gap, " \t\r\n")
	rest := gap[len(kept):]
	switch {
	case many || bytes.Contains(kept, []byte("//")):
		member = slices.Concat(l.newline, indent, member)
		if bytes.IndexByte(rest, '\n') < 0 {
			rest = slices.Concat(l.newline, indentAt(text, s.open))
		}
	case len(s.members) > 0 && len(l.colon) > 1:
		member = append([]byte(" "), member...)
	}
	return slices.Concat(text[:from], comma, kept, member, rest, text[s.close:])
}
