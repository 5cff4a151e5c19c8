package accounts

import (
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Thing implements Resource.
func (g *Group) Thing() kind.Thing { return resource.Accounts }

// End implements Resource.
func (g *Group) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(g.claimed(), "name"), nil
	}
	return &Group{groupArgs{Name: g.Name, State: "absent"}}, nil
}

func (g *Group) claimed() kind.Thing { return kind.ThingOf(kind.GroupOf, g.Name) }

// Check implements Resource.
func (g *Group) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	return g.plan(h)
}

// Apply implements Resource.
func (g *Group) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	was, err := h.LookupGroup(g.Name)
	if err != nil {
		return resource.Change{}, err
	}
	c, err := g.plan(h)
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil && c.Op != resource.NoOp {
		err = g.run(ctx, h, c.Op, was)
	}
	if err != nil || c.Op == resource.Delete {
		return c, err
	}
	made, err := h.LookupGroup(g.Name)
	if err == nil && made != nil {
		c.Results, c.Left = groupResult(*made), g.traits(made)
	}
	return c, err
}

func (g *Group) plan(h resource.Host) (resource.Change, error) {
	c := resource.Change{Op: resource.NoOp, Writes: []kind.Thing{g.claimed()}}
	if err := resource.FirstProblem(h, g.Validate()); err != nil {
		return c, err
	}
	now, err := h.LookupGroup(g.Name)
	if err != nil {
		return c, err
	}
	if g.State == "absent" {
		err = g.planAbsent(h, &c, now)
	} else {
		err = g.planPresent(h, &c, now)
	}
	if err != nil || c.Op == resource.NoOp {
		return c, err
	}
	if now != nil && now.Elsewhere {
		return c, kind.NewProblem("name", kind.CodeGroupElsewhere, "The group is kept elsewhere",
			"The group %s is not in /etc/group: another source that nsswitch.conf names has it, such as LDAP. Change it there, or remove this block.", g.Name)
	}
	if err := changeable(h, groupFiles...); err != nil {
		return c, err
	}
	shadow, busybox := g.chosen(c.Op, now)
	if len(shadow) == 0 && g.Members != nil && now != nil {
		shadow, busybox = g.memberTools(sorted(now.Members))
	}
	foreseeTools(h, &c, shadow, busybox)
	return c, nil
}

func (g *Group) planAbsent(h resource.Host, c *resource.Change, now *resource.Group) error {
	c.Found, c.Left = g.traits(now), g.traits(nil)
	if now == nil {
		return nil
	}
	c.Op, c.Before = resource.Delete, map[string]any{"name": g.Name, "gid": now.GID}
	c.Effects = []resource.Effect{{Thing: g.claimed(), Group: &resource.Group{Name: g.Name, Gone: true, GID: now.GID}}}
	users, err := h.PrimaryOf(now.GID)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return kind.NewProblem("name", kind.CodeGroupBusy, "The group is in use",
			"%s is the primary group of %s, so it cannot be removed. Remove these accounts or give them another group first; if blocks of this configuration do that, name them in depends_on.", g.Name, prose.List(users, 5))
	}
	if len(now.Members) > 0 {
		c.Warnings = append(c.Warnings, *kind.NewProblem("name", kind.CodeGroupMembers, "The group has members",
			"%s lose what the group %s may do when it is removed.", prose.List(now.Members, 5), g.Name))
	}
	return nil
}

func (g *Group) planPresent(h resource.Host, c *resource.Change, now *resource.Group) error {
	will := resource.Group{Name: g.Name, GID: -1}
	if now != nil {
		will = *now
	}
	if g.GID != nil {
		holder, err := h.LookupGID(*g.GID)
		if err != nil {
			return err
		}
		if holder != nil && holder.Name != g.Name {
			return kind.NewProblem("gid", kind.CodeGIDTaken, "The number is taken", "gid %d belongs to the group %s on this machine. Choose another, or leave gid out.", *g.GID, holder.Name)
		}
		will.GID = *g.GID
	}
	if h.Unknown("gid") {
		will.GID = -1
	}
	if err := g.planMembers(h, c, &will); err != nil {
		return err
	}
	c.After, c.Results = g.attrs(will), groupResult(will)
	c.Found, c.Left = g.traits(now), g.traits(&will)
	if now == nil {
		c.Op = resource.Create
		if g.System {
			c.Uses = []string{"system"}
		}
	} else {
		c.Before = g.attrs(*now)
		if !resource.SameValues(c.Before, c.After) || h.Unknown("gid") || h.Unknown("members") {
			c.Op = resource.Update
		}
	}
	c.Effects = []resource.Effect{{Thing: g.claimed(), Group: &will}}
	if g.Append && now != nil && len(will.Members) != len(now.Members) {
		c.Uses = append(c.Uses, "append")
	}
	if c.Op == resource.Update && (now.GID != will.GID || will.GID < 0) {
		return g.renumber(h, c, now, will.GID)
	}
	return nil
}

// planMembers works out who is in the group.
func (g *Group) planMembers(h resource.Host, c *resource.Change, will *resource.Group) error {
	if g.Members == nil {
		return nil
	}
	c.See("members", append([]string{}, sorted(will.Members)...))
	for _, name := range g.Members {
		if u, err := h.LookupUser(name); err != nil {
			return err
		} else if u == nil {
			return kind.NewProblem("members", kind.CodeNoUser, "No such user", "There is no account %q on this machine, and no resource before this one makes it. If a resource user of this configuration does, and that names this group, say there that the account is in it: take it out of members.", name)
		}
	}
	want := g.Members
	if g.Append {
		want = append(slices.Clone(g.Members), will.Members...)
	}
	if want = sorted(want); !slices.Equal(want, sorted(will.Members)) {
		will.Members = want
	}
	return nil
}

// renumber says whom another number reaches, and whom it does not: groupmod gives it to
// the accounts whose primary group it is, and files keep the old one.
func (g *Group) renumber(h resource.Host, c *resource.Change, now *resource.Group, gid int64) error {
	users, err := h.PrimaryOf(now.GID)
	if err != nil {
		return err
	}
	c.See("accounts", append([]string{}, users...))
	too := ""
	for _, name := range users {
		u, err := h.LookupAccount(name)
		if err != nil {
			return err
		}
		if u == nil {
			continue
		}
		moved := *u
		moved.GID, moved.GroupName = gid, g.Name
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.ThingOf(kind.UserOf, name), User: &moved})
	}
	if len(users) > 0 {
		too = " " + prose.List(users, 5) + " get the new number as that of their primary group."
	}
	c.Warnings = append(c.Warnings, *kind.NewProblem("gid", kind.CodeGroupFiles, "Files keep the old number",
		"Files that belong to %s keep the number %d, which no group has then, and which the next new group may get.%s Give such files the group again, with resources that set group.", g.Name, now.GID, kind.Rule(too)))
	return nil
}

// attrs are what the block manages of a group.
func (g *Group) attrs(is resource.Group) map[string]any {
	out := map[string]any{"name": g.Name}
	if g.GID != nil {
		out["gid"] = is.GID
	}
	if g.Members != nil {
		out["members"] = append([]string{}, sorted(is.Members)...)
	}
	return out
}

// traits are those of a group; nil is one that is not there.
func (g *Group) traits(is *resource.Group) []resource.Trait {
	if is == nil {
		return []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(resource.TypeAbsent))}
	}
	out := []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, "group")}
	if g.GID != nil || is.GID >= 0 { // by its number a group is told from a later one of its name
		out = append(out, resource.NewTrait("gid", nil, is.GID))
	}
	if g.Members != nil {
		out = append(out, namesTrait("members", g.Members, g.Append, is.Members))
	}
	return out
}

// groupResult is the computed result, if it is known.
func groupResult(is resource.Group) map[string]any {
	if is.GID < 0 {
		return map[string]any{}
	}
	return map[string]any{"gid": is.GID}
}
