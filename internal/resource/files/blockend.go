package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// End implements Resource. Of an adopted block, what was between the markers before is put
// back, if there is a backup that has it.
func (b *Block) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && e.Backup == "" {
		return resource.LeaveAdopted(b.Thing(), "path"), nil
	}
	gone := *b
	gone.State = "absent"
	gone.Backup = b.Backup && e.Backup == "" // One is there already.
	return &editEnd{&gone, e}, nil
}

func (b *Block) gone() edit.Any {
	return edit.Any{Block: &edit.BlockArgs{Marker: b.shape().Marker, State: "absent"}}
}

// without implements partEnd.
func (b *Block) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	block, why := b.shape().Compile()
	if why != nil {
		return nil, nil, why
	}
	rows := edit.RowsOf(content)
	from, to, why := block.Find(rows)
	switch {
	case why != nil:
		return nil, b.stays(why), nil
	case from < 0:
		return content, nil, nil
	case e.Adopted:
		return b.former(ctx, h, e, block, rows)
	}
	if out, why = block.Without(rows); why != nil {
		return nil, b.stays(why), nil
	}
	return edit.JoinRows(unended(edit.RowsOf(out), e, to == len(rows)-1)), nil, nil
}

// former puts back what the backup has between the markers.
func (b *Block) former(ctx context.Context, h resource.Host, e resource.End, block *edit.Block, rows []edit.Row) (out []byte, why *kind.Problem, err error) {
	kept, err := backupOfEdit(ctx, h, e)
	if err != nil {
		return nil, nil, err
	}
	was := edit.RowsOf(kept)
	from, to, why := block.Find(was)
	if why != nil || from < 0 {
		return nil, kind.NewProblem("marker", kind.CodeStays, "The backup does not have the block",
			"%s is a backup of what was in %s before. It is gone, or holds no block with this marker. The block stays as it is.", e.Backup, b.Path), nil
	}
	var texts [][]byte
	for _, r := range was[from+1 : to] {
		texts = append(texts, r.Text)
	}
	if out, why = block.With(rows, texts); why != nil {
		return nil, b.stays(why), nil
	}
	return out, nil, nil
}

// stays says of a block that cannot be told from what is around it that it stays.
func (b *Block) stays(why *kind.Problem) *kind.Problem {
	return kind.NewProblem("marker", kind.CodeStays, "The block cannot be told from what is around it",
		"The block in %s stays. %s Take it out by hand if it should go.", b.Path, kind.DetailOf(why))
}
