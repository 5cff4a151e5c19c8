package edit

import "github.com/mitoplan/mitoplan/internal/kind"

// Any are the arguments of one edit, of whatever kind.
type Any struct {
	Args
	// One of these is set for an edit of their kinds. Otherwise it is one of a line.
	Block   *BlockArgs   `cbor:"block,omitempty"`
	Keys    *KeyArgs     `cbor:"keys,omitempty"`
	Host    *HostArgs    `cbor:"host,omitempty"`
	Limit   *LimitArgs   `cbor:"limit,omitempty"`
	Item    *Item        `cbor:"item,omitempty"`
	Ini     *IniArgs     `cbor:"ini,omitempty"`
	Replace *ReplaceArgs `cbor:"replace,omitempty"`
	JSON    *ValueArgs   `cbor:"json,omitempty"`
}

// Apply returns the content after the edit. It fails if the arguments are wrong, or if the
// content cannot be edited in this way.
func (a *Any) Apply(content []byte) ([]byte, error) {
	switch {
	case a.Block != nil:
		return a.Block.Apply(content)
	case a.Keys != nil:
		return unlessWrong(a.Keys.Apply(content))
	case a.Host != nil:
		return unlessWrong(a.Host.Apply(content))
	case a.Limit != nil:
		return a.Limit.Apply(content), nil
	case a.Item != nil:
		return a.Item.Apply(content)
	case a.Ini != nil:
		return a.Ini.Apply(content)
	case a.Replace != nil:
		return a.Replace.Apply(content)
	case a.JSON != nil:
		return a.JSON.Apply(content)
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

// unlessWrong is a content, or the problem as an error.
func unlessWrong(content []byte, p *kind.Problem) ([]byte, error) {
	if p != nil {
		return nil, p
	}
	return content, nil
}

// Everywhere reports whether every agent can make the edit.
func (a *Any) Everywhere() bool { return a.JSON == nil || a.JSON.Format == nil }

// Length is how many bytes the texts have.
func (a *Any) Length() int {
	switch {
	case a.Ini != nil:
		return a.Ini.length()
	case a.Replace != nil:
		return a.Replace.length()
	case a.JSON != nil:
		return a.JSON.length()
	}
	texts := []*string{a.Regexp, a.Search, a.InsertAfter, a.InsertBefore, (*string)(a.Line)}
	switch {
	case a.Block != nil:
		texts = []*string{&a.Block.Marker, (*string)(a.Block.Content), a.Block.InsertAfter, a.Block.InsertBefore}
	case a.Keys != nil:
		texts = []*string{(*string)(&a.Keys.Key), a.Keys.Options, a.Keys.Comment}
	case a.Host != nil:
		texts = []*string{&a.Host.Name, (*string)(&a.Host.Key)}
	case a.Limit != nil:
		texts = []*string{&a.Limit.Domain, &a.Limit.Value, a.Limit.Comment}
	case a.Item != nil:
		texts = []*string{&a.Item.Key}
		for k := range a.Item.Lines {
			texts = append(texts, &a.Item.Lines[k])
		}
	}
	n := 0
	for _, text := range texts {
		if text != nil {
			n += len(*text)
		}
	}
	return n
}
