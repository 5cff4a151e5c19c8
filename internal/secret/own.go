package secret

import "strings"

// Stretch is a part of a text, in bytes from its beginning; To is behind it.
type Stretch struct{ From, To int }

// Keep tells the set fixed sentences of mitoplan. A secret that is spelt like a part of
// one is not hidden there: the sentence is the same whatever the secret is, and without
// its words nobody learns what is wrong. What is as long as a whole sentence is hidden.
func (w *Set) Keep(sentences ...string) { w.own = append(w.own, sentences...) }

// Find returns what is to be hidden of a text, in its order: every byte of every secret in
// it, but for a secret that lies within one of the stretches of its own words. These are
// what the caller knows to be no secret, however it is spelt. A secret that is only partly
// in one of them is hidden as a whole.
func (w *Set) Find(text string, own ...Stretch) []Stretch {
	hidden := w.all(text, own, w.index.find)
	if len(w.known) > 0 && strings.Contains(text, " bytes left out …]") {
		hidden = merged(append(hidden, w.besideCuts(text)...))
	}
	return hidden
}

// HideShort returns the text with Hidden in the place of a secret that may be shorter
// than MinLength, in the form that it has. Sentences that are kept stay as they are.
func (w *Set) HideShort(text, secret string) string {
	if secret == "" {
		return text
	}
	return Cover(text, w.all(text, nil, func(text string, from int) (start, end int) {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return -1, -1
		}
		return from + at, from + at + len(secret)
	}))
}

// all is where next finds secrets, but for those that are own words. One may overlap
// another.
func (w *Set) all(text string, own []Stretch, next func(text string, from int) (start, end int)) []Stretch {
	var hidden []Stretch
	var sentences []Stretch // nil until something is found
	for from := 0; ; {
		start, end := next(text, from)
		if start < 0 {
			return merged(hidden)
		}
		if sentences == nil {
			sentences = w.sentencesIn(text)
		}
		s := Stretch{start, end}
		if from = start + 1; !s.within(own) && !s.partOf(sentences) {
			hidden = append(hidden, s)
		}
	}
}

// within reports whether a stretch lies in one of others.
func (s Stretch) within(others []Stretch) bool {
	for _, o := range others {
		if o.From <= s.From && s.To <= o.To {
			return true
		}
	}
	return false
}

// partOf reports whether a stretch is less than one of others that it lies in.
func (s Stretch) partOf(others []Stretch) bool {
	for _, o := range others {
		if s != o && s.within([]Stretch{o}) {
			return true
		}
	}
	return false
}

// sentencesIn is where the sentences that are kept stand in a text. It is not nil.
func (w *Set) sentencesIn(text string) []Stretch {
	out := []Stretch{}
	for _, s := range w.own {
		for from := 0; s != ""; {
			at := strings.Index(text[from:], s)
			if at < 0 {
				break
			}
			out = append(out, Stretch{from + at, from + at + len(s)})
			from += at + len(s)
		}
	}
	return out
}
