package edit

import (
	"bytes"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// BlockArgs are the arguments of the kind block that say what becomes of a content.
type BlockArgs struct {
	Marker       string     `cbor:"marker"`
	Content      *kind.Text `cbor:"content,omitempty"`
	InsertAfter  *string    `cbor:"after,omitempty"`
	InsertBefore *string    `cbor:"before,omitempty"`
	State        string     `cbor:"state,omitempty"`
}

// markWord is the place in a marker that tells the first line of a block from the last.
const markWord = "{mark}"

// Apply makes the edit.
func (a *BlockArgs) Apply(content []byte) ([]byte, error) {
	b, p := a.Compile()
	if p != nil {
		return nil, p
	}
	out, p := b.Apply(content)
	if p != nil {
		return nil, p
	}
	return out, nil
}

// Compile makes an edit from the arguments.
func (a *BlockArgs) Compile() (*Block, *kind.Problem) {
	for _, p := range []*kind.Problem{a.badMarker(), a.badContent()} {
		if p != nil {
			return nil, p
		}
	}
	b := &Block{absent: a.State == "absent"}
	b.begin, b.end = a.marks()
	b.word = strings.Index(a.Marker, markWord)
	if a.Content != nil {
		b.Texts = textsOf([]byte(*a.Content))
	}
	b.place.atBegin = a.InsertBefore != nil && *a.InsertBefore == "BOF"
	b.place.after, _ = CompileLine("insert_after", a.InsertAfter)
	b.place.before, _ = CompileLine("insert_before", a.InsertBefore)
	return b, nil
}

// Problems returns what is wrong with the arguments.
func (a *BlockArgs) Problems() []kind.Problem {
	var out []kind.Problem
	_, after := CompileLine("insert_after", a.InsertAfter)
	_, before := CompileLine("insert_before", a.InsertBefore)
	for _, p := range []*kind.Problem{a.badMarker(), a.badContent(), after, before} {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// badMarker returns why the lines of a marker cannot be told apart, or from others.
func (a *BlockArgs) badMarker() *kind.Problem {
	switch {
	case strings.ContainsAny(a.Marker, "\n\r"):
		return kind.NewProblem("marker", kind.CodeMarker, "More than one line", "marker contains a line end, and each marker is one line. Take the line end out.")
	case strings.Count(a.Marker, markWord) != 1:
		return kind.NewProblem("marker", kind.CodeMarker, "The ends cannot be told apart",
			"marker needs %s once: BEGIN is in its place in the line before the block, and END in the line behind it. Write it as in \"# %s app\".", markWord, markWord)
	}
	return nil
}

// badContent returns why the content cannot stand between the markers.
func (a *BlockArgs) badContent() *kind.Problem {
	if a.Content == nil {
		if a.State == "absent" {
			return nil
		}
		return kind.NewProblem("content", kind.CodeBlock, "No content", "content is what should be between the markers; set it, or set state to absent.")
	}
	begin, end := a.marks()
	for _, text := range textsOf([]byte(*a.Content)) {
		if bytes.Equal(text, begin) || bytes.Equal(text, end) {
			return kind.NewProblem("content", kind.CodeBlock, "The marker is in the content",
				"A line of content is a marker of this block, so where the block ends could not be told any more. Take that line out, or set another marker.")
		}
	}
	return nil
}

// marks are the lines before and behind the block.
func (a *BlockArgs) marks() (begin, end []byte) {
	return []byte(strings.Replace(a.Marker, markWord, beginWord, 1)), []byte(strings.Replace(a.Marker, markWord, endWord, 1))
}

// textsOf are the lines of a content without their ends. A carriage return at the end of a
// line is no part of it: before the line end of a file it would be read as a part of that.
func textsOf(content []byte) [][]byte {
	var out [][]byte
	for _, r := range RowsOf(content) {
		out = append(out, bytes.TrimRight(r.Text, "\r"))
	}
	return out
}
