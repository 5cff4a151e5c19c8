package files

import (
	"context"
	"path"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// hardTrait says whether a file is the target.
func (l *Link) hardTrait(same bool) resource.Trait { return resource.NewTrait("hard", nil, same) }

// planHard plans that the path is another name of a file, or is no more.
func (l *Link) planHard(ctx context.Context, h resource.Host, p *linkPlan, before resource.Entry) error {
	c, absent := &p.change, l.State == "absent"
	if before.Type == resource.TypeAbsent && absent {
		c.Leave(before, before)
		return nil
	}
	if h.Unknown("target") {
		return l.planUnknown(ctx, h, p, before)
	}
	if err := l.findFile(h, p, absent); err != nil {
		return err
	}
	same := before.SameFile(p.file)
	if before.Type == resource.TypeFile && (!absent || !same) {
		if done, err := l.planParts(h, p, before, same); done || err != nil {
			return err
		}
	}
	l.showHard(p, before, same)
	switch {
	case absent && same:
		c.See("file", before.Number())
		l.planNoName(c, p.path)
		return h.Refused(p.path, true)
	case absent:
		return kind.NewProblem("path", kind.CodeInTheWay, "Another thing is at the path", "%s is a %s, and no name of the target, so it is not removed. To remove it use the kind for what it is, or remove the block.", p.path, before.Type.Noun())
	case same:
		return nil
	}
	if err := l.planName(ctx, h, p, before); err != nil {
		return err
	}
	return l.permittedName(h, p)
}

// planParts plans for a name of the target which is none after the actions that come before, as
// they put a new file in the place of the target: it follows the target, or goes. The apply sees
// only what these actions left, and knows by the plan that it is this file. done is false if it is
// none such.
func (l *Link) planParts(h resource.Host, p *linkPlan, before resource.Entry, same bool) (done bool, err error) {
	as := linkPlan{path: p.path, to: p.to, file: p.file, change: p.change}
	c, absent := &as.change, l.State == "absent"
	l.showHard(&as, before, absent)
	c.See("file", before.Number())
	parts := !same && h.PlanParts(p.path, p.to)
	if !parts && !h.AsPlanned(*c) {
		return false, nil
	}
	c.Found = append(c.Found[:len(c.Found)-1], l.hardTrait(true)) // Nobody else parts them.
	switch *p = as; {
	case absent:
		l.planNoName(&p.change, p.path)
		return true, h.Refused(p.path, true)
	case same:
		return true, nil // They were joined since.
	}
	p.change.Op = resource.Update
	if parts {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeReplaced, "The name follows its target",
			"%s and %s are two names of one file. This plan puts a new file in the place of one of them, which parts them, and so makes %s a name of the target anew.", p.path, p.to, p.path))
	}
	named := p.file.AnotherName(p.to)
	p.change.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &named}}
	return true, l.permittedName(h, p)
}

// planUnknown plans a name of a file that is known after the apply.
func (l *Link) planUnknown(ctx context.Context, h resource.Host, p *linkPlan, before resource.Entry) error {
	c := &p.change
	if l.State == "absent" {
		c.Before, c.Unsure = map[string]any{"path": l.Path, "hard": true}, true
		l.planNoName(c, p.path)
		return nil
	}
	c.After, c.Unsure = map[string]any{"path": l.Path, "hard": true}, true
	if before.Type != resource.TypeAbsent {
		c.Before = map[string]any{"path": l.Path}
	}
	return l.planName(ctx, h, p, before)
}

// findFile finds the file that gets another name.
func (l *Link) findFile(h resource.Host, p *linkPlan, absent bool) (err error) {
	if p.to, err = h.Resolve(from(path.Dir(p.path), *l.Target), false); err != nil {
		return resource.OfArgument("target", err)
	}
	if p.file, err = h.Lstat(p.to); err != nil {
		return resource.OfArgument("target", err)
	}
	switch {
	case p.to == p.path:
		return kind.NewProblem("target", kind.CodeLinkLoop, "The link would lead to itself", "%s and target are the same path. Name another target.", p.path)
	case resource.OneName(h, p.path, p.to):
		return kind.NewProblem("target", kind.CodeLinkLoop, "The two are one name",
			"%s and %s are one name of one file on this host, as with a bind mount or a file system that does not tell upper from lower case. Without it the file would be gone. Name another target, or another path.", p.path, p.to)
	case p.file.Type == resource.TypeFile || absent:
		return nil
	case p.file.Type == resource.TypeAbsent:
		return kind.NewProblem("target", kind.CodeMissing, "There is no file to give another name",
			"%s does not exist, and no resource before this one makes it on this machine. Make it first, or correct target.", p.to)
	}
	return kind.NewProblem("target", kind.CodeNotAFile, "Only a file can have another name", "%s is a %s and no file. Make a symbolic link: leave hard out.", p.to, p.file.Type.Noun())
}

// showHard fills in what the Change says of a name that is, or is not yet, one of the file.
func (l *Link) showHard(p *linkPlan, before resource.Entry, same bool) {
	c := &p.change
	if before.Type != resource.TypeAbsent {
		c.Before = map[string]any{"path": l.Path, "hard": same}
		if before.Type == resource.TypeLink {
			c.Before["target"] = before.Target
		}
		if same {
			c.Before["target"] = *l.Target
		}
	}
	after := resource.Entry{Type: resource.TypeAbsent}
	if l.State != "absent" {
		after = p.file
		c.After = map[string]any{"path": l.Path, "target": *l.Target, "hard": true}
	}
	c.Leave(before, after)
	if before.Type == resource.TypeFile {
		c.Found = append(c.Found, l.hardTrait(same))
	}
	if l.State != "absent" {
		c.Left = append(c.Left, l.hardTrait(true))
	}
}

// planNoName plans that the name goes.
func (l *Link) planNoName(c *resource.Change, at string) {
	c.Op, c.After = resource.Delete, nil
	c.Effects = []resource.Effect{{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
}

// planName plans the name where none is: in place of nothing, or by force of something else.
func (l *Link) planName(ctx context.Context, h resource.Host, p *linkPlan, before resource.Entry) error {
	if _, err := parentOf(h, p.path); err != nil {
		return err
	}
	switch {
	case before.Type == resource.TypeLink:
		p.change.Op = resource.Update
	case before.Type == resource.TypeFile && !l.Force:
		return kind.NewProblem("path", kind.CodeInTheWay, "Another file is at the path",
			"%s is another file than the target. Perhaps it was a name of it, and a program has put a new file in the place of one of the two, as most do that write. Set force to replace it by a name of the target.", p.path)
	default:
		if err := l.planNew(ctx, h, p, before); err != nil {
			return err
		}
	}
	named := p.file.AnotherName(p.to)
	p.change.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &named}}
	return nil
}

// permittedName returns the problem that an apply would meet, or nil.
func (l *Link) permittedName(h resource.Host, p *linkPlan) error {
	if err := h.Refused(p.path, true); err != nil {
		return err
	}
	parent, err := h.Lstat(path.Dir(p.path))
	if err != nil {
		return err
	}
	if p.file.OtherDevice(parent) {
		// On an overlay a file can have another device than its directory, so directories tell.
		of, err := h.Lstat(path.Dir(p.to))
		if err != nil {
			return err
		}
		if of.OtherDevice(parent) {
			return resource.AcrossDevices(p.path, p.to)
		}
	}
	if uid, _ := h.Self(); uid != 0 && p.file.Owner.ID != uid && h.Writable(p.to) != nil {
		return kind.NewProblem("target", kind.CodePermission, "Only the owner can give the file another name",
			"%s belongs to %s, and user %d, as whom the agent runs, may not write it. Use a context that runs as the owner or as root.", p.to, p.file.Owner, uid)
	}
	return nil
}

// hardEnd removes a name that was made, if it is still one of the target.
type hardEnd struct{ Link }

// Check implements Resource.
func (l *hardEnd) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(h)
	return p.change, err
}

// Apply implements Resource.
func (l *hardEnd) Apply(_ context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil && p.change.Op == resource.Delete {
		err = h.Remove(p.path)
	}
	return p.change, err
}

func (l *hardEnd) plan(h resource.Host) (p linkPlan, err error) {
	l.State = "absent"
	if err := resource.FirstProblem(h, l.Validate()); err != nil {
		return p, err
	}
	if p.path, err = h.Resolve(string(l.Path), false); err != nil {
		return p, err
	}
	before, err := h.Lstat(p.path)
	if err != nil {
		return p, err
	}
	c := &p.change
	*c = resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(p.path)}}
	c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
	if before.Type == resource.TypeAbsent {
		return p, nil
	}
	if before.Type != resource.TypeFile {
		c.Stays = noneAnyMore("hard link", p.path, before)
		return p, nil
	}
	p.to, err = h.Resolve(from(path.Dir(p.path), *l.Target), false)
	if err == nil && resource.OneName(h, p.path, p.to) {
		c.Stays = []kind.Problem{*kind.NewProblem("target", kind.CodeStays, "It is the only name", "%s and %s are one name of one file on this host, as with a bind mount. It stays: without it the file would be gone. Remove it by hand if it should go.", p.path, p.to)}
		return p, nil
	}
	if err := l.findFile(h, &p, true); err != nil {
		return p, err
	}
	as := *c
	as.Before = map[string]any{"path": l.Path, "target": *l.Target, "hard": true}
	as.See("file", before.Number())
	same := before.SameFile(p.file) || h.PlanParts(p.path, p.to) || h.AsPlanned(as)
	c.Found = append(c.Found, l.hardTrait(same))
	if !same {
		c.Stays = []kind.Problem{*kind.NewProblem("target", kind.CodeStays, "It is another file now", "%s was made a name of %s, and now the two are no names of one file, so it stays: nothing else may have what it holds. Remove it by hand if it should go.", p.path, p.to)}
		return p, nil
	}
	c.Before, c.Seen = as.Before, as.Seen
	l.planNoName(c, p.path)
	return p, h.Refused(p.path, true)
}
