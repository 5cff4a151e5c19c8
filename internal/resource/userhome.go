package resource

import (
	"context"
	"path"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// createsHome reports whether a new account gets a home directory.
func (a *Account) createsHome() bool {
	if a.CreateHome != nil {
		return *a.CreateHome
	}
	return !a.System
}

// wantsHome reports whether a missing home directory is made. For an account that
// exists it is made only if create_home is set: many accounts of the system have a
// home that is not meant to exist.
func (a *Account) wantsHome(p *accountPlan) bool {
	return p.before == nil && a.createsHome() || a.CreateHome != nil && *a.CreateHome
}

// lookHome looks at what is at the home directory, if one may be made.
func (a *Account) lookHome(h Host, p *accountPlan) error {
	if !a.wantsHome(p) || h.Unknown("home") || h.Unknown("create_home") {
		return nil
	}
	home := string(p.after.Home)
	there, err := h.Lstat(home)
	if err != nil {
		return err
	}
	if there.Type == TypeFile || there.Type == TypeOther {
		return kind.NewProblem("home", kind.CodeInTheWay, "Something else is at the home directory",
			"%s is a %s and not a directory. Remove it, name another home, or set create_home to false.", home, there.Type.noun())
	}
	p.home = &there
	if p.before == nil && there.Type != TypeAbsent {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("home", kind.CodeHome, "The home directory exists already",
			"%s belongs to %s and is not changed. The files of the skeleton are not copied into it.", home, there.Owner))
	}
	return nil
}

// showHome says in the change whether the home directory is made.
func (a *Account) showHome(h Host, p *accountPlan) {
	c := &p.change
	if p.home != nil && a.CreateHome != nil {
		c.left = append(c.left, trait("create_home", nil, true))
		if p.before != nil {
			c.found = append(c.found, trait("create_home", nil, p.home.Type != TypeAbsent))
		}
	}
	if p.before == nil {
		if !h.Unknown("home") {
			c.After["home"] = p.after.Home
		}
		if !h.Unknown("create_home") {
			c.After["create_home"] = a.createsHome()
		}
		return
	}
	if p.home != nil {
		c.Before["create_home"], c.After["create_home"] = p.home.Type != TypeAbsent, true
	}
}

// newHome is a home directory that is made.
type newHome struct {
	path, skel string
	// above are missing directories to make first, the topmost first.
	above []string
	mode  int64
}

// planHome adds the home directory, those above it that are missing and the
// copies of the skeleton in it.
func (a *Account) planHome(ctx context.Context, h Host, p *accountPlan) error {
	if p.home == nil {
		return nil
	}
	if p.change.seen == nil {
		p.change.seen = map[string]any{}
	}
	p.change.seen["home directory"] = string(p.home.Type)
	if p.home.Type != TypeAbsent {
		return nil
	}
	at, err := h.Resolve(string(p.after.Home), false)
	if err != nil {
		return err
	}
	n := newHome{path: at, skel: "/etc/skel"}
	set, err := settings(ctx, h, "/etc/default/useradd", "=")
	if err != nil {
		return err
	}
	if set["SKEL"] != "" {
		n.skel = set["SKEL"]
	}
	if n.mode, err = homeMode(ctx, h); err != nil {
		return err
	}
	if err := n.planAbove(h, &p.change); err != nil {
		return err
	}
	p.makes = &n
	m := maker{h: h, c: &p.change, owner: Identity{p.after.UID, a.Name}, group: Identity{p.after.GID, p.after.GroupName}}
	m.make(at, Entry{Type: TypeDirectory, Mode: n.mode})
	skel, err := h.Lstat(n.skel)
	if err != nil || skel.Type != TypeDirectory {
		return err
	}
	return m.copy(ctx, n.skel, at)
}

// planAbove finds the directories above that are missing.
func (n *newHome) planAbove(h Host, c *Change) error {
	dir := path.Dir(n.path)
	above, err := h.Lstat(dir)
	var missing []string
	for err == nil && above.Type == TypeAbsent {
		missing = append([]string{dir}, missing...)
		dir = path.Dir(dir)
		above, err = h.Lstat(dir)
	}
	if err != nil {
		return err
	}
	if above.Type != TypeDirectory {
		return kind.NewProblem("home", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so nothing can be in it.", dir, above.Type.noun())
	}
	for _, p := range missing {
		if above, err = newborn(h, TypeDirectory, above); err != nil {
			return err
		}
		made := above
		c.Effects = append(c.Effects, Effect{Thing: kind.PathThing(p), Entry: &made})
		c.alongCreate(p, made)
	}
	n.above = missing
	return nil
}

func (c *Change) alongCreate(p string, made Entry) {
	if c.Along == nil {
		c.Along = &Along{}
	}
	c.Along.add(alongCreate(p, made))
}

// maker adds to a Change the effects of making a home directory.
type maker struct {
	h            Host
	c            *Change
	owner, group Identity
}

func (m *maker) make(p string, e Entry) {
	e.Owner, e.Group, e.Names = m.owner, m.group, 0
	m.c.Effects = append(m.c.Effects, Effect{Thing: kind.PathThing(p), Entry: &e})
	m.c.alongCreate(p, e)
}

// copy adds the effects of copying what is in a directory.
func (m *maker) copy(ctx context.Context, from, to string) error {
	names, err := m.h.ReadDir(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		src, dst := path.Join(from, name), path.Join(to, name)
		e, err := m.h.Lstat(src)
		if err != nil {
			return err
		}
		switch e.Type {
		case TypeFile:
			content, err := m.h.Read(ctx, src, shownContent)
			if err != nil {
				return err
			}
			e.Content = &content
		case TypeAbsent, TypeOther:
			continue
		}
		m.make(dst, e)
		if e.Type == TypeDirectory {
			if err := m.copy(ctx, src, dst); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeHome makes the home directory of an account that exists; useradd makes
// that of a new one. It is complete when it gets its name.
func (p *accountPlan) makeHome(ctx context.Context, h Host, u *User) error {
	if p.makes == nil || p.before == nil || u == nil {
		return nil
	}
	for _, dir := range p.makes.above {
		if err := h.EnsureDir(dir); err != nil {
			return err
		}
	}
	return h.CopyDir(ctx, p.makes.skel, p.makes.path, Meta{UID: &u.UID, GID: &u.GID, Mode: &p.makes.mode})
}
