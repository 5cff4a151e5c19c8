package edit

import (
	"bytes"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Block is an edit of the lines between two markers, ready to run on bytes.
type Block struct {
	begin, end []byte
	// word is where BEGIN and END stand in the markers.
	word int
	// Texts are the lines between the markers.
	Texts  [][]byte
	absent bool
	place  place
}

// The words in the lines before and behind a block.
const beginWord, endWord = "BEGIN", "END"

// Apply returns the content after the edit. It never changes what it is given. Where a block
// cannot be told from what is around it, or holds another one, it is not touched.
func (b *Block) Apply(content []byte) ([]byte, *kind.Problem) {
	rows := RowsOf(content)
	from, to, p := b.Find(rows)
	switch {
	case p != nil:
		return nil, p
	case b.absent && from < 0:
		return content, nil
	case from < 0:
		return b.insert(rows)
	case b.absent:
		return b.Without(rows)
	case slices.EqualFunc(rows[from+1:to], b.Texts, func(r Row, text []byte) bool { return bytes.Equal(r.Text, text) }):
		return content, nil
	}
	return b.With(rows, b.Texts)
}

// Find returns where the lines of the markers are; from is -1 if there is no block.
func (b *Block) Find(rows []Row) (from, to int, p *kind.Problem) {
	from, to = -1, -1
	for k, r := range rows {
		begins, ends := bytes.Equal(r.Text, b.begin), bytes.Equal(r.Text, b.end)
		switch {
		case begins && from >= 0 && to < 0:
			return -1, -1, kind.NewProblem("path", kind.CodeMarkers, "The markers are no pair",
				"Lines %d and %d both begin the block, and %q, which ends it, is not between them. Nothing was changed. Put that line back, or remove one of the two.", from+1, k+1, string(b.end))
		case begins && from >= 0:
			return -1, -1, kind.NewProblem("path", kind.CodeMarkers, "The block is there several times",
				"The block begins in line %d and again in line %d, and which of them is meant cannot be told. Nothing was changed. Remove all but one of them, or set another marker.", from+1, k+1)
		case begins:
			from = k
		case ends && (from < 0 || to >= 0):
			return -1, -1, kind.NewProblem("path", kind.CodeMarkers, "The markers are no pair",
				"Line %d ends the block, and %q, which begins it, is not before that line. Nothing was changed. Put that line back, or remove the one that ends the block.", k+1, string(b.begin))
		case ends:
			to = k
		}
	}
	if from >= 0 && to < 0 {
		return -1, -1, kind.NewProblem("path", kind.CodeMarkers, "The markers are no pair",
			"Line %d begins the block, and %q, which ends it, is not behind that line, so where it ends cannot be told. Nothing was changed. Put that line back, or remove the one that begins the block.", from+1, string(b.end))
	}
	return from, to, nil
}

// Without returns the content without the block and its markers.
func (b *Block) Without(rows []Row) ([]byte, *kind.Problem) {
	from, to, p := b.Find(rows)
	if p == nil {
		p = b.inside(rows, from, to)
	}
	if p != nil {
		return nil, p
	}
	return JoinRows(slices.Delete(slices.Clone(rows), from, to+1)), nil
}

// With returns the content with other lines between the markers.
func (b *Block) With(rows []Row, texts [][]byte) ([]byte, *kind.Problem) {
	from, to, p := b.Find(rows)
	if p == nil {
		p = b.inside(rows, from, to)
	}
	if p != nil {
		return nil, p
	}
	out := insertRows(rows[:from+1], from+1, texts)
	return JoinRows(append(out, rows[to:]...)), nil
}

// insert adds the block where it should be.
func (b *Block) insert(rows []Row) ([]byte, *kind.Problem) {
	at := b.place.in(rows)
	for _, other := range b.others(rows) {
		if other.from < at && at <= other.to {
			attr := "insert_after"
			if b.place.after == nil {
				attr = "insert_before"
			}
			return nil, kind.NewProblem(attr, kind.CodeMarkers, "The place is inside another block",
				"The block would come between lines %d and %d, which are the markers of another one, %q. It would be lost when that one changes. Name a line outside.", other.from+1, other.to+1, string(rows[other.from].Text))
		}
	}
	texts := append([][]byte{b.begin}, b.Texts...)
	return JoinRows(insertRows(rows, at, append(texts, b.end))), nil
}

// inside returns the problem of a block that holds another one, which is not in its own
// content: changing the one would lose the other.
func (b *Block) inside(rows []Row, from, to int) *kind.Problem {
	for _, other := range b.others(rows[from+1 : to]) {
		begin := rows[from+1+other.from].Text
		if !slices.ContainsFunc(b.Texts, func(text []byte) bool { return bytes.Equal(text, begin) }) {
			return kind.NewProblem("path", kind.CodeMarkers, "Another block is inside",
				"Line %d, %q, begins another block, between the markers of this one in lines %d and %d. It would be lost. Nothing was changed. Move it out, or put its lines into content.", from+other.from+2, string(begin), from+1, to+1)
		}
	}
	return nil
}

// span is where the markers of a block are.
type span struct{ from, to int }

// others are the blocks whose markers begin as those of this one do, whoever made them.
func (b *Block) others(rows []Row) []span {
	head := b.begin[:b.word+len(beginWord)]
	ends := map[string]int{} // where the next line is that ends a block
	var out []span
	for k := len(rows) - 1; k >= 0; k-- {
		text := rows[k].Text
		if bytes.HasPrefix(text, b.end[:b.word+len(endWord)]) {
			ends[string(text)] = k
		}
		if !bytes.HasPrefix(text, head) || bytes.Equal(text, b.begin) {
			continue
		}
		if to, ok := ends[string(b.end[:b.word])+endWord+string(text[len(head):])]; ok {
			out = append(out, span{k, to})
		}
	}
	slices.Reverse(out)
	return out
}
