package files

import (
	"context"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (i *Ini) Thing() kind.Thing { return kind.PathThing(string(i.Path)) }

// Check implements Resource.
func (i *Ini) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	return checkEdit(ctx, h, i)
}

// Apply implements Resource.
func (i *Ini) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return applyEdit(ctx, h, i)
}

func (i *Ini) target() *target {
	return &target{
		path: i.Path, absent: i.State == "absent", create: i.Create, owners: &i.ownerArgs, writeArgs: i.writeArgs,
		shapes: []string{"section", "key", "value", "values", "section_has", "match", "inline_comments", "no_extra_spaces", "allow_no_value", "state"}, part: "this key",
	}
}

func (i *Ini) edit() edit.Any { return edit.Any{Ini: i.shape()} }

// values are those of the key in a content, whatever it should be.
func (i *Ini) values(content []byte) (values [][]byte, there bool) {
	e, p := i.finding().Compile()
	if p != nil {
		return nil, false
	}
	return e.Values(content)
}

// finding are the arguments that say which key is meant. What it is set to need not be known.
func (i *Ini) finding() *edit.IniArgs {
	a := i.shape()
	a.Value, a.Values, a.State = nil, nil, "absent"
	return a
}

func (i *Ini) adds(was, is []byte) bool {
	_, before := i.values(was)
	_, after := i.values(is)
	return after && !before
}

// along implements partAlong: a section that is made for the key.
func (i *Ini) along(was, is []byte) []kind.Thing {
	e, p := i.shape().Compile()
	if p != nil {
		return nil
	}
	if began := e.Began(was, is); began != "" {
		return []kind.Thing{kind.ThingOf(sectionOf, began)}
	}
	return nil
}

// sectionOf is the sort of the thing that stands for a section that was made.
const sectionOf = "section"

func (i *Ini) traits(content []byte) []resource.Trait {
	part := []any{i.Section, i.Key, i.Match}
	for _, name := range slices.Sorted(maps.Keys(i.SectionHas)) {
		part = append(part, name, []byte(i.SectionHas[name]))
	}
	values, there := i.values(content)
	return []resource.Trait{resource.NewTrait("value", part, []any{there, values})}
}

func (i *Ini) restless() *kind.Problem {
	return kind.NewProblem("key", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. The line that it writes would be read as something else in this file.")
}
