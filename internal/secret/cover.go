package secret

import (
	"slices"
	"strings"
)

// Merged are stretches in the order of the text. Those that overlap become one.
func Merged(all []Stretch) []Stretch {
	slices.SortFunc(all, func(a, b Stretch) int { return a.From - b.From })
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && s.From < out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Cover returns the text with Hidden in the place of each of these stretches, which are
// in the order of the text.
func Cover(text string, hidden []Stretch) string {
	if len(hidden) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, s := range hidden {
		b.WriteString(text[done:s.From])
		b.WriteString(Hidden)
		done = s.To
	}
	b.WriteString(text[done:])
	return b.String()
}

// Covered returns where a stretch of a text is after Cover. What begins or ends within a
// hidden stretch does so with Hidden.
func (s Stretch) Covered(hidden []Stretch) Stretch {
	moved, out := 0, s
	for _, h := range hidden {
		if h.From < s.From && s.From < h.To {
			out.From = h.From + moved
		} else if h.To <= s.From {
			out.From = s.From + moved + len(Hidden) - (h.To - h.From)
		}
		if h.From < s.To && s.To < h.To {
			out.To = h.From + moved + len(Hidden)
		} else if h.To <= s.To {
			out.To = s.To + moved + len(Hidden) - (h.To - h.From)
		}
		moved += len(Hidden) - (h.To - h.From)
	}
	return out
}
