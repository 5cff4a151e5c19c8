package secret

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Whoever quotes what a program printed makes one line of several, joins them with "; ",
// indents them, takes CR and other control characters out, or writes a line end as `\n`, or
// that as `\\n`. So a secret that has any of these in it is also looked for without them, in a
// text without them.

// minFolded is the least length in bytes of what fold leaves of a secret that is looked for.
// One that is shorter than MinLength could be a word, so it is found only where a text has
// something between its parts, as the secret has.
const minFolded = 4

// fold is a text without white space, control characters, what writes these as `\n`, and
// semicolons.
func fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		n, kept := foldedAt(text[i:])
		if kept {
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

// foldedAt is the length of what a text begins with, and whether fold keeps that.
func foldedAt(text string) (n int, kept bool) {
	switch c := text[0]; {
	case c == '\\':
		n = len(text) - len(strings.TrimLeft(text, `\`))
		if n < len(text) && strings.IndexByte("nrt", text[n]) >= 0 {
			return n + 1, false
		}
		return n, true
	case c <= ' ' || c == ';' || c == 0x7f:
		return 1, false
	case c < utf8.RuneSelf:
		return 1, true
	}
	r, n := utf8.DecodeRuneInString(text)
	return n, !unicode.In(r, unicode.Z, unicode.C)
}

// inFolded are the secrets that a text has without what fold leaves out, but for those within
// own stretches.
func (w *Set) inFolded(text string, own []Stretch) (out []Stretch) {
	place, folded := unfolded{text: text}, fold(text)
	for from := 0; ; {
		start, end := w.folded.find(folded, from)
		if start < 0 {
			return out
		}
		place.begin(start)
		s := Stretch{place.at, place.end(end)}
		isWord := end-start < MinLength && s.To-s.From == end-start
		if from = start + 1; !isWord && !s.within(own) {
			out = append(out, s)
		}
	}
}

// unfolded is a place in a text, and the same place in what fold makes of it.
type unfolded struct {
	text       string
	at, folded int
}

// begin goes on to the character that a byte of the folded text is of.
func (u *unfolded) begin(to int) {
	for {
		n, kept := foldedAt(u.text[u.at:])
		if kept && u.folded+n > to {
			return
		}
		u.pass(n, kept)
	}
}

// end is where the character ends that the folded text has before a byte of it.
func (u unfolded) end(to int) int {
	for u.folded < to {
		u.pass(foldedAt(u.text[u.at:]))
	}
	return u.at
}

func (u *unfolded) pass(n int, kept bool) {
	if u.at += n; kept {
		u.folded += n
	}
}
