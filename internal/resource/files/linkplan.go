package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// linkPlan is a Change of a link, and how it is made.
type linkPlan struct {
	change resource.Change
	path   string
	// meta is the owner and group of the new link, as far as it would not have them by
	// itself.
	meta resource.Meta
	// to is the resolved target of a hard link, and file what is there.
	to   string
	file resource.Entry
}

// Thing implements Resource.
func (l *Link) Thing() kind.Thing { return kind.PathThing(string(l.Path)) }

// Check implements Resource.
func (l *Link) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (l *Link) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err != nil {
		return resource.Change{}, err
	}
	switch p.change.Op {
	case resource.NoOp:
	case resource.Delete:
		err = h.Remove(p.path)
	case resource.Create, resource.Update, resource.Replace:
		if l.Hard {
			return p.change, h.HardLink(p.path, p.to, p.file)
		}
		err = h.Link(p.path, string(*l.Target), p.meta)
	}
	return p.change, err
}

func (l *Link) plan(ctx context.Context, h resource.Host) (linkPlan, error) {
	if err := resource.FirstProblem(h, l.Validate()); err != nil {
		return linkPlan{}, err
	}
	at, err := h.Resolve(string(l.Path), false)
	if err != nil {
		return linkPlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return linkPlan{}, err
	}
	p := linkPlan{path: at, change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}}
	if l.Hard {
		return p, l.planHard(ctx, h, &p, before)
	}
	if l.State == "absent" {
		p.change.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		return p, l.planAbsent(h, &p, before)
	}
	return p, l.planPresent(ctx, h, &p, before)
}

func (l *Link) planAbsent(h resource.Host, p *linkPlan, before resource.Entry) error {
	switch before.Type {
	case resource.TypeAbsent:
		return nil
	case resource.TypeLink:
		l.planRemoval(&p.change, p.path, before)
		return h.Refused(p.path, true)
	}
	return kind.NewProblem("path", kind.CodeInTheWay, "No link is at the path", "%s is a %s and no link, so it is not removed. To remove it use the kind for what it is, or remove the block.", p.path, before.Type.Noun())
}

// planRemoval plans that the link that is there goes.
func (l *Link) planRemoval(c *resource.Change, at string, before resource.Entry) {
	c.Op, c.Before = resource.Delete, map[string]any{"path": l.Path, "target": before.Target}
	c.Effects = []resource.Effect{{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
}

func (l *Link) planPresent(ctx context.Context, h resource.Host, p *linkPlan, before resource.Entry) error {
	own, err := ownershipOf(h, l.Owner, l.Group, nil)
	if err != nil {
		return err
	}
	parent, err := parentOf(h, p.path)
	if err != nil {
		return err
	}
	born, err := resource.Newborn(h, resource.TypeLink, parent)
	if err != nil {
		return err
	}
	base := before
	if before.Type != resource.TypeLink {
		base = born
		if err := l.planNew(ctx, h, p, before); err != nil {
			return err
		}
	}
	is, _ := own.on(base, false)
	after := resource.Entry{Type: resource.TypeLink, Owner: is.Owner, Group: is.Group}
	if l.Target != nil {
		after.Target = *l.Target
	}
	l.show(p, own, before, after)
	if p.change.Op == resource.NoOp {
		return nil
	}
	p.meta = given(after, born)
	return l.permitted(h, p, before, born)
}

// show fills in the Change, once after is worked out. before is what is there, of whatever
// type. If the target is not known yet, that of after is empty.
func (l *Link) show(p *linkPlan, own ownership, before, after resource.Entry) {
	c := &p.change
	c.After = map[string]any{"path": l.Path}
	if before.Type != resource.TypeAbsent {
		c.Before = map[string]any{"path": l.Path}
	}
	if before.Type == resource.TypeLink {
		c.Before["target"] = before.Target
		own.show(c.Before, before, true)
		if after.Target != before.Target || !after.Owner.Same(before.Owner) || !after.Group.Same(before.Group) || len(own.unknown) > 0 {
			c.Op = resource.Update
		}
	}
	if after.Target != "" {
		c.After["target"] = after.Target
	}
	own.show(c.After, after, false)
	c.Leave(before, after)
	c.Found, c.Left = withTarget(c.Found, before), withTarget(c.Left, after)
	if c.Op != resource.NoOp {
		c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &after}}
	}
}

// withTarget adds the trait that says where a link leads.
func withTarget(traits []resource.Trait, e resource.Entry) []resource.Trait {
	if e.Target == "" {
		return traits
	}
	return append(traits, resource.NewTrait("target", nil, string(e.Target)))
}

// given is the owner and group that a link does not have by itself.
func given(after, born resource.Entry) resource.Meta {
	var m resource.Meta
	if !after.Owner.Same(born.Owner) {
		m.UID = &after.Owner.ID
	}
	if !after.Group.Same(born.Group) {
		m.GID = &after.Group.ID
	}
	return m
}

// permitted returns the problem that an apply would meet, so that the plan already fails
// with it, and warns of a link that leads nowhere. born is a new link as it is by itself.
func (l *Link) permitted(h resource.Host, p *linkPlan, before, born resource.Entry) error {
	if l.Target != nil {
		warning, problem := l.leads(h, p.path)
		if problem != nil {
			return problem
		}
		if warning != nil {
			p.change.Warnings = append(p.change.Warnings, *warning)
		}
	}
	if err := h.Refused(p.path, true); err != nil {
		return err
	}
	if uid, _ := h.Self(); before.Type == resource.TypeLink && uid != 0 && l.Owner == nil && before.Owner.ID != uid {
		return kind.NewProblem("path", kind.CodePermission, "Only root can replace the link of another",
			"%s belongs to %s and the agent runs as user %d, so a new link could not keep its owner. Use a context that runs as the owner or as root.", p.path, before.Owner, uid)
	}
	return allowed(h, p.meta, born)
}
