package files

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// partEdit is a block that edits a part of a file: in this the kinds line and block differ.
type partEdit interface {
	resource.Resource
	Validate() []kind.Problem
	target() *target
	// edit are the arguments that say what becomes of the content.
	edit() edit.Any
	// adds reports whether the edit made the part, which was not there before. Of a NoOp it
	// is not asked.
	adds(was, is []byte) bool
	// traits are those of the part in a content.
	traits(content []byte) []resource.Trait
	// restless is the problem of an edit that would change its own result.
	restless() *kind.Problem
}

// partAlong is an edit that makes more of the file than its part.
type partAlong interface {
	// along are the things that were made for the part.
	along(was, is []byte) []kind.Thing
}

// target is what an edit is about, besides the part that it edits.
type target struct {
	path           kind.Text
	absent, create bool
	owners         *ownerArgs
	writeArgs
	// shapes are the arguments that the content depends on.
	shapes []string
	// guessed is set if what the edit would leave is a guess, so that it is not known yet.
	guessed bool
	// part is what the file is made with, for people: "this line". It is empty if the kind
	// never makes one.
	part kind.Rule
	// quiet is set if create is no argument of the kind: a missing file is always made.
	quiet bool
	// born is who may use a file that is made; nil is owners.
	born *ownerArgs
	// dir is the directory of the file if it may be made with the file, for the owner in born
	// alone; "" if it has to be there.
	dir string
}

// checkEdit is the Check of an edit.
func checkEdit(ctx context.Context, h resource.Host, e partEdit) (resource.Change, error) {
	p, err := planEdit(ctx, h, e)
	return p.change, err
}

// applyEdit is the Apply of an edit.
func applyEdit(ctx context.Context, h resource.Host, e partEdit) (resource.Change, error) {
	p, err := planEdit(ctx, h, e)
	return p.carryOut(ctx, h, err)
}

// carryOut makes what was planned, if that went well.
func (p *editPlan) carryOut(ctx context.Context, h resource.Host, err error) (resource.Change, error) {
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil && p.makes != nil {
		if err = ctx.Err(); err == nil {
			err = h.Mkdir(p.target.dir, p.dirMeta)
		}
	}
	if err == nil {
		err = p.make(ctx, h, p.writeArgs)
	}
	return p.change, err
}

// carryOut makes what was planned, if that went well.
func (p *writePlan) carryOut(ctx context.Context, h resource.Host, a writeArgs, err error) (resource.Change, error) {
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil {
		err = p.make(ctx, h, a)
	}
	return p.change, err
}

// editPlan is an edit that is being planned.
type editPlan struct {
	writePlan
	*target
	of partEdit
	// makes is the directory that is made before the file, if it is.
	makes   *resource.Entry
	dirMeta resource.Meta
}

// planEdit plans an edit. The plan is there even if there is an error.
func planEdit(ctx context.Context, h resource.Host, e partEdit) (*editPlan, error) {
	p := &editPlan{of: e, target: e.target()}
	before, err := p.find(h, e, p.target.path)
	switch {
	case err != nil:
		return p, err
	case before.Type == resource.TypeAbsent && p.absent:
		p.change.Op = resource.NoOp
		p.change.Leave(before, before)
		return p, nil
	case before.Type != resource.TypeAbsent && before.Type != resource.TypeFile:
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Not a file", "%s is a %s, which has no lines. Name a file.", p.writePlan.path, before.Type.Noun())
	}
	return p, p.planFile(ctx, h, before)
}

// find fills in which file the plan is about, and returns what is there.
func (p *writePlan) find(h resource.Host, e partEdit, name kind.Text) (before resource.Entry, err error) {
	if err = resource.FirstProblem(h, e.Validate()); err != nil {
		return before, err
	}
	if p.path, err = h.Resolve(string(name), true); err != nil {
		return before, err
	}
	p.name, p.change.Writes = name, []kind.Thing{kind.PathThing(p.path)}
	return h.Lstat(p.path)
}

// planFile plans the edit, and what the block says of owner and permissions.
func (p *editPlan) planFile(ctx context.Context, h resource.Host, before resource.Entry) error {
	owners := p.owners
	if before.Type == resource.TypeAbsent && p.born != nil {
		owners = p.born
	}
	own, err := owners.ownership(h)
	if err != nil {
		return err
	}
	base := before
	if before.Type == resource.TypeAbsent {
		if base, err = p.planNew(h, own); err != nil {
			return err
		}
	}
	p.after, p.meta = own.on(base, false)
	p.meta.AllNames = p.Links
	p.change.Warnings = append(p.change.Warnings, own.lost(p.writePlan.path, before, p.after)...)
	if err := p.planContent(ctx, h, before); err != nil || p.change.Op == resource.NoOp {
		return err
	}
	p.show(p.writeArgs, own, before)
	leaveParts(p.of, &p.change)
	if p.create && p.change.Op == resource.Create {
		kept := p.change.Keep()
		kept.Along = append(slices.Clone(p.change.Writes), kept.Along...)
		if !p.quiet {
			p.change.Uses = append(p.change.Uses, "create")
		}
		p.showDirectory()
	}
	if p.makes == nil {
		return p.permitted(h, p.writeArgs, base)
	}
	if err := h.Refused(p.target.dir, true); err != nil {
		return err
	}
	return allowed(h, p.meta, base)
}

// showDirectory says that the directory of the file is made along.
func (p *editPlan) showDirectory() {
	if p.makes == nil {
		return
	}
	c, dir := &p.change, kind.PathThing(p.target.dir)
	c.Effects = append([]resource.Effect{{Thing: dir, Entry: p.makes}}, c.Effects...)
	c.AlongMade(p.target.dir, *p.makes)
	c.Kept.Along = append([]kind.Thing{dir}, c.Kept.Along...)
}

// planNew returns the owner and mode that a missing file is made with, or a problem
// if create is not set.
func (p *editPlan) planNew(h resource.Host, own ownership) (resource.Entry, error) {
	if p.part == "" {
		return resource.Entry{}, kind.NewProblem("path", kind.CodeMissing, "The file does not exist", "%s does not exist, and no resource before this one makes it on this machine. Add a resource of the kind file.", p.writePlan.path)
	}
	if !p.create {
		return resource.Entry{}, kind.NewProblem("path", kind.CodeMissing, "The file does not exist", "%s does not exist, and no resource before this one makes it on this machine. Set create to make it with only %s.", p.writePlan.path, p.part)
	}
	p.change.Op = resource.Create
	parent, err := p.directory(h, own)
	if err != nil {
		return resource.Entry{}, err
	}
	return resource.Newborn(h, resource.TypeFile, parent)
}

// directory returns what a new file is made in. If that may be made along and is missing, it is
// what it will be.
func (p *editPlan) directory(h resource.Host, own ownership) (resource.Entry, error) {
	if p.target.dir == "" {
		return parentOf(h, p.writePlan.path)
	}
	there, err := h.Lstat(p.target.dir)
	if err != nil || there.Type != resource.TypeAbsent {
		return parentOf(h, p.writePlan.path)
	}
	above, err := parentOf(h, p.target.dir)
	if err != nil {
		return resource.Entry{}, err
	}
	born, err := resource.Newborn(h, resource.TypeDirectory, above)
	if err != nil {
		return resource.Entry{}, err
	}
	mode, err := resource.ParseMode("0700")
	if err != nil {
		return resource.Entry{}, err
	}
	own.mode = &mode
	made, meta := own.on(born, true)
	if err := allowed(h, meta, born); err != nil {
		return resource.Entry{}, err
	}
	p.makes, p.dirMeta = &made, meta
	return made, nil
}

// planContent runs the edit and fills in what the Change says of it.
func (p *editPlan) planContent(ctx context.Context, h resource.Host, before resource.Entry) error {
	c, now := &p.change, resource.ContentOf(nil)
	if before.Type == resource.TypeFile {
		var err error
		if now, err = h.Read(ctx, p.writePlan.path, resource.Editable); err != nil {
			return err
		}
		c.Before = map[string]any{"path": p.target.path, "content": now}
	}
	after, err := p.edited(h, now)
	if err == nil {
		err = outsideOfMarks(h, now, after)
	}
	if err != nil {
		return err
	}
	c.Results = map[string]any{"content": after}
	if c.Op == resource.Create && !after.Unknown && after.Size == 0 {
		c.Op = resource.NoOp // Nothing can match in a file that is not there.
		c.Leave(before, before)
		return nil
	}
	c.Unsure = now.Unknown
	c.After = map[string]any{"path": p.target.path, "content": after}
	p.anew = c.Op != resource.Create && after.Equal(now) && !p.InPlace && !p.meta.Empty() && resource.Loose(h, p.writePlan.path, p.Links, before)
	if c.Op == resource.Create || !after.Equal(now) || p.anew {
		p.content = &after
		after.Made = resource.EditOf(now, p.of.edit())
		p.added(now, after)
	}
	return nil
}

// added notes for the end of a part that the edit adds it.
func (p *editPlan) added(now, after resource.Content) {
	if !now.Whole || !after.Whole || !p.of.adds(now.Data, after.Data) {
		return
	}
	p.change.Made = true
	if more, ok := p.of.(partAlong); ok {
		if along := more.along(now.Data, after.Data); len(along) > 0 {
			p.change.Keep().Along = along
		}
	}
	was, is := edit.RowsOf(now.Data), edit.RowsOf(after.Data)
	if last := len(was) - 1; last >= 0 && last < len(is) && len(was[last].End) == 0 && len(is[last].End) > 0 {
		p.change.Keep().Unended = true
	}
}

// edited is what the file holds after the edit. It is unknown if the file or the
// arguments are.
func (p *editPlan) edited(h resource.Host, now resource.Content) (resource.Content, error) {
	if p.guessed || slices.ContainsFunc(p.shapes, h.Unknown) {
		return resource.Content{Unknown: true}, nil
	}
	if !now.Unknown && now.Size > resource.Editable {
		return resource.Content{}, tooLongToEdit(now)
	}
	if !now.Whole {
		return resource.Content{Unknown: true}, nil
	}
	how := p.of.edit()
	once, err := how.Apply(now.Data)
	if err != nil {
		return resource.Content{}, err
	}
	if twice, err := how.Apply(once); err != nil || !bytes.Equal(once, twice) {
		return resource.Content{}, p.of.restless()
	}
	return resource.ContentOf(once), nil
}

func tooLongToEdit(now resource.Content) error {
	return kind.NewProblem("path", kind.CodeTooLong, "The file is too long", "Lines are edited in files of at most %d bytes; this one has %d.", resource.Editable, now.Size)
}

// leaveParts adds the traits of the part that is edited, before and after.
func leaveParts(e partEdit, c *resource.Change) {
	if before, there := c.Before["content"].(resource.Content); there && before.Whole {
		c.Found = append(c.Found, e.traits(before.Data)...)
	}
	if after, _ := c.After["content"].(resource.Content); after.Whole {
		c.Left = append(c.Left, e.traits(after.Data)...)
	}
}
