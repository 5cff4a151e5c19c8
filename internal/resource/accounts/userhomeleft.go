package accounts

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// What an account has of its home directory goes only if nobody else can need it. So the
// directory is refused if it is not the account's own, if it stands directly below the root
// directory, as /root and /home do, if another account has its home there or below, if it is a
// link, or if something is mounted in it.

// ownHome looks at the home of an account that is to be removed or moved. The entry is Absent
// if there is none. argument says which of the block's arguments asks for that, done what is
// done: "removed" or "moved".
func (a *Account) ownHome(h resource.Host, argument, done string, u *resource.User) (at string, e resource.Entry, err error) {
	home := path.Clean("/" + string(u.Home))
	if e, err = h.Lstat(home); err != nil || e.Type == resource.TypeAbsent {
		return home, e, resource.OfArgument(argument, err)
	}
	if at, err = h.Resolve(home, false); err != nil {
		return at, e, resource.OfArgument(argument, err)
	}
	others, err := h.HomesIn(at)
	if err != nil {
		return at, e, err
	}
	others = slices.DeleteFunc(others, func(name string) bool { return name == a.Name })
	why := ""
	switch {
	case path.Dir(at) == "/":
		why = fmt.Sprintf("%s stands directly in the root directory, where things of the whole machine are", at)
	case e.Type == resource.TypeLink:
		why = fmt.Sprintf("%s is a link to %s", at, e.Target)
	case e.Type != resource.TypeDirectory:
		why = fmt.Sprintf("%s is a %s", at, e.Type.Noun())
	case e.Owner.ID != u.UID:
		why = fmt.Sprintf("%s belongs to %s and not to %s", at, e.Owner, a.Name)
	case len(others) > 0:
		why = fmt.Sprintf("%s has the home directory of %s in it", at, prose.List(others, 5))
	}
	if why != "" {
		return at, e, kind.NewProblem(argument, kind.CodeHomeStays, "The home directory may not be the account's own",
			"%s, so it is not %s. Do that by hand if it should be done, or leave %s out.", why, done, argument)
	}
	if err = h.Mounted(at); err == nil {
		err = h.Refused(at, true)
	}
	return at, e, resource.OfArgument(argument, err)
}

// planHomeGone plans that the home directory goes before the account does. An apply that was cut
// short finds by the account what is left of it.
func (a *Account) planHomeGone(ctx context.Context, h resource.Host, p *accountPlan) error {
	at, e, err := a.ownHome(h, "remove_home", "removed", p.before)
	if err != nil || e.Type == resource.TypeAbsent {
		return err
	}
	c := &p.change
	p.removes = at
	c.Uses = append(c.Uses, "remove_home")
	c.Along = &resource.Along{}
	c.Along.Add(resource.AlongDelete(at, e))
	all := resource.EntriesDigest{}
	all.Add("", e)
	if err := c.Along.AddInside(ctx, h, at, at, &all, nil); err != nil {
		return err
	}
	c.See("home directory", all.String())
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	return nil
}

// homeMove is a home directory that gets another path.
type homeMove struct {
	from, to string
	// above are missing directories to make first, the topmost first.
	above []string
}

// planMove plans that the home directory is renamed. One that is gone is no problem: an apply
// that was cut short has moved it.
func (a *Account) planMove(h resource.Host, p *accountPlan) error {
	if !a.MoveHome || p.before == nil || h.Unknown("home") || a.Home == nil || p.before.Home == p.after.Home {
		return nil
	}
	from, e, err := a.ownHome(h, "move_home", "moved", p.before)
	if err != nil || e.Type == resource.TypeAbsent {
		return err
	}
	to, err := h.Resolve(string(*a.Home), false)
	if err != nil {
		return err
	}
	there, err := h.Lstat(to)
	switch {
	case err != nil:
		return err
	case there.Type != resource.TypeAbsent:
		return kind.NewProblem("home", kind.CodeInTheWay, "Something is there already",
			"%s should be moved to %s, and a %s is there. Remove one of them, or leave move_home out.", from, to, there.Type.Noun())
	case strings.HasPrefix(to, from+"/"):
		return kind.NewProblem("home", kind.CodeInTheWay, "A directory cannot be moved into itself", "%s lies in %s, which should be moved there. Name another home.", to, from)
	}
	if err := a.notBusy(h, p.before, "moved"); err != nil {
		return err
	}
	p.moves = &homeMove{from: from, to: to}
	return nil
}

// showMove says what others see of a home that is moved. What files in it hold is known only
// after the apply.
func (p *accountPlan) showMove(ctx context.Context, h resource.Host) error {
	if p.moves == nil {
		return nil
	}
	c, m := &p.change, p.moves
	n := newHome{path: m.to}
	if err := n.planAbove(h, c); err != nil {
		return err
	}
	m.above = n.above
	c.Uses = append(c.Uses, "move_home")
	c.See("move", m.from+"\n"+m.to)
	put := func(at string, e resource.Entry) {
		e.Names = 0
		if e.Type == resource.TypeFile {
			e.Content = &resource.Content{Unknown: true}
		}
		if e.Owner.ID == p.before.UID {
			e.Owner.ID = p.after.UID
		}
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &e})
	}
	top, err := h.Lstat(m.from)
	if err != nil {
		return err
	}
	put(m.to, top)
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(m.from), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	return resource.Walk(ctx, h, m.from, "", func(rel string, e resource.Entry) error {
		if len(c.Effects) > resource.MaxInside {
			return kind.NewProblem("move_home", kind.CodeHomeStays, "Too much is in the home directory",
				"%s holds more than %d things, so that no plan could tell what is where after the move. Move it by hand, and leave move_home out.", m.from, resource.MaxInside)
		}
		put(path.Join(m.to, rel), e)
		return nil
	})
}

// move renames the home.
func (m *homeMove) move(h resource.Host) error {
	if m == nil {
		return nil
	}
	for _, dir := range m.above {
		if err := h.EnsureDir(dir); err != nil {
			return err
		}
	}
	return resource.OfArgument("move_home", h.Move(m.from, m.to))
}

// undo renames the home back, as the account does not get the new one, and returns why it does
// not: the problem says where the home is if that fails, too.
func (m *homeMove) undo(h resource.Host, why error) error {
	if err := h.Move(m.to, m.from); err != nil {
		return resource.Further(why, "The home directory was moved before that, and could not be moved back: it is at %s now, and the account says %s. Move it back by hand. The reason was: %s.", m.to, m.from, strings.TrimSuffix(err.Error(), "."))
	}
	return why
}
