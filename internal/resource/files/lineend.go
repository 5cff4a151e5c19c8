package files

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// End implements Resource. Of an adopted line, what the expression matched before is put
// back, if there is a backup that has it.
func (l *Line) End(e resource.End) (resource.Resource, error) {
	switch {
	case l.Line == nil:
		return resource.LeaveAlone(l.Thing(), kind.NewProblem("line", kind.CodeStays, "The line is not recorded",
			"The line in %s was a secret, which the record does not hold, so it cannot be found and stays. Take it out by hand, or with a block that has state absent.", l.Path)), nil
	case e.Adopted && (e.Backup == "" || l.Regexp == nil && l.Search == nil):
		return resource.LeaveAdopted(l.Thing(), "path"), nil
	}
	gone := *l
	gone.Owner, gone.Group, gone.Mode, gone.InsertAfter, gone.InsertBefore = nil, nil, nil, nil, nil
	gone.Backup = l.Backup && e.Backup == "" // One is there already.
	return &editEnd{&gone, e}, nil
}

func (l *Line) gone() edit.Any { return edit.Any{Args: edit.Args{Line: l.Line, State: "absent"}} }

// without implements partEnd.
func (l *Line) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	ours, was, rows := [][]byte{[]byte(*l.Line)}, [][]byte(nil), edit.RowsOf(content)
	if e.Adopted {
		if ours, was, why, err = l.replaced(ctx, h, e); err != nil || why != nil {
			return nil, why, err
		}
	}
	at := among(rows, ours)
	switch {
	case len(at) == 0:
		return content, nil, nil
	case !slices.EqualFunc(at, ours, func(i int, text []byte) bool { return bytes.Equal(rows[i].Text, text) }):
		return nil, kind.NewProblem("line", kind.CodeStays, "The line is there several times",
			"%s holds the line more than once, or not where it was, and which of them was put there by mitoplan cannot be told. All of them stay. Take it out by hand if it should go.", l.Path), nil
	case e.Adopted:
		for k, i := range at {
			rows[i].Text = was[k]
		}
		return edit.JoinRows(rows), nil, nil
	}
	rows = slices.Delete(rows, at[0], at[0]+1)
	return edit.JoinRows(unended(rows, e, at[0] == len(rows))), nil, nil
}

// replaced returns what the edit made of each line that is meant, in their order, and those
// lines as the backup has them.
func (l *Line) replaced(ctx context.Context, h resource.Host, e resource.End) (ours, was [][]byte, why *kind.Problem, err error) {
	lines, err := l.shape().Compile()
	if err != nil {
		return nil, nil, nil, err
	}
	kept, err := backupOfEdit(ctx, h, e)
	if err != nil {
		return nil, nil, nil, err
	}
	rows := edit.RowsOf(kept)
	for _, i := range lines.Matches(rows) {
		ours, was = append(ours, lines.LineFor(rows[i].Text)), append(was, rows[i].Text)
	}
	if len(was) == 0 {
		return nil, nil, kind.NewProblem("line", kind.CodeStays, "The backup does not have the line",
			"%s is a backup of what was in %s before. It is gone, or holds no line that %s. The line stays as it is.", e.Backup, l.Path, kind.Rule(l.findsSo())), nil
	}
	return ours, was, nil, nil
}
