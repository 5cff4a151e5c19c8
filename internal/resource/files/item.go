package files

import (
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Item is one item of a file that is a table, such as an entry of /etc/hosts. Kinds of
// other families are made of it: they say which file it is in, and which lines it has.
type Item struct {
	edit.Item
	Path kind.Text
	// Attr is the argument that says most of the lines. What is wrong with them is told of
	// it, and their trait has its name.
	Attr string
	// Part is what a missing file is made with, for people: "this entry".
	Part kind.Rule
	// From are all arguments that the lines depend on.
	From []string
	// Guessed says that the lines are a guess: what the file will hold is not known yet.
	Guessed bool
	// Gone has the item taken out.
	Gone bool
	// Create has a missing file made.
	Create  bool
	Backup  bool
	InPlace bool
	// Owner, Group and Mode are those of the file. One that is nil is left alone.
	Owner, Group, Mode *string
}

// ItemPlan is what becomes of an item. It is a part of what its kind plans.
type ItemPlan struct {
	writePlan
	args writeArgs
	// op is what becomes of the file, whatever the kind adds to the change.
	op resource.Op
}

// Change is what is said of it. The kind may add to it before it is shown.
func (p *ItemPlan) Change() *resource.Change { return &p.change }

// File is the resolved path of the file.
func (p *ItemPlan) File() string { return p.path }

// Changes reports whether anything becomes of the file. No item changes none.
func (p *ItemPlan) Changes() bool { return p != nil && p.op != resource.NoOp }

// Make makes it, after Host.Begin, if there is an item.
func (p *ItemPlan) Make(ctx context.Context, h resource.Host) error {
	if !p.Changes() {
		return nil
	}
	all := p.change.Op
	p.change.Op = p.op
	defer func() { p.change.Op = all }()
	return p.make(ctx, h, p.args)
}

// CarryOut makes the item and nothing else, if planning it went well.
func (p *ItemPlan) CarryOut(ctx context.Context, h resource.Host, err error) (resource.Change, error) {
	return p.carryOut(ctx, h, p.args, err)
}

// Plan plans the item. The plan is there even if there is an error.
func (r *Item) Plan(ctx context.Context, h resource.Host) (*ItemPlan, error) {
	p, err := planEdit(ctx, h, r)
	p.change.Uses = slices.DeleteFunc(p.change.Uses, func(arg string) bool { return arg == "create" }) // It is no argument here.
	return &ItemPlan{p.writePlan, r.target().writeArgs, p.change.Op}, err
}

// Thing implements Resource.
func (r *Item) Thing() kind.Thing { return kind.PathThing(string(r.Path)) }

// Check implements Resource.
func (r *Item) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := r.Plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (r *Item) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := r.Plan(ctx, h)
	return p.CarryOut(ctx, h, err)
}

// Validate implements Validator. The kind has checked its arguments.
func (*Item) Validate() []kind.Problem { return nil }

// End implements Resource. Of an adopted item, what it said before is put back, if there is
// a backup that has it.
func (r *Item) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && e.Backup == "" {
		return resource.LeaveAdopted(r.Thing(), r.Attr), nil
	}
	return r.ending(e), nil
}

func (r *Item) ending(e resource.End) *editEnd {
	gone := *r
	gone.Gone = true
	gone.Lines, gone.Owner, gone.Group, gone.Mode = nil, nil, nil, nil
	gone.Backup = r.Backup && e.Backup == "" // One is there already.
	return &editEnd{&gone, e}
}

func (r *Item) target() *target {
	return &target{
		path: r.Path, absent: r.Gone, create: r.Create,
		owners:    &ownerArgs{Owner: r.Owner, Group: r.Group, Mode: r.Mode},
		writeArgs: writeArgs{Backup: r.Backup, InPlace: r.InPlace}, shapes: r.From, guessed: r.Guessed, part: r.Part,
	}
}

func (r *Item) edit() edit.Any { item := r.Item; return edit.Any{Item: &item} }

func (r *Item) adds(was, is []byte) bool { return r.Said(was) == nil && r.Said(is) != nil }

// Traits are those of the item in a content, which is nil for a file that is not there.
func (r *Item) Traits(content []byte) []resource.Trait { return r.traits(content) }

func (r *Item) traits(content []byte) []resource.Trait {
	if r.Key == "" {
		return nil // It is not known yet.
	}
	said := r.Said(content)
	return []resource.Trait{resource.NewTrait(r.Attr, []any{r.Table, r.Key}, []any{said != nil, said})}
}

func (r *Item) restless() *kind.Problem {
	return kind.NewProblem(r.Attr, kind.CodeNotIdempotent, "The edit would never end",
		"The same lines would be written to %s again at every apply, since they are not found there after it. Write the value in another form.", r.Path)
}

func (r *Item) gone() edit.Any {
	return edit.Any{Item: &edit.Item{Table: r.Table, Key: r.Key}}
}

// without implements partEnd.
func (r *Item) without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	rows := edit.RowsOf(content)
	if e.Adopted {
		kept, err := backupOfEdit(ctx, h, e)
		if err != nil {
			return nil, nil, err
		}
		back, ok := r.With(rows, edit.RowsOf(kept))
		if !ok {
			return nil, kind.NewProblem(r.Attr, kind.CodeStays, "It cannot be put back",
				"%s is a backup of what was in %s before. It is gone, or the two do not have %s once each. It stays as it is.", e.Backup, r.Path, r.Part), nil
		}
		return edit.JoinRows(back), nil, nil
	}
	left, wasLast, ok := r.Without(rows)
	if !ok {
		return nil, kind.NewProblem(r.Attr, kind.CodeStays, "It is there several times",
			"%s has %s more than once, and which of them mitoplan made cannot be told. All of them stay. Take out by hand what should go.", r.Path, r.Part), nil
	}
	return edit.JoinRows(unended(slices.Clone(left), e, wasLast)), nil, nil
}
