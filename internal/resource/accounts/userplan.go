package accounts

import (
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// accountPlan is a Change of an account and the programs that make it.
type accountPlan struct {
	change resource.Change
	tools  []resource.Tool
	// before is nil for a new account. after is what it becomes.
	before, after *resource.User
	groupsBefore  []string
	groupsAfter   []string
	// newGroup is set if a new account gets a new group of its own name.
	newGroup bool
	// home is what is at the home directory, if one may be made there. makes is
	// the home that is made.
	home  *resource.Entry
	makes *newHome
	// removes is the home directory that goes with the account, moves the one that gets
	// another path.
	removes string
	moves   *homeMove
	// key is the key of ssh, if the block asks for one.
	key *keyPlan
}

func (a *Account) plan(ctx context.Context, h resource.Host) (accountPlan, error) {
	if err := resource.FirstProblem(h, a.Validate()); err != nil {
		return accountPlan{}, err
	}
	p := accountPlan{change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.ThingOf(kind.UserOf, a.Name)}}}
	var err error
	if p.before, err = h.LookupAccount(a.Name); err != nil {
		return p, err
	}
	if p.groupsBefore, err = h.GroupsOf(a.Name); err != nil {
		return p, err
	}
	if p.before != nil && a.UpdatePassword == updateOnCreate {
		kept := *a
		kept.PasswordHash, a = nil, &kept // It counts for a new account alone.
	}
	if a.State == "absent" {
		err = a.planAbsent(ctx, h, &p)
		p.foreseeTools(h)
		return p, err
	}
	if err := a.planAfter(ctx, h, &p); err != nil {
		return p, err
	}
	if err := a.planMove(h, &p); err != nil {
		return p, err
	}
	if err := a.lookHome(h, &p); err != nil {
		return p, err
	}
	if err := a.planKey(ctx, h, &p); err != nil {
		return p, err
	}
	a.show(h, &p)
	if p.change.Op == resource.NoOp {
		return p, nil
	}
	if err := changeable(h, p.files()...); err != nil {
		return p, err
	}
	if err := a.planEffects(ctx, h, &p); err != nil {
		return p, err
	}
	a.planTools(&p)
	p.foreseeTools(h)
	if p.newGroup {
		p.change.Keep().Along = append(p.change.Keep().Along, kind.ThingOf(kind.GroupOf, a.Name))
	}
	if p.makes != nil && p.before == nil && a.RemoveHome {
		p.change.Keep().Along = append(p.change.Keep().Along, kind.PathThing(p.makes.path))
	}
	return p, nil
}

// foreseeTools warns of a program that is not there.
func (p *accountPlan) foreseeTools(h resource.Host) {
	var argvs [][]string
	for _, t := range p.tools {
		argvs = append(argvs, t.Argv)
	}
	foreseeTools(h, &p.change, argvs, nil)
}

func (a *Account) planAbsent(ctx context.Context, h resource.Host, p *accountPlan) error {
	p.change.Found, p.change.Left = a.traits(p.before, p.groupsBefore), a.traits(nil, nil)
	if p.before == nil {
		return a.planGroupLeft(ctx, h, p)
	}
	c, u := &p.change, p.before
	c.Op = resource.Delete
	c.Before = map[string]any{"name": a.Name, "uid": u.UID, "home": u.Home}
	c.Effects = []resource.Effect{{Thing: kind.ThingOf(kind.UserOf, a.Name), User: &resource.User{Name: a.Name, Gone: true, UID: u.UID, GID: u.GID}}}
	for _, name := range p.groupsBefore {
		if err := leaveGroup(h, c, name, a.Name); err != nil {
			return err
		}
	}
	p.tools = []resource.Tool{{Argv: []string{"userdel", "--", a.Name}, Explain: explainAccount}}
	if err := a.planOwnGroupGone(ctx, h, p); err != nil {
		return err
	}
	switch {
	case a.ends != nil:
		if err := a.planEnd(ctx, h, p); err != nil {
			return err
		}
	case a.RemoveHome || a.Force:
		if err := a.planLeaving(ctx, h, p); err != nil {
			return err
		}
	}
	return changeable(h, p.files()...)
}

// files are those that the change writes.
func (p *accountPlan) files() []string {
	if p.newGroup || p.change.Op == resource.Delete || !slices.Equal(p.groupsBefore, p.groupsAfter) {
		return slices.Concat(accountFiles, groupFiles)
	}
	return accountFiles
}

// planAfter works out what the account becomes.
func (a *Account) planAfter(ctx context.Context, h resource.Host, p *accountPlan) error {
	u := resource.User{Name: a.Name, UID: -1, GID: -1}
	if p.before != nil {
		u = *p.before
	} else if err := a.defaults(ctx, h, &u); err != nil {
		return err
	}
	p.after = &u
	if err := a.planNumbers(h, p); err != nil {
		return err
	}
	if a.Comment != nil {
		u.Comment = *a.Comment
	}
	if a.Home != nil {
		u.Home = *a.Home
	}
	if a.Shell != nil {
		u.Shell = *a.Shell
	}
	if err := a.planGroups(h, p); err != nil {
		return err
	}
	return a.planShadow(h, p)
}

func (a *Account) planNumbers(h resource.Host, p *accountPlan) error {
	u := p.after
	if a.UID != nil {
		holder, err := h.LookupUID(*a.UID)
		if err != nil {
			return err
		}
		if holder != nil && holder.Name != a.Name {
			return kind.NewProblem("uid", kind.CodeUIDTaken, "The number is taken", "uid %d belongs to %s on this machine. Choose another, or leave uid out.", *a.UID, holder.Name)
		}
		u.UID = *a.UID
	}
	if a.Group == nil {
		return a.planOwnGroup(h, p)
	}
	g, err := resource.GroupIdentity(h, "group", *a.Group)
	if err != nil {
		return err
	}
	u.GID, u.GroupName = g.ID, g.Name
	return nil
}

// planOwnGroup gives a new account the group of its own name: a run that was
// cut short may have made it already.
func (a *Account) planOwnGroup(h resource.Host, p *accountPlan) error {
	if p.before != nil || h.Unknown("group") {
		return nil
	}
	own, err := h.LookupGroup(a.Name)
	if err != nil {
		return err
	}
	p.after.GroupName, p.newGroup = a.Name, own == nil
	if own != nil {
		p.after.GID = own.GID
	}
	return nil
}

func (a *Account) planGroups(h resource.Host, p *accountPlan) error {
	p.groupsAfter = p.groupsBefore
	if a.Groups == nil {
		return nil
	}
	for _, name := range a.Groups {
		g, err := h.LookupGroup(name)
		if err != nil {
			return err
		}
		if g == nil {
			return kind.NewProblem("groups", kind.CodeNoGroup, "No such group", "There is no group %q on this machine, and no resource before this one makes it. Correct the name, or make it first with the kind group.", name)
		}
	}
	p.groupsAfter = a.sortedGroups(p.groupsBefore)
	return nil
}

// Thing implements Resource.
func (a *Account) Thing() kind.Thing { return resource.Accounts }

// Check implements Resource.
func (a *Account) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := a.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (a *Account) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := a.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	if p.removes != "" {
		if err := h.RemoveTree(ctx, p.removes); err != nil {
			return resource.Change{}, resource.OfArgument("remove_home", err)
		}
	}
	if err := p.moves.move(h); err != nil {
		return resource.Change{}, err
	}
	for _, t := range p.tools {
		if err := h.Run(ctx, t); err != nil {
			if u, looked := h.LookupUser(a.Name); p.moves != nil && looked == nil && u != nil && u.Home == p.before.Home {
				err = p.moves.undo(h, err)
			}
			return resource.Change{}, err
		}
	}
	if p.change.Op != resource.Delete {
		u, err := h.LookupUser(a.Name)
		if err == nil {
			err = p.makeHome(ctx, h, u)
		}
		if u != nil && p.change.Op != resource.NoOp && err == nil {
			p.change.Results = accountResults(*u)
			err = a.makeKey(ctx, h, &p, u)
		}
		if err != nil {
			return resource.Change{}, err
		}
		if u != nil {
			if p.after.UID < 0 {
				p.change.Left = append(p.change.Left, resource.NewTrait("uid", nil, u.UID))
			}
		}
	}
	return p.change, nil
}
