package resource

import (
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// noID is the number that the system takes for "leave it as it is".
const noID = 1<<32 - 1

func noNumber(attr, s string) error {
	return kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad number", "%s is %s, which belongs to nobody on any system.", attr, s)
}

// UserIdentity returns the user that a name or a number stands for. If several
// names have one number, the first in /etc/passwd counts, as for ls(1).
func UserIdentity(h Host, attr, s string) (*Identity, error) {
	of := func(u *User, err error) (*Identity, error) {
		if u == nil {
			return nil, err
		}
		return &Identity{ID: u.UID, Name: u.Name}, err
	}
	return identity(attr, s,
		func() (*Identity, error) { return of(h.LookupUser(s)) },
		func(id int64) (*Identity, error) { return of(h.LookupUID(id)) },
		kind.NewProblem(attr, kind.CodeNoUser, "No such user", "There is no user %q on this machine, and no resource before this one makes it. Correct the name, or make it first with the kind user.", s))
}

// GroupIdentity is UserIdentity for groups.
func GroupIdentity(h Host, attr, s string) (*Identity, error) {
	of := func(g *Group, err error) (*Identity, error) {
		if g == nil {
			return nil, err
		}
		return &Identity{ID: g.GID, Name: g.Name}, err
	}
	return identity(attr, s,
		func() (*Identity, error) { return of(h.LookupGroup(s)) },
		func(id int64) (*Identity, error) { return of(h.LookupGID(id)) },
		kind.NewProblem(attr, kind.CodeNoGroup, "No such group", "There is no group %q on this machine, and no resource before this one makes it. Correct the name, or make it first with the kind group.", s))
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

// Empty reports whether nothing is to be given.
func (m Meta) Empty() bool {
	return m.UID == nil && m.GID == nil && m.Mode == nil && len(m.Attributes) == 0
}

// Newborn returns the owner, group and mode that this user's new file, directory or link
// has by itself; the mode of a link counts for nothing. parent is the directory that it is made in.
func Newborn(h Host, typ EntryType, parent Entry) (Entry, error) {
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

// isNumber reports whether an owner, a group or a key of getent is given by its number.
func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}
