package files

import (
	"context"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (j *Value) Thing() kind.Thing { return kind.PathThing(string(j.Path)) }

// Check implements Resource.
func (j *Value) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	return checkEdit(ctx, h, j)
}

// Apply implements Resource.
func (j *Value) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return applyEdit(ctx, h, j)
}

func (j *Value) target() *target {
	return &target{
		path: j.Path, absent: j.State == "absent", create: j.Create, owners: &j.ownerArgs, writeArgs: j.writeArgs,
		shapes: []string{"pointer", "value", "state"}, part: "this value",
	}
}

func (j *Value) edit() edit.Any { return edit.Any{JSON: j.shape()} }

func (j *Value) adds(was, is []byte) bool {
	_, _, before := j.shape().Find(was)
	_, _, after := j.shape().Find(is)
	return after && !before
}

// along implements partAlong: the objects that are made above the value.
func (j *Value) along(was, _ []byte) []kind.Thing {
	if n := j.shape().Lacks(was); n > 0 {
		return []kind.Thing{kind.ThingOf(objectsOf, strconv.Itoa(n))}
	}
	return nil
}

// objectsOf is the sort of the thing that stands for objects that were made above a value. Its
// name is how many.
const objectsOf = "objects"

func (j *Value) traits(content []byte) []resource.Trait {
	canonical, _, there := j.shape().Find(content)
	return []resource.Trait{resource.NewTrait("value", j.Pointer, []any{there, []byte(canonical)})}
}

func (*Value) restless() *kind.Problem {
	return kind.NewProblem("pointer", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply: where an element of a list goes, the next one takes its place. Name another value.")
}
