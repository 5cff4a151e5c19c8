package resource

import (
	"bytes"
	"maps"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Of long texts only the lines that differ are sent, and no more of them than people
// are shown.
const (
	// ComparedContent is the longest content that is compared by lines.
	ComparedContent = Editable
	// excerptMax is the most bytes of an Excerpt.
	excerptMax = 64 << 10
	// excerptContext is how many equal lines an Excerpt has before and after those
	// that differ.
	excerptContext = 3
)

// Excerpt is what differs of a text that is too long to send, in whole lines.
type Excerpt struct {
	// Text is the excerpt, in UTF-8 if the text is UTF-8 or UTF-16. Encoding is the
	// encoding of the text.
	Text     kind.Text        `cbor:"text"`
	Encoding charset.Encoding `cbor:"encoding"`
	// Above and Below are how many lines before and after it are the same on both
	// sides. Left is how many of those that differ are not in Text.
	Above int64 `cbor:"above"`
	Below int64 `cbor:"below"`
	Left  int64 `cbor:"left"`
}

// maxExcerptLines bounds what an Excerpt may say of lines.
const maxExcerptLines = 1 << 40

// Valid reports whether an excerpt is one that an agent sends.
func (p Excerpt) Valid() bool {
	for _, n := range []int64{p.Above, p.Below, p.Left} {
		if n < 0 || n > maxExcerptLines {
			return false
		}
	}
	switch p.Encoding {
	case charset.UTF8, charset.UTF16LE, charset.UTF16BE, charset.EightBit:
		return len(p.Text) <= 2*excerptMax // UTF-8 of UTF-16 can be longer
	}
	return false
}

// isText reports whether a content is here, and text.
func (c Content) isText() bool { return c.Whole && charset.Detect(c.Data) != charset.NoText }

// withExcerpts adds to the digests of long texts in a change the lines that differ.
func withExcerpts(c Change, before, after map[string]any) {
	both := maps.Clone(c.Before)
	if both == nil {
		both = map[string]any{}
	}
	maps.Copy(both, c.After)
	for name := range both {
		was, wasText := asText(c.Before, name)
		is, isText := asText(c.After, name)
		if wasText && isText {
			a, b := excerpts(was, is)
			setExcerpt(before, name, a, isLong(c.Before[name]))
			setExcerpt(after, name, b, isLong(c.After[name]))
		}
	}
}

// isLong reports whether a content is shown as a digest.
func isLong(v any) bool {
	c, ok := v.(Content)
	return ok && c.Size > ShownContent
}

// asText returns the text of an attribute. It is "" if there is nothing.
func asText(m map[string]any, name string) (t decoded, ok bool) {
	v, there := m[name]
	if !there || v == nil {
		return decoded{encoding: charset.UTF8}, true
	}
	c, isContent := v.(Content)
	if !isContent || c.Unknown || !c.Whole || c.Size > ComparedContent {
		return decoded{}, false
	}
	t.text, t.encoding = charset.Decode(c.Data)
	return t, t.encoding != charset.NoText
}

type decoded struct {
	text     string
	encoding charset.Encoding
}

// setExcerpt adds what differs of a content to its digest, or to the Given of one that
// is shown as a digest.
func setExcerpt(m map[string]any, name string, p Excerpt, long bool) {
	switch v := m[name].(type) {
	case Digest:
		v.Excerpt = &p
		m[name] = v
	case Given:
		if !long {
			return
		}
		v.Excerpt = &p
		m[name] = v
	}
}

// excerpts returns what is left of two texts without the lines at the beginning and at
// the end that are the same in both.
func excerpts(before, after decoded) (was, is Excerpt) {
	b, a := []byte(before.text), []byte(after.text)
	start := 0
	for start < min(len(b), len(a)) && b[start] == a[start] {
		start++
	}
	start = linesBack(b, start, excerptContext)
	end := 0
	for end < min(len(b), len(a))-start && b[len(b)-1-end] == a[len(a)-1-end] {
		end++
	}
	end -= linesOn(b[len(b)-end:], excerptContext)
	above, below := countLines(b[:start]), countLines(b[len(b)-end:])
	return excerpt(b[start:len(b)-end], before.encoding, above, below), excerpt(a[start:len(a)-end], after.encoding, above, below)
}

// linesBack returns where a line begins that is a number of lines before a position.
func linesBack(b []byte, at, lines int) int {
	for range lines + 1 {
		if at = bytes.LastIndexByte(b[:at], '\n'); at < 0 {
			return 0
		}
	}
	return at + 1
}

// linesOn returns the length of the rest of a line together with a number of lines
// after it.
func linesOn(b []byte, lines int) int {
	n := 0
	for range lines + 1 {
		at := bytes.IndexByte(b[n:], '\n')
		if at < 0 {
			return len(b)
		}
		n += at + 1
	}
	return n
}

// excerpt returns as many lines as may be sent.
func excerpt(b []byte, e charset.Encoding, above, below int64) Excerpt {
	p := Excerpt{Encoding: e, Above: above, Below: below}
	sent := b
	if len(sent) > excerptMax {
		sent = sent[:bytes.LastIndexByte(sent[:excerptMax], '\n')+1]
	}
	p.Text, p.Left = kind.Text(sent), countLines(b[len(sent):])
	return p
}

func countLines(b []byte) int64 {
	n := bytes.Count(b, []byte("\n"))
	if len(b) > 0 && b[len(b)-1] != '\n' {
		n++
	}
	return int64(n)
}
