package view

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// hiddenSpans are the parts of a source that may not be quoted, in their order. They
// are the literal values of secrets, however short these are.
type hiddenSpans []config.Span

// text returns the text of a file, whether it was parsed or only read.
func (s Sources) text(name string) []byte {
	if f := s.Files[name]; f != nil {
		return f.Bytes
	}
	return s.Bytes[name]
}

// remembering returns the same sources, with a Secret that looks through each
// text once and remembers what it found.
func (s Sources) remembering() Sources {
	look, seen := s.Secret, map[*byte][]config.Span{}
	if look == nil {
		return s
	}
	s.Secret = func(text []byte) []config.Span {
		if len(text) == 0 {
			return nil
		}
		if _, known := seen[&text[0]]; !known {
			seen[&text[0]] = look(text)
		}
		return seen[&text[0]]
	}
	return s
}

// hiddenIn returns the parts of a text that may not be quoted.
func (s Sources) hiddenIn(text []byte) hiddenSpans {
	if s.Secret == nil {
		return nil
	}
	return s.Secret(text)
}

// touches reports whether a range overlaps a hidden part, or borders on it as
// the quotes around a text do.
func (v hiddenSpans) touches(r hcl.Range) bool {
	return slices.ContainsFunc(v, func(h config.Span) bool { return r.Start.Byte <= h.To && r.End.Byte >= h.From })
}

// veiled is a line of a source in which secrets are masked. starts and ends say, for
// each byte of the source, where in that line the text for it begins and ends.
type veiled struct {
	text         string
	starts, ends []int
}

// line returns a line of the source with its hidden parts masked. at is the byte
// of the source where it begins.
func (v hiddenSpans) line(text string, at int) veiled {
	var b strings.Builder
	l := veiled{starts: make([]int, len(text)), ends: make([]int, len(text))}
	for k := 0; k < len(text); {
		hidden := v.covers(at+k, len(text)-k)
		part := text[k : k+max(hidden, 1)]
		from, next := b.Len(), k+len(part)
		if hidden > 0 && strings.TrimSpace(part) != "" {
			part = Masked
		}
		b.WriteString(part)
		for ; k < next; k++ {
			l.starts[k], l.ends[k] = from, b.Len()
		}
	}
	l.text = b.String()
	return l
}

// start returns the place in the masked line of something that begins at byte k of the
// source.
func (l veiled) start(k int) int {
	if k < 0 || len(l.starts) == 0 {
		return 0
	}
	if k >= len(l.starts) {
		return len(l.text)
	}
	return l.starts[k]
}

// end returns the place in the masked line of something that ends before byte k of the
// source.
func (l veiled) end(k int) int {
	if k <= 0 || len(l.ends) == 0 {
		return 0
	}
	return l.ends[min(k, len(l.ends))-1]
}

// covers returns how many of the next n bytes, beginning at at, are hidden
// without a gap.
func (v hiddenSpans) covers(at, n int) int {
	to := at
	for _, h := range v {
		if h.From <= to && h.To > to {
			to = h.To
		}
	}
	return min(to-at, n)
}

// unquoted returns the detail. If its subject lies in a secret that the detail could
// quote, such as a word that was written without its quotes, it returns another text.
func (s Sources) unquoted(detail string, subject hcl.Range) string {
	text := s.text(subject.Filename)
	for _, h := range s.hiddenIn(text) {
		if subject.Start.Byte <= h.To && subject.End.Byte >= h.From && h.From < h.To {
			detail = strings.ReplaceAll(detail, `"`+string(text[h.From:h.To])+`"`, Masked)
		}
	}
	return detail
}
