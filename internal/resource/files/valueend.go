package files

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// End implements Resource. An adopted value becomes what it was, if there is a backup that has it.
func (j *Value) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && e.Backup == "" {
		return resource.LeaveAdopted(j.Thing(), "path"), nil
	}
	gone := *j
	gone.State = "absent"
	gone.Backup = j.Backup && e.Backup == "" // One is there already.
	return &editEnd{&gone, e}, nil
}

func (j *Value) gone() edit.Any {
	return edit.Any{JSON: &edit.ValueArgs{Pointer: j.Pointer, State: "absent", Format: j.Format}}
}

// without implements partEnd.
func (j *Value) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	shape := j.gone().JSON
	if e.Adopted {
		kept, err := backupOfEdit(ctx, h, e)
		if err != nil {
			return nil, nil, err
		}
		_, was, there := shape.Find(kept)
		if !there {
			return nil, kind.NewProblem("pointer", kind.CodeStays, "The backup does not have the value",
				"%s is a backup of what was in %s before. It is gone, or the pointer leads to nothing in it. The value stays as it is.", e.Backup, j.Path), nil
		}
		if was == nil {
			return nil, kind.NewProblem("pointer", kind.CodeStays, "The former value is none of JSON",
				"%s is a backup of what was in %s before. The value there has a form that JSON does not have, so it is not put back. It stays as it is.", e.Backup, j.Path), nil
		}
		former := kind.Text(was)
		shape = &edit.ValueArgs{Pointer: j.Pointer, Value: &former, Format: j.Format}
	}
	for _, thing := range e.Along {
		if what, n := thing.Parts(); what == objectsOf {
			shape.Made, _ = strconv.Atoi(n)
		}
	}
	out, err = shape.Apply(content)
	if errors.As(err, &why) {
		return nil, kind.NewProblem("pointer", kind.CodeStays, "The value cannot be told from what is around it",
			"The value in %s stays. %s Take it out by hand if it should go.", j.Path, kind.DetailOf(why)), nil
	}
	if left := string(bytes.TrimSpace(out)); (left == "{}" || left == "") && e.Made(j.Thing()) {
		out = nil
	}
	return out, nil, err
}
