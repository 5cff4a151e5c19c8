package secret

import "strings"

// Keep tells the set fixed sentences of mitoplan. A secret that is spelt like a part of
// one is not hidden there: the sentence is the same whatever the secret is, and without
// its words nobody learns what is wrong. What is as long as a whole sentence is hidden.
func (w *Set) Keep(sentences ...string) { w.own = append(w.own, sentences...) }

// HideShort returns the text with Hidden in the place of a secret that may be shorter
// than MinLength, in the form that it has. Sentences that are kept stay as they are.
func (w *Set) HideShort(text, secret string) string {
	if secret == "" {
		return text
	}
	return w.replace(text, func(text string, from int) (start, end int) {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return -1, -1
		}
		return from + at, from + at + len(secret)
	})
}

// replace puts Hidden in the place of all that find finds, but for parts of sentences
// that are kept.
func (w *Set) replace(text string, find func(text string, from int) (start, end int)) string {
	var b strings.Builder
	done, from := 0, 0
	var own []stretch // nil until something is found
	for {
		start, end := find(text, from)
		if start < 0 {
			break
		}
		if own == nil {
			own = w.ownIn(text)
		}
		if within(own, start, end) {
			from = start + 1
			continue
		}
		b.WriteString(text[done:start])
		b.WriteString(Hidden)
		done, from = end, end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// stretch is a part of a text.
type stretch struct{ from, to int }

// ownIn is where the sentences that are kept stand in a text. It is not nil.
func (w *Set) ownIn(text string) []stretch {
	out := []stretch{}
	for _, s := range w.own {
		for from := 0; s != ""; {
			at := strings.Index(text[from:], s)
			if at < 0 {
				break
			}
			out = append(out, stretch{from + at, from + at + len(s)})
			from += at + len(s)
		}
	}
	return out
}

// within reports whether a part of a text is less than one of the stretches that it
// lies in.
func within(own []stretch, start, end int) bool {
	for _, o := range own {
		if o.from <= start && end <= o.to && end-start < o.to-o.from {
			return true
		}
	}
	return false
}
