package resource

import (
	"path"
	"slices"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ownership is the owner, group and mode that a block asks for: names looked up,
// the mode parsed. A field that is nil is left as it is.
type ownership struct {
	owner, group *Identity
	mode         *permissions
	// unknown names those that will be known after apply.
	unknown []string
}

// ownershipOf resolves names and parses the mode.
func ownershipOf(h Host, owner, group, mode *string) (ownership, error) {
	var o ownership
	for _, attr := range []string{"owner", "group", "mode"} {
		if h.Unknown(attr) {
			o.unknown = append(o.unknown, attr)
		}
	}
	var err error
	if owner != nil {
		if o.owner, err = userIdentity(h, "owner", *owner); err != nil {
			return o, err
		}
	}
	if group != nil {
		if o.group, err = groupIdentity(h, "group", *group); err != nil {
			return o, err
		}
	}
	if mode != nil {
		p, err := parseMode(*mode)
		if err != nil {
			return o, err
		}
		o.mode = &p
	}
	return o, nil
}

// noID is the number that the system takes for "leave it as it is".
const noID = 1<<32 - 1

func noNumber(attr, s string) error {
	return kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad number", "%s is %s, which belongs to nobody on any system.", attr, s)
}

// userIdentity returns the user that a name or a number stands for. If several
// names have one number, the first in /etc/passwd counts, as for ls(1).
func userIdentity(h Host, attr, s string) (*Identity, error) {
	of := func(u *User, err error) (*Identity, error) {
		if u == nil {
			return nil, err
		}
		return &Identity{ID: u.UID, Name: u.Name}, err
	}
	return identity(attr, s,
		func() (*Identity, error) { return of(h.LookupUser(s)) },
		func(id int64) (*Identity, error) { return of(h.LookupUID(id)) },
		kind.NewProblem(attr, kind.CodeNoUser, "No such user", "There is no user %q on this machine, and no resource before this one makes it.", s))
}

// groupIdentity is userIdentity for groups.
func groupIdentity(h Host, attr, s string) (*Identity, error) {
	of := func(g *Group, err error) (*Identity, error) {
		if g == nil {
			return nil, err
		}
		return &Identity{ID: g.GID, Name: g.Name}, err
	}
	return identity(attr, s,
		func() (*Identity, error) { return of(h.LookupGroup(s)) },
		func(id int64) (*Identity, error) { return of(h.LookupGID(id)) },
		kind.NewProblem(attr, kind.CodeNoGroup, "No such group", "There is no group %q on this machine, and no resource before this one makes it.", s))
}

// identity returns what a name or a number stands for. The name of a number is
// looked up too, and may be missing; a name that is missing is the problem none.
func identity(attr, s string, byName func() (*Identity, error), byID func(int64) (*Identity, error), none *kind.Problem) (*Identity, error) {
	id, err := strconv.ParseUint(s, 10, 32)
	if err == nil && id == noID {
		return nil, noNumber(attr, s)
	}
	out := Identity{ID: int64(id)}
	if err != nil {
		named, err := byName()
		if err != nil {
			return nil, err
		}
		if named == nil {
			return nil, none
		}
		if named.ID < 0 {
			return &Identity{ID: -1, Name: s}, nil
		}
		out.ID = named.ID
	}
	known, err := byID(out.ID)
	if known != nil {
		out.Name = known.Name
	}
	return &out, err
}

// String is how an identity is shown: its name, or the number that has none.
func (i Identity) String() string {
	if i.Name != "" || i.ID < 0 {
		return i.Name
	}
	return strconv.FormatInt(i.ID, 10)
}

// on returns what an entry becomes with this ownership, and in Meta only what has
// to be changed for that.
func (o ownership) on(e Entry, dir bool) (Entry, Meta) {
	var m Meta
	if o.owner != nil && !o.owner.Same(e.Owner) {
		e.Owner = *o.owner
		m.UID = &e.Owner.ID
	}
	if o.group != nil && !o.group.Same(e.Group) {
		e.Group = *o.group
		m.GID = &e.Group.ID
	}
	mode := e.Mode
	if !dir {
		mode = withoutLent(mode, m)
	}
	if o.mode != nil {
		mode = o.mode.apply(mode, dir)
	}
	// A change of owner takes the special bits away, so they are given anew.
	if given := !m.empty() && mode&0o6000 != 0; mode != e.Mode || given {
		m.Mode = &mode
	}
	e.Mode = mode
	return e, m
}

// lost returns a warning if a change of owner takes away set-user-ID or
// set-group-ID.
func (o ownership) lost(p string, before, after Entry) []kind.Problem {
	if o.mode != nil || before.Type != TypeFile || before.Mode == after.Mode {
		return nil
	}
	return []kind.Problem{*kind.NewProblem("owner", kind.CodeSpecialBits, "Special permissions are cleared",
		"%s has the mode %s, which lends the rights of its present owner. With another owner the mode becomes %s. Set mode to give such permissions again.", p, formatMode(before.Mode), formatMode(after.Mode))}
}

// names returns the problem of otherNames, unless hard_links allows the change.
func (m Meta) names(h Host, p string, e Entry) error {
	if m.empty() || m.AllNames {
		return nil
	}
	return otherNames(h, p, e)
}

// otherNames returns the problem of a file with several names, one of which may
// come from somebody else, or nil; see strangeName.
func otherNames(h Host, p string, e Entry) error {
	if e.Names < 2 {
		return nil
	}
	parent, err := h.Lstat(path.Dir(p))
	if err == nil && strangeName(e.Names, e.Owner.ID, parent.Owner.ID, parent.Mode) {
		err = severalNames(p, e.Names)
	}
	return err
}

// show puts into attrs the owner, group and mode of an entry, as far as the block
// manages them. Those that are known only after the apply show before it, too.
func (o ownership) show(attrs map[string]any, e Entry, before bool) {
	if o.owner != nil || before && slices.Contains(o.unknown, "owner") {
		attrs["owner"] = e.Owner.String()
	}
	if o.group != nil || before && slices.Contains(o.unknown, "group") {
		attrs["group"] = e.Group.String()
	}
	if o.mode != nil || before && slices.Contains(o.unknown, "mode") {
		attrs["mode"] = formatMode(e.Mode)
	}
}

// allowed returns why this user may not give an entry this owner, group and mode,
// or nil. born is what the entry is before; see newborn for a new one.
func (m Meta) allowed(h Host, born Entry) error {
	uid, gids := h.Self()
	if uid == 0 {
		return nil
	}
	if m.UID != nil && *m.UID != uid {
		return kind.NewProblem("owner", kind.CodePermission, "Only root can give files away",
			"The agent runs as user %d and cannot change the owner. Use a context that runs as root.", uid)
	}
	if m.GID != nil && !slices.Contains(gids, *m.GID) {
		return kind.NewProblem("group", kind.CodePermission, "Only members can give files to a group",
			"The agent runs as user %d, who is not in the group. Use a context that runs as root.", uid)
	}
	if (m.Mode != nil || m.GID != nil) && born.Owner.ID != uid {
		return kind.NewProblem("mode", kind.CodePermission, "Only the owner can change permissions",
			"The agent runs as user %d, and the owner is %s. Use a context that runs as the owner or as root.", uid, born.Owner)
	}
	return nil
}

func (m Meta) empty() bool { return m.UID == nil && m.GID == nil && m.Mode == nil }

// newborn returns the owner, group and mode that this user's new file or directory
// has by itself. parent is the directory that it is made in.
func newborn(h Host, typ EntryType, parent Entry) (Entry, error) {
	uid, gids := h.Self()
	e := Entry{Type: typ, Owner: Identity{ID: uid}, Group: Identity{ID: gids[0]}, Mode: newFileMode}
	if typ == TypeDirectory {
		e.Mode = newDirMode | parent.Mode&0o2000
	}
	if u, err := h.LookupUID(uid); err != nil {
		return e, err
	} else if u != nil {
		e.Owner.Name = u.Name
	}
	if parent.Mode&0o2000 != 0 {
		e.Group = parent.Group
		return e, nil
	}
	g, err := h.LookupGID(gids[0])
	if g != nil {
		e.Group.Name = g.Name
	}
	return e, err
}
