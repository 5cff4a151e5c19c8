package accounts

import (
	"context"
	"path"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
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
func (a *Account) lookHome(h resource.Host, p *accountPlan) error {
	if !a.wantsHome(p) || h.Unknown("home") || h.Unknown("create_home") {
		return nil
	}
	home := string(p.after.Home)
	if p.moves != nil {
		home = p.moves.from // It is where it should be by then.
	}
	there, err := h.Lstat(home)
	if err != nil {
		return err
	}
	if there.Type == resource.TypeFile || there.Type == resource.TypeOther {
		return kind.NewProblem("home", kind.CodeInTheWay, "Something else is at the home directory",
			"%s is a %s and not a directory. Remove it, name another home, or set create_home to false.", home, there.Type.Noun())
	}
	p.home = &there
	if p.before == nil && there.Type != resource.TypeAbsent {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("home", kind.CodeHome, "The home directory exists already",
			"%s belongs to %s and is not changed. The files of the skeleton are not copied into it.", home, there.Owner))
	}
	return nil
}

// showHome says in the change whether the home directory is made.
func (a *Account) showHome(h resource.Host, p *accountPlan) {
	c := &p.change
	if p.home != nil && a.CreateHome != nil {
		c.Left = append(c.Left, resource.NewTrait("create_home", nil, true))
		if p.before != nil {
			c.Found = append(c.Found, resource.NewTrait("create_home", nil, p.home.Type != resource.TypeAbsent))
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
		c.Before["create_home"], c.After["create_home"] = p.home.Type != resource.TypeAbsent, true
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
func (a *Account) planHome(ctx context.Context, h resource.Host, p *accountPlan) error {
	if p.home == nil {
		return nil
	}
	p.change.See("home directory", string(p.home.Type))
	if p.home.Type != resource.TypeAbsent {
		return nil
	}
	at, err := h.Resolve(string(p.after.Home), false)
	if err != nil {
		return err
	}
	n := newHome{path: at, skel: "/etc/skel"}
	set, err := settings(ctx, h, useraddFile, "=")
	if err != nil {
		return err
	}
	if set["SKEL"] != "" {
		n.skel = set["SKEL"]
	}
	if a.Skeleton != nil {
		n.skel = string(*a.Skeleton)
		p.change.Uses = append(p.change.Uses, "skeleton")
	}
	if n.mode, err = homeMode(ctx, h); err != nil {
		return err
	}
	p.change.See("mode of a new home directory", n.mode)
	if err := n.planAbove(h, &p.change); err != nil {
		return err
	}
	p.makes = &n
	m := maker{h: h, c: &p.change, owner: resource.Identity{ID: p.after.UID, Name: a.Name}, group: resource.Identity{ID: p.after.GID, Name: p.after.GroupName}}
	m.make(at, resource.Entry{Type: resource.TypeDirectory, Mode: n.mode})
	skel, err := h.Lstat(n.skel)
	if err == nil && skel.Type != resource.TypeDirectory && a.Skeleton != nil {
		err = kind.NewProblem("skeleton", kind.CodeMissing, "There is no such directory",
			"%s is no directory on this machine, and no resource before this one makes it. Correct skeleton, or make it first.", n.skel)
	}
	if err != nil || skel.Type != resource.TypeDirectory {
		return err
	}
	return m.copy(ctx, n.skel, at)
}

// planAbove finds the directories above that are missing.
func (n *newHome) planAbove(h resource.Host, c *resource.Change) error {
	dir := path.Dir(n.path)
	above, err := h.Lstat(dir)
	var missing []string
	for err == nil && above.Type == resource.TypeAbsent {
		missing = append([]string{dir}, missing...)
		dir = path.Dir(dir)
		above, err = h.Lstat(dir)
	}
	if err != nil {
		return err
	}
	if above.Type != resource.TypeDirectory {
		return kind.NewProblem("home", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so nothing can be in it. Look at what is there, or name another path.", dir, above.Type.Noun())
	}
	for _, p := range missing {
		if above, err = resource.Newborn(h, resource.TypeDirectory, above); err != nil {
			return err
		}
		made := above
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(p), Entry: &made})
		c.AlongMade(p, made)
	}
	n.above = missing
	return nil
}

// maker adds to a Change the effects of making a home directory.
type maker struct {
	h            resource.Host
	c            *resource.Change
	owner, group resource.Identity
}

func (m *maker) make(p string, e resource.Entry) {
	e.Owner, e.Group, e.Names = m.owner, m.group, 0
	m.c.Effects = append(m.c.Effects, resource.Effect{Thing: kind.PathThing(p), Entry: &e})
	m.c.AlongMade(p, e)
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
		case resource.TypeFile:
			content, err := m.h.Read(ctx, src, resource.ShownContent)
			if err != nil {
				return err
			}
			e.Content = &content
		case resource.TypeAbsent, resource.TypeOther:
			continue
		}
		m.make(dst, e)
		if e.Type == resource.TypeDirectory {
			if err := m.copy(ctx, src, dst); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeHome makes the home directory of an account that exists; useradd makes
// that of a new one. It is complete when it gets its name.
func (p *accountPlan) makeHome(ctx context.Context, h resource.Host, u *resource.User) error {
	if p.makes == nil || p.before == nil || u == nil {
		return nil
	}
	for _, dir := range p.makes.above {
		if err := h.EnsureDir(dir); err != nil {
			return err
		}
	}
	return h.CopyDir(ctx, p.makes.skel, p.makes.path, resource.Meta{UID: &u.UID, GID: &u.GID, Mode: &p.makes.mode})
}
