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
	thing := kind.ThingOf(kind.GroupOf, name)
	e, ok := h.v.latest(thing)
	switch {
	case !ok:
		return h.m.accounts.group(name)
	case e.Group.Gone:
		return nil, nil
	case !e.Group.ofMember():
		return e.Group, nil
	}
	return h.groupOf(thing, name)
}

// groupOf is a group with the members that join and leave it. Accounts come in no order of
// each other, so that each of them says of itself alone what it changes.
func (h *planHost) groupOf(thing kind.Thing, name string) (*Group, error) {
	var members []*Group
	var whole *Group
	for e := range h.v.effects(thing) {
		if !e.Group.ofMember() {
			whole = e.Group
			break
		}
		members = append(members, e.Group)
	}
	if whole == nil {
		var err error
		if whole, err = h.m.accounts.group(name); err != nil || whole == nil {
			return nil, err
		}
	}
	if whole.Gone {
		return nil, nil
	}
	g := *whole
	g.Members = slices.Clone(whole.Members)
	for _, m := range slices.Backward(members) {
		if g.Members = slices.DeleteFunc(g.Members, func(n string) bool { return n == m.Leaves || n == m.Joins }); m.Joins != "" {
			g.Members = append(g.Members, m.Joins)
		}
	}
	return &g, nil
}

// ofMember reports whether a group is one of an effect on one of its members.
func (g *Group) ofMember() bool { return g.Joins != "" || g.Leaves != "" }

// LookupGID implements Reader.
func (h *planHost) LookupGID(id int64) (*Group, error) {
	if !h.v.accounts() {
		return h.m.accounts.gid(id)
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.GroupOf)) {
		g, err := h.LookupGroup(e.Group.Name)
		if err != nil || g != nil && g.GID == id {
			return g, err
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
		name := e.Group.Name
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
		g, err := h.LookupGroup(name)
		if err != nil {
			return nil, err
		}
		if g != nil && slices.Contains(g.Members, user) {
			names = append(names, name)
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
