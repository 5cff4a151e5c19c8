package secret

import "strings"

// Told is what somebody is told: a text, and what of it are mitoplan's own words. Own is the
// text with blanks in the place of everything else; it may be shorter. A secret that is
// spelt like a part of one of these words is not hidden there: the word is the same whatever
// the secret is, and without it nobody learns what is wrong.
//
// A host may have sent both. So only single words count, which a password would be that
// happens to be one: letters, with - and _, of at most maxWord bytes. If Own does not fit
// Text, no word is own.
type Told struct{ Text, Own string }

// maxWord is the length in bytes of the longest word that is own.
const maxWord = 16

// HideTold is Hide for a text with words of mitoplan's own.
func (w *Set) HideTold(t Told) Told { return t.cover(w.Find(t.Text, t.words()...)) }

// HideShort puts Hidden in the place of a secret that may be shorter than MinLength, in the
// form that it has.
func (t Told) HideShort(secret string) Told {
	if secret == "" {
		return t
	}
	return t.cover(all(t.Text, t.words(), func(text string, from int) (start, end int) {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return -1, -1
		}
		return from + at, from + at + len(secret)
	}))
}

// cover puts Hidden, which is an own word, in the place of these stretches.
func (t Told) cover(hidden []Stretch) Told {
	if len(hidden) == 0 {
		return t
	}
	own := ""
	if t.fits() {
		own = Cover(t.Own+strings.Repeat(" ", len(t.Text)-len(t.Own)), hidden)
	}
	return Told{Cover(t.Text, hidden), own}
}

// fits reports whether Own is a part of the text, and blanks.
func (t Told) fits() bool {
	if len(t.Own) > len(t.Text) {
		return false
	}
	for i := range len(t.Own) {
		if t.Own[i] != t.Text[i] && t.Own[i] != ' ' {
			return false
		}
	}
	return true
}

// words are where the own words of the text stand.
func (t Told) words() (out []Stretch) {
	if !t.fits() {
		return nil
	}
	for from, i := 0, 0; i <= len(t.Own); i++ {
		if i < len(t.Own) && inWord(t.Own[i]) {
			continue
		}
		if from < i && i-from <= maxWord {
			out = append(out, Stretch{from, i})
		}
		from = i + 1
	}
	return out
}

// inWord reports whether a byte may be in a word.
func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
}
