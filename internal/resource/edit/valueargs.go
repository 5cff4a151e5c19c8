package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ValueArgs are the arguments of json_value, and of the same kind for other formats, that say what becomes of a content.
type ValueArgs struct {
	// Pointer leads to the value, as RFC 6901 has it.
	Pointer string `cbor:"pointer"`
	// Value is written in JSON.
	Value *kind.Text `cbor:"value,omitempty"`
	State string     `cbor:"state,omitempty"`
	// Made is how many of the objects above the value go with it if they are empty by then,
	// from the one right above on.
	Made int `cbor:"made,omitempty"`
	// Format is that of the file; nil is JSON. An agent that is sent the edit may lack any other.
	Format Format `cbor:"-"`
}

// Format is a format of files in which one value is edited, by the keys that lead to it. The
// value is given in JSON.
type Format interface {
	// Set gives what keys lead to a value, and makes what is missing above it.
	Set(text []byte, keys []string, value []byte) ([]byte, *kind.Problem)
	// Remove takes away what keys lead to, if it is there.
	Remove(text []byte, keys []string) ([]byte, *kind.Problem)
	// Find returns what keys lead to in a form in which equal values are equal, and in JSON. left
	// are the keys that lead to nothing.
	Find(text []byte, keys []string) (canonical string, written []byte, left []string, p *kind.Problem)
}

// jsonFormat is JSON.
type jsonFormat struct{}

func (jsonFormat) Find(text []byte, keys []string) (canonical string, written []byte, left []string, p *kind.Problem) {
	found, left, p := walkJSON(text, keys)
	if p != nil || len(left) > 0 || !found.there {
		return "", nil, left, p
	}
	written = text[found.from:found.to]
	return canonicalOf(written), written, nil, nil
}

func (a *ValueArgs) format() Format {
	if a.Format == nil {
		return jsonFormat{}
	}
	return a.Format
}

// Apply makes the edit.
func (a *ValueArgs) Apply(content []byte) ([]byte, error) {
	if all := a.Problems(); len(all) > 0 {
		return nil, &all[0]
	}
	mark, text := cutMark(content)
	var out []byte
	var p *kind.Problem
	if a.State == "absent" {
		out, p = a.remove(text)
	} else {
		out, p = a.format().Set(text, a.tokens(), bytes.TrimSpace([]byte(*a.Value)))
	}
	if p != nil {
		return nil, p
	}
	return slices.Concat(mark, out), nil
}

// remove takes the value away, and those of the objects made above it that are empty then.
func (a *ValueArgs) remove(text []byte) ([]byte, *kind.Problem) {
	f, keys := a.format(), a.tokens()
	for made := a.Made; ; made-- {
		var p *kind.Problem
		text, p = f.Remove(text, keys)
		if keys = keys[:len(keys)-1]; p != nil || made == 0 || len(keys) == 0 {
			return text, p
		}
		if above, _, left, p := f.Find(text, keys); p != nil || len(left) > 0 || above != "{}" {
			return text, p
		}
	}
}

// cutMark returns the byte order mark before a content, and the rest of it.
func cutMark(content []byte) (mark, rest []byte) {
	if rest, ok := bytes.CutPrefix(content, byteOrderMark); ok {
		return byteOrderMark, rest
	}
	return nil, content
}

// Problems returns what is wrong with the arguments.
func (a *ValueArgs) Problems() []kind.Problem {
	var out []kind.Problem
	if !strings.HasPrefix(a.Pointer, "/") || !goodEscapes(a.Pointer) {
		out = append(out, *kind.NewProblem("pointer", kind.CodeJSON, "No JSON pointer",
			"pointer is %q. It begins with a slash, and has the key of each object on the way behind one, as in /log/level; the number of an element counts from 0. In a key, ~1 is a slash and ~0 a tilde.", a.Pointer))
	}
	switch {
	case a.State == "absent":
	case a.Value == nil:
		out = append(out, *kind.NewProblem("value", kind.CodeJSON, "No value", "value is what the pointer leads to; set it, or set state to absent."))
	default:
		s := scanner{text: []byte(*a.Value), plain: true}
		s.space()
		s.value()
		if s.space(); s.bad != "" || s.at < len(s.text) || s.commented {
			out = append(out, *kind.NewProblem("value", kind.CodeJSON, "The value is no JSON",
				"value is written in JSON, and this is not: a text is in quotes there. jsonencode writes any value so."))
		}
	}
	return out
}

func goodEscapes(pointer string) bool {
	for k := range len(pointer) {
		if pointer[k] == '~' && (k+1 == len(pointer) || pointer[k+1] != '0' && pointer[k+1] != '1') {
			return false
		}
	}
	return true
}

// tokens are the keys of the pointer.
func (a *ValueArgs) tokens() []string {
	out := strings.Split(a.Pointer, "/")[1:]
	for k, t := range out {
		out[k] = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
	}
	return out
}

// length is how many bytes the texts have.
func (a *ValueArgs) length() int {
	n := len(a.Pointer)
	if a.Value != nil {
		n += len(*a.Value)
	}
	return n
}

// Find returns what the pointer leads to in a form in which equal values are equal, and as it is
// written. there is false if it leads to nothing.
func (a *ValueArgs) Find(content []byte) (canonical string, written []byte, there bool) {
	_, text := cutMark(content)
	canonical, written, left, p := a.format().Find(text, a.tokens())
	return canonical, written, p == nil && len(left) == 0
}

// Lacks is how many of the objects above the value are not in a content.
func (a *ValueArgs) Lacks(content []byte) int {
	_, text := cutMark(content)
	_, _, left, p := a.format().Find(text, a.tokens())
	if p != nil {
		return 0
	}
	return max(0, len(left)-1)
}
