package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// End implements Resource. An adopted key gets its former value back, if there is a backup that
// has it.
func (i *Ini) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && e.Backup == "" {
		return resource.LeaveAdopted(i.Thing(), "path"), nil
	}
	gone := *i
	gone.State = "absent"
	gone.Backup = i.Backup && e.Backup == "" // One is there already.
	return &editEnd{&gone, e}, nil
}

func (i *Ini) gone() edit.Any { return edit.Any{Ini: i.finding()} }

// without implements partEnd.
func (i *Ini) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	key, why := i.finding().Compile()
	if why != nil {
		return nil, nil, why
	}
	if e.Adopted {
		return i.former(ctx, h, e, key, content)
	}
	began := ""
	for _, thing := range e.Along {
		if what, name := thing.Parts(); what == sectionOf {
			began = name
		}
	}
	out, last, why := key.Without(content, began)
	if why != nil {
		return nil, i.stays(why), nil
	}
	return edit.JoinRows(unended(edit.RowsOf(out), e, last)), nil, nil
}

// former gives the key the value that the backup has.
func (i *Ini) former(ctx context.Context, h resource.Host, e resource.End, key *edit.Ini, content []byte) (out []byte, why *kind.Problem, err error) {
	kept, err := backupOfEdit(ctx, h, e)
	if err != nil {
		return nil, nil, err
	}
	out, there, why := key.Former(content, kept)
	switch {
	case why != nil:
		return nil, i.stays(why), nil
	case !there:
		return nil, kind.NewProblem("key", kind.CodeStays, "The backup does not have the key",
			"%s is a backup of what was in %s before. It is gone, or holds no such key with a value of one line. The key stays as it is.", e.Backup, i.Path), nil
	}
	return out, nil, nil
}

// stays says of a key that cannot be told from what is around it that it stays.
func (i *Ini) stays(why *kind.Problem) *kind.Problem {
	return kind.NewProblem("key", kind.CodeStays, "The key cannot be told from what is around it",
		"The key in %s stays. %s Take it out by hand if it should go.", i.Path, kind.DetailOf(why))
}
