package edit

import "strings"

// Tree is a value that is written in JSON.
type Tree struct {
	// Sort is 'o' for an object, 'l' for a list, 't' for a text, and 's' for a number, true, false
	// and null.
	Sort byte
	// Text is a text, or what is written for a number, true, false or null.
	Text string
	// Keys are those of an object, beside Items.
	Keys  []string
	Items []*Tree
}

// TreeOf returns the tree of JSON that Problems found nothing wrong with. Of a key that an object
// has twice, the last counts.
func TreeOf(text []byte) *Tree {
	s := scanner{text: text, plain: true}
	s.space()
	t := &Tree{Sort: 's'}
	switch s.peek() {
	case '{', '[':
		t.Sort = 'o'
		if s.peek() == '[' {
			t.Sort = 'l'
		}
		at := map[string]int{}
		s.members(func(m member, _ string) {
			item := TreeOf(text[m.from:m.to])
			if k, twice := at[m.key]; twice && t.Sort == 'o' {
				t.Items[k] = item
				return
			}
			at[m.key] = len(t.Items)
			if t.Items = append(t.Items, item); t.Sort == 'o' {
				t.Keys = append(t.Keys, m.key)
			}
		})
	case '"':
		t.Sort, t.Text = 't', s.str()
	default:
		t.Text = strings.TrimSpace(string(text[s.at:]))
	}
	return t
}

// JSON writes the tree in JSON, on one line.
func (t *Tree) JSON() []byte { return t.append(nil) }

func (t *Tree) append(out []byte) []byte {
	switch t.Sort {
	case 't':
		return append(out, quoteJSON(t.Text)...)
	case 's':
		return append(out, t.Text...)
	}
	open := byte('[')
	if t.Sort == 'o' {
		open = '{'
	}
	out = append(out, open)
	for k, item := range t.Items {
		if k > 0 {
			out = append(out, ',')
		}
		if t.Sort == 'o' {
			out = append(append(out, quoteJSON(t.Keys[k])...), ':')
		}
		out = item.append(out)
	}
	return append(out, open+2)
}

// NumberOf is a number of JSON in a form in which equal numbers are equal. is is false for what
// is none.
func NumberOf(text string) (canonical string, is bool) {
	s := scanner{text: []byte(text)}
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		return "", false
	}
	canonical = s.number()
	return canonical, s.bad == "" && s.at == len(text)
}

// quoteJSON is a text in quotes.
func quoteJSON(s string) []byte {
	out := []byte{'"'}
	for k := range len(s) {
		switch c := s[k]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, []byte(`\u00`+string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15]))...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
