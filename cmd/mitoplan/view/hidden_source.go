package view

import (
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// hiddenSpans are the parts of a source that may not be quoted. They are the literal
// values of secrets, however short these are.
type hiddenSpans struct {
	spans []config.Span // in their order
	reach []int         // of each span, the farthest end of all up to it
}

func newHiddenSpans(spans []config.Span) hiddenSpans {
	v := hiddenSpans{spans: spans, reach: make([]int, len(spans))}
	far := 0
	for i, h := range spans {
		far = max(far, h.To)
		v.reach[i] = far
	}
	return v
}

// near returns the spans that may overlap or border on the bytes from one to another.
func (v hiddenSpans) near(from, to int) []config.Span {
	first := sort.SearchInts(v.reach, from)
	end := sort.Search(len(v.spans), func(i int) bool { return v.spans[i].From > to })
	return v.spans[min(first, end):end]
}

// bordering returns the spans that overlap a range, or border on it as the quotes
// around a text do.
func (v hiddenSpans) bordering(r hcl.Range) []config.Span {
	var out []config.Span
	for _, h := range v.near(r.Start.Byte, r.End.Byte) {
		if r.Start.Byte <= h.To && r.End.Byte >= h.From {
			out = append(out, h)
		}
	}
	return out
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
	for _, h := range v.near(at, at+n) {
		if h.From > to {
			break
		}
		to = max(to, h.To)
	}
	return min(to-at, n)
}
