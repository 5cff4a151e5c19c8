package edit

// Any are the arguments of one edit, of whatever kind.
type Any struct {
	Args
	// Block is set for the edit of a block. Otherwise it is one of a line.
	Block *BlockArgs `cbor:"block,omitempty"`
}

// Apply returns the content after the edit. It fails if the arguments are wrong, or if the
// content cannot be edited in this way.
func (a *Any) Apply(content []byte) ([]byte, error) {
	if a.Block != nil {
		return a.Block.Apply(content)
	}
	lines, err := a.Compile()
	if err != nil {
		return nil, err
	}
	if p := lines.ambiguous(RowsOf(content)); p != nil {
		return nil, p
	}
	return lines.Apply(content), nil
}

// Length is how many bytes the texts have.
func (a *Any) Length() int {
	texts := []*string{a.Regexp, a.Search, a.InsertAfter, a.InsertBefore, (*string)(a.Line)}
	if a.Block != nil {
		texts = []*string{&a.Block.Marker, (*string)(a.Block.Content), a.Block.InsertAfter, a.Block.InsertBefore}
	}
	n := 0
	for _, text := range texts {
		if text != nil {
			n += len(*text)
		}
	}
	return n
}
