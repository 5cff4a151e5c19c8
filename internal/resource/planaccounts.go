package resource

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// LookupUser implements Reader.
func (h *planHost) LookupUser(name string) (*User, error) {
	if e, ok := h.v.latest(kind.ThingOf(kind.UserOf, name)); ok {
		return present(e.User), nil
	}
	return h.m.accounts.user(name)
}

// LookupAccount implements Reader.
func (h *planHost) LookupAccount(name string) (*User, error) {
	if e, ok := h.v.latest(kind.ThingOf(kind.UserOf, name)); ok {
		return present(e.User), nil
	}
	return h.m.accounts.account(name)
}

// present is u unless it says that there is none.
func present(u *User) *User {
	if u == nil || u.Gone {
		return nil
	}
	return u
}

// LookupUID implements Reader.
func (h *planHost) LookupUID(id int64) (*User, error) {
	if !h.v.accounts() {
		return h.m.accounts.uid(id)
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.UserOf)) {
		if u := present(e.User); u != nil && u.UID == id {
			return u, nil
		}
	}
	u, err := h.m.accounts.uid(id)
	if err != nil || u == nil {
		return nil, err
	}
	if _, ok := h.v.latest(kind.ThingOf(kind.UserOf, u.Name)); ok {
		return nil, nil // It has another number by then, or is gone.
	}
	return u, nil
}

// LookupGroup implements Reader.
func (h *planHost) LookupGroup(name string) (*Group, error) {
	if e, ok := h.v.latest(kind.ThingOf(kind.GroupOf, name)); ok {
		if e.Group.Gone {
			return nil, nil
		}
		return e.Group, nil
	}
	return h.m.accounts.group(name)
}

// LookupGID implements Reader.
func (h *planHost) LookupGID(id int64) (*Group, error) {
	if !h.v.accounts() {
		return h.m.accounts.gid(id)
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.GroupOf)) {
		if g := e.Group; !g.Gone && g.GID == id {
			return g, nil
		}
	}
	g, err := h.m.accounts.gid(id)
	if err != nil || g == nil {
		return nil, err
	}
	if _, ok := h.v.latest(kind.ThingOf(kind.GroupOf, g.Name)); ok {
		return nil, nil
	}
	return g, nil
}

// GroupsOf implements Reader.
func (h *planHost) GroupsOf(user string) ([]string, error) {
	names, err := h.m.accounts.groupsOf(user)
	if err != nil {
		return nil, err
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.GroupOf)) {
		g := e.Group
		names = slices.DeleteFunc(names, func(n string) bool { return n == g.Name })
		if !g.Gone && slices.Contains(g.Members, user) {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// PrimaryOf implements Reader.
func (h *planHost) PrimaryOf(gid int64) ([]string, error) {
	names, err := h.m.accounts.primaryOf(gid)
	if err != nil {
		return nil, err
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.UserOf)) {
		names = slices.DeleteFunc(names, func(n string) bool { return n == e.User.Name })
		if !e.User.Gone && e.User.GID == gid {
			names = append(names, e.User.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// renamed gives the owner and group of an entry the names that they will have.
func (h *planHost) renamed(e Entry) (Entry, error) {
	if e.Type == TypeAbsent || !h.v.accounts() {
		return e, nil
	}
	if e.Owner.ID >= 0 {
		u, err := h.LookupUID(e.Owner.ID)
		if err != nil {
			return Entry{}, err
		}
		e.Owner.Name = ""
		if u != nil {
			e.Owner.Name = u.Name
		}
	}
	if e.Group.ID >= 0 {
		g, err := h.LookupGID(e.Group.ID)
		if err != nil {
			return Entry{}, err
		}
		e.Group.Name = ""
		if g != nil {
			e.Group.Name = g.Name
		}
	}
	return e, nil
}
