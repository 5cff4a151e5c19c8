package accounts

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// planTools chooses the programs that make the change.
func (a *Account) planTools(p *accountPlan) {
	if p.before == nil {
		p.tools = append(p.tools, resource.Tool{Argv: a.useradd(p), Explain: explainAccount})
	} else if argv := a.usermod(p); len(argv) > 3 {
		p.tools = append(p.tools, resource.Tool{Argv: argv, Explain: explainAccount})
	}
	was := &resource.Shadow{Password: resource.Empty, Marks: 1} // What useradd makes.
	if p.before != nil {
		was = p.before.Shadow
	}
	if was != nil && p.after.Shadow != nil {
		p.tools = append(p.tools, a.passwordTools(*was, *p.after.Shadow)...)
		ages := &was.Ages
		if p.before == nil {
			ages = nil // They are what /etc/login.defs has.
		}
		p.tools = append(p.tools, a.ageTools(ages, p.after.Shadow.Ages)...)
	}
}

func (a *Account) useradd(p *accountPlan) []string {
	argv, u := []string{"useradd"}, p.after
	if a.System {
		argv = append(argv, "-r")
	}
	if a.UID != nil {
		argv = append(argv, "-u", strconv.FormatInt(*a.UID, 10))
	}
	if p.newGroup {
		argv = append(argv, "-U")
	} else {
		argv = append(argv, "-g", groupArg(u))
	}
	if len(p.groupsAfter) > 0 {
		argv = append(argv, "-G", strings.Join(p.groupsAfter, ","))
	}
	argv = append(argv, "-d", string(u.Home))
	if a.createsHome() {
		argv = append(argv, "-m")
		if a.Skeleton != nil {
			argv = append(argv, "-k", string(*a.Skeleton))
		}
	} else {
		argv = append(argv, "-M")
	}
	if a.Shell != nil {
		argv = append(argv, "-s", string(u.Shell))
	}
	if a.Comment != nil {
		argv = append(argv, "-c", string(u.Comment))
	}
	if u.Shadow != nil && u.Shadow.Expires != "" {
		argv = append(argv, "-e", u.Shadow.Expires)
	}
	return append(argv, "--", a.Name)
}

func (a *Account) usermod(p *accountPlan) []string {
	argv, was, is := []string{"usermod"}, p.before, p.after
	if was.UID != is.UID {
		argv = append(argv, "-u", strconv.FormatInt(is.UID, 10))
	}
	if was.GID != is.GID || is.GID < 0 {
		argv = append(argv, "-g", groupArg(is))
	}
	if !slices.Equal(p.groupsBefore, p.groupsAfter) {
		argv = append(argv, "-G", strings.Join(p.groupsAfter, ","))
	}
	if string(was.Home) != string(is.Home) {
		argv = append(argv, "-d", string(is.Home))
	}
	if string(was.Shell) != string(is.Shell) {
		argv = append(argv, "-s", string(is.Shell))
	}
	if string(was.Comment) != string(is.Comment) {
		argv = append(argv, "-c", string(is.Comment))
	}
	if was.Shadow != nil && is.Shadow != nil && was.Shadow.Expires != is.Shadow.Expires {
		argv = append(argv, "-e", is.Shadow.Expires)
	}
	return append(argv, "--", a.Name)
}

// planEffects says what others see of the account before it is made.
func (a *Account) planEffects(ctx context.Context, h resource.Host, p *accountPlan) error {
	c := &p.change
	c.Effects = []resource.Effect{{Thing: kind.ThingOf(kind.UserOf, a.Name), User: p.after}}
	if p.newGroup {
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.ThingOf(kind.GroupOf, a.Name), Group: &resource.Group{Name: a.Name, GID: -1}})
	}
	for _, name := range p.groupsBefore {
		if !slices.Contains(p.groupsAfter, name) {
			if err := leaveGroup(h, c, name, a.Name); err != nil {
				return err
			}
		}
	}
	for _, name := range p.groupsAfter {
		if slices.Contains(p.groupsBefore, name) {
			continue
		}
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.ThingOf(kind.GroupOf, name), Group: &resource.Group{Name: name, Joins: a.Name}})
	}
	if err := p.showMove(ctx, h); err != nil {
		return err
	}
	if err := a.planHome(ctx, h, p); err != nil {
		return err
	}
	return a.showKeyMade(h, p)
}

// leaveGroup adds the effect that a group loses a member.
func leaveGroup(h resource.Host, c *resource.Change, name, user string) error {
	g, err := h.LookupGroup(name)
	if err != nil || g == nil {
		return err
	}
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.ThingOf(kind.GroupOf, name), Group: &resource.Group{Name: name, Leaves: user}})
	return nil
}

// groupArg is the primary group as the programs take it.
func groupArg(u *resource.User) string {
	if u.GID >= 0 {
		return strconv.FormatInt(u.GID, 10)
	}
	return u.GroupName
}
