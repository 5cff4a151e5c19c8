package secret

import (
	"sort"
	"strings"
)

// Stretch is a part of a text, in bytes from its beginning; To is behind it.
type Stretch struct{ From, To int }

// Find returns what is to be hidden of a text, in its order: every byte of every secret in
// it, but for a secret that lies within one of the stretches of its own words. These are
// what the caller knows to be no secret, however it is spelt, in the order of the text. A
// secret that is only partly in one of them is hidden as a whole.
func (w *Set) Find(text string, own ...Stretch) []Stretch {
	hidden := all(text, own, w.index.find)
	if !w.folded.empty() {
		hidden = Merged(append(hidden, w.inFolded(text, own)...))
	}
	if len(w.known) > 0 && strings.Contains(text, " bytes left out …]") {
		hidden = Merged(append(hidden, w.besideCuts(text)...))
	}
	return hidden
}

// all is where next finds secrets, but for those within own stretches. One may overlap
// another.
func all(text string, own []Stretch, next func(text string, from int) (start, end int)) []Stretch {
	var hidden []Stretch
	for from := 0; ; {
		start, end := next(text, from)
		if start < 0 {
			return Merged(hidden)
		}
		s := Stretch{start, end}
		if from = start + 1; !s.within(own) {
			hidden = append(hidden, s)
		}
	}
}

// within reports whether a stretch lies in one of others, which are in the order of the
// text.
func (s Stretch) within(others []Stretch) bool {
	k := sort.Search(len(others), func(i int) bool { return others[i].To >= s.To })
	return k < len(others) && others[k].From <= s.From
}
