package accounts

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (a *Account) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(kind.ThingOf(kind.UserOf, a.Name), "name"), nil
	}
	gone := Account{userArgs: userArgs{Name: a.Name, State: "absent", RemoveHome: a.RemoveHome}, ends: &e.Kept}
	return &gone, nil
}

// planEnd looks whether an account may go, and says what stays.
func (a *Account) planEnd(ctx context.Context, h resource.Host, p *accountPlan) error {
	if err := rootOnly(h); err != nil {
		return err
	}
	if err := a.notBusy(h, p.before, "removed"); err != nil {
		return err
	}
	home, err := h.Resolve(path.Clean("/"+string(p.before.Home)), false)
	if err == nil && a.RemoveHome && a.ends.Made(kind.PathThing(home)) {
		return a.planHomeGone(ctx, h, p)
	}
	if string(p.before.Home) != "" {
		home, err := h.Lstat(string(p.before.Home))
		if err == nil && home.Type == resource.TypeDirectory {
			p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("name", kind.CodeHome, "The home directory stays",
				"%s is not removed with the account, and belongs to the number %d from then on, which the next new account may get. Remove it by hand, or with a resource directory, if it should go.", p.before.Home, p.before.UID))
		}
	}
	return nil
}

// planLeaving looks whether an account may go that the block wants gone, with its home if the
// block says so.
func (a *Account) planLeaving(ctx context.Context, h resource.Host, p *accountPlan) error {
	if err := rootOnly(h); err != nil {
		return err
	}
	running, err := h.ProcessesOf(p.before.UID)
	if err != nil {
		return err
	}
	switch {
	case len(running) == 0:
	case !a.Force || connects(running):
		return a.inUse(running, "removed")
	default:
		if err := a.planForced(h, p, running); err != nil {
			return err
		}
	}
	if a.RemoveHome {
		return a.planHomeGone(ctx, h, p)
	}
	return nil
}

// planForced plans that an account goes under which programs run. userdel would then also
// remove a group of its name that is the primary one of others.
func (a *Account) planForced(h resource.Host, p *accountPlan, running []resource.Process) error {
	own, err := h.LookupGroup(a.Name)
	if err != nil {
		return err
	}
	if own != nil {
		users, err := h.PrimaryOf(own.GID)
		if err != nil {
			return err
		}
		users = slices.DeleteFunc(users, func(name string) bool { return name == a.Name })
		if len(users) > 0 {
			return kind.NewProblem("force", kind.CodeGroupBusy, "The group of its name is in use",
				"Programs run under %s, and a forced userdel would remove the group %s with the account, which is the primary group of %s. Stop the programs, or give these accounts another group first.", a.Name, a.Name, prose.List(users, 5))
		}
	}
	p.tools[0].Argv = []string{"userdel", "-f", "--", a.Name}
	p.change.Uses = append(p.change.Uses, "force")
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("force", kind.CodeUserBusy, "Programs go on running",
		"Under %s run %s. They go on under the number %d, which the next new account may get. End them.", a.Name, prose.List(named(running), 5), p.before.UID))
	return nil
}

// planOwnGroupGone works out what becomes of the group of the account's name. userdel
// removes it if USERGROUPS_ENAB says so. One that was made with the account goes in any
// case. It stays if somebody else is in it.
func (a *Account) planOwnGroupGone(ctx context.Context, h resource.Host, p *accountPlan) error {
	own, err := h.LookupGroup(a.Name)
	if err != nil || own == nil || len(own.Members) > 0 || p.before != nil && own.GID != p.before.GID {
		return err
	}
	users, err := h.PrimaryOf(own.GID)
	if err != nil || slices.ContainsFunc(users, func(name string) bool { return name != a.Name }) {
		return err
	}
	set, err := settings(ctx, h, loginDefs, " ")
	if err != nil {
		return err
	}
	group := kind.ThingOf(kind.GroupOf, a.Name)
	made := a.ends != nil && a.ends.Made(group)
	along := p.before != nil && strings.EqualFold(set["USERGROUPS_ENAB"], "yes")
	if !along && !made {
		return nil
	}
	if a.ends != nil && !made {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("name", kind.CodeGroupGoes, "The group goes along",
			"userdel removes the group %s together with the account, as USERGROUPS_ENAB in /etc/login.defs says, though it was there before. Make it again if it is needed.", a.Name))
	}
	p.change.Effects = append(p.change.Effects, resource.Effect{Thing: group, Group: &resource.Group{Name: a.Name, Gone: true, GID: own.GID}})
	if !along {
		p.tools = append(p.tools, resource.Tool{Argv: []string{"groupdel", "--", a.Name}, Explain: explainGroup})
	}
	return nil
}

// planGroupLeft plans that the group goes which an end that was cut short has left.
func (a *Account) planGroupLeft(ctx context.Context, h resource.Host, p *accountPlan) error {
	if a.ends == nil || !a.ends.Made(kind.ThingOf(kind.GroupOf, a.Name)) {
		return nil
	}
	if err := a.planOwnGroupGone(ctx, h, p); err != nil || len(p.tools) == 0 {
		return err
	}
	p.change.Op, p.change.Before = resource.Delete, map[string]any{"name": a.Name}
	return changeable(h, groupFiles...)
}
