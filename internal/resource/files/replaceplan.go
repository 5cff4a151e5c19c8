package files

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (r *Replace) Thing() kind.Thing { return kind.PathThing(string(r.Path)) }

// Check implements Resource.
func (r *Replace) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	return checkEdit(ctx, h, r)
}

// Apply implements Resource.
func (r *Replace) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return applyEdit(ctx, h, r)
}

func (r *Replace) target() *target {
	return &target{path: r.Path, owners: &r.ownerArgs, writeArgs: r.writeArgs, shapes: []string{"regexp", "replace", "after", "before"}}
}

func (r *Replace) edit() edit.Any { return edit.Any{Replace: r.shape()} }

// adds implements partEdit: what is replaced was there.
func (*Replace) adds(_, _ []byte) bool { return false }

func (r *Replace) traits(content []byte) []resource.Trait {
	if len(r.shape().Problems()) > 0 {
		return nil // An expression is not known yet.
	}
	return []resource.Trait{resource.NewTrait("replace", []any{r.Regexp, r.After, r.Before}, r.shape().Matches(content))}
}

func (*Replace) restless() *kind.Problem {
	return kind.NewProblem("regexp", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Write a regexp that does not match what replace puts in, or that becomes the same again.")
}

// End implements Resource. What was replaced is put back, if there is a backup that has it.
func (r *Replace) End(e resource.End) (resource.Resource, error) {
	if e.Backup == "" {
		return resource.LeaveAdopted(r.Thing(), "path"), nil
	}
	gone := *r
	gone.Owner, gone.Group, gone.Mode, gone.Backup = nil, nil, nil, false // One is there already.
	return &editEnd{&gone, e}, nil
}

// gone implements partEnd: no edit takes out what was replaced.
func (*Replace) gone() edit.Any { return edit.Any{} }

// without implements partEnd.
func (r *Replace) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	kept, err := backupOfEdit(ctx, h, e)
	if err != nil {
		return nil, nil, err
	}
	made, err := r.shape().Apply(kept)
	switch {
	case err != nil:
		return nil, nil, err
	case bytes.Equal(made, kept):
		return nil, kind.NewProblem("regexp", kind.CodeStays, "The backup does not have the text",
			"%s is a backup of what was in %s before. It is gone, or regexp matches nothing in it. What was replaced stays as it is.", e.Backup, r.Path), nil
	case bytes.Equal(made, content):
		return kept, nil, nil
	case bytes.Equal(kept, content):
		return content, nil, nil
	}
	if out = putBackLines(content, kept, made); out == nil {
		return nil, kind.NewProblem("regexp", kind.CodeStays, "What was replaced cannot be told",
			"The lines that the edit changed are not in %s as it left them, or others are like them. What was there before is in %s. All of them stay.", r.Path, e.Backup), nil
	}
	return out, nil, nil
}

// putBackLines returns the content in which lines that an edit made of others are those again. It
// is nil if not all of them are there, and no others like them.
func putBackLines(content, kept, made []byte) []byte {
	before, after, rows := edit.RowsOf(kept), edit.RowsOf(made), edit.RowsOf(content)
	if len(before) != len(after) {
		return nil
	}
	var ours, was [][]byte
	for k := range after {
		if !bytes.Equal(before[k].Text, after[k].Text) {
			ours, was = append(ours, after[k].Text), append(was, before[k].Text)
		}
	}
	at := among(rows, ours)
	if !slices.EqualFunc(at, ours, func(k int, text []byte) bool { return bytes.Equal(rows[k].Text, text) }) {
		return nil
	}
	for k, i := range at {
		rows[i].Text = was[k]
	}
	return edit.JoinRows(rows)
}
