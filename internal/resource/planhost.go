package resource

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// errPlanning is what every write gets while planning.
var errPlanning = errors.New("nothing is written while planning")

// planHost is the Host of a check. Reads look into the overlay first, for the
// effects of the actions that come before, and then at the machine. Writes fail
// with errPlanning.
type planHost struct {
	baseHost
	m *Machine
	v *view
	// at is what Resolve returned last. A kind asks for that path several times,
	// and a resolved path resolves to itself.
	at string
}

var _ Host = (*planHost)(nil)

// Resolve implements Reader.
func (h *planHost) Resolve(p string, follow bool) (string, error) {
	if p == h.at && !follow {
		return p, nil
	}
	got, err := resolve(p, follow, h.look)
	if err == nil {
		h.at = got
	}
	return got, explain("resolve", p, err)
}

func (h *planHost) look(p string) (seen, error) {
	if e, ok := h.planned(p); ok {
		return seen{e.Type, string(e.Target), e.Owner.ID}, nil
	}
	return h.m.look(p)
}

// planned returns what an earlier action makes of a resolved path. ok is false if
// none changes it. What is below something that will be no directory is Absent.
func (h *planHost) planned(p string) (Entry, bool) {
	if effects := h.v.effects(kind.PathThing(p)); len(effects) > 0 {
		return *effects[0].Entry, true
	}
	for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
		if effects := h.v.effects(kind.PathThing(dir)); len(effects) > 0 && effects[0].Entry.Type != Folder {
			return Entry{Type: Absent}, true
		}
	}
	return Entry{}, false
}

// Lstat implements Reader.
func (h *planHost) Lstat(p string) (Entry, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Entry{}, err
	}
	e, ok := h.planned(p)
	if !ok {
		if e, err = h.m.lstat(p); err != nil {
			return Entry{}, explain("look at", p, err)
		}
	}
	e.Content = nil
	return h.renamed(e)
}

// renamed gives the owner and group of an entry the names that they will have.
func (h *planHost) renamed(e Entry) (Entry, error) {
	if e.Type == Absent || !h.v.accounts() {
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

// Read implements Reader.
func (h *planHost) Read(ctx context.Context, p string, limit int64) (Content, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Content{}, err
	}
	for _, e := range h.v.effects(kind.PathThing(p)) {
		if c := e.Entry.Content; c != nil {
			return c.within(limit), nil
		}
	}
	c, err := h.m.read(ctx, p, limit)
	return c, explain("read", p, err)
}

// ReadDir implements Reader.
func (h *planHost) ReadDir(p string) ([]string, error) {
	p, err := h.Resolve(p, true)
	if err != nil {
		return nil, err
	}
	names, err := h.m.readDir(p)
	if err != nil && !absent(err) {
		return nil, explain("list", p, err)
	}
	for thing, e := range h.v.last(kind.ThingsIn(p)) {
		at, _ := thing.Path()
		dir, name := path.Split(at)
		if path.Clean(dir) != p {
			continue
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
		if e.Entry.Type != Absent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Refused implements Reader. If an earlier action changes the path, or something
// above it, the permissions of now do not count: they may be others by then.
func (h *planHost) Refused(p string, inFolder bool) error {
	if !h.changed(p) {
		return h.m.refused(p, inFolder)
	}
	if inFolder {
		return h.m.replaceable(p) // Whoever changes it unmounts nothing.
	}
	return nil
}

// changed reports whether an earlier action changes a path or something above it.
func (h *planHost) changed(p string) bool {
	for dir := p; dir != "/"; dir = path.Dir(dir) {
		if len(h.v.effects(kind.PathThing(dir))) > 0 {
			return true
		}
	}
	return false
}

// Writable implements Reader.
func (h *planHost) Writable(p string) error {
	if h.changed(p) {
		return nil
	}
	return h.m.writable(p)
}

// KernelFile implements Reader.
func (h *planHost) KernelFile(p string) bool { return kernelFS(p) != "" }

// Mounted implements Reader.
func (h *planHost) Mounted(p string) error { return h.m.unmounted(p) }

// LookupUser implements Reader.
func (h *planHost) LookupUser(name string) (*User, error) {
	if effects := h.v.effects(kind.ThingOf(kind.UserOf, name)); len(effects) > 0 {
		return present(effects[0].User), nil
	}
	return h.m.lookupUser(name)
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
	if len(h.v.effects(kind.ThingOf(kind.UserOf, u.Name))) > 0 {
		return nil, nil // It has another number by then, or is gone.
	}
	return u, nil
}

// LookupGroup implements Reader.
func (h *planHost) LookupGroup(name string) (*Group, error) {
	if effects := h.v.effects(kind.ThingOf(kind.GroupOf, name)); len(effects) > 0 {
		if effects[0].Group.Gone {
			return nil, nil
		}
		return effects[0].Group, nil
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
	if len(h.v.effects(kind.ThingOf(kind.GroupOf, g.Name))) > 0 {
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

// The writes, all refused.

func (*planHost) Begin(Change) error { return errPlanning }

func (*planHost) Replace(context.Context, string, NewFile) error { return errPlanning }

func (*planHost) Mkdir(string, Meta) error { return errPlanning }

func (*planHost) EnsureDir(string) error { return errPlanning }

func (*planHost) CopyDir(context.Context, string, string, Meta) error { return errPlanning }

func (*planHost) SetMeta(string, Meta) error { return errPlanning }

func (*planHost) SetBelow(string, string, Meta) error { return errPlanning }

func (*planHost) Remove(string) error { return errPlanning }

func (*planHost) SetAside(string, string) error { return errPlanning }

func (*planHost) RemoveTree(context.Context, string) error { return errPlanning }

func (*planHost) Run(context.Context, Tool) error { return errPlanning }
