package resource

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// accountPlan is a Change of an account and the programs that make it.
type accountPlan struct {
	change Change
	tools  []Tool
	// before is nil for a new account. after is what it becomes.
	before, after *User
	groupsBefore  []string
	groupsAfter   []string
	// newGroup is set where a new account gets a new group of its own name.
	newGroup bool
	// home is what is at the home directory, if one may be made there. makes is
	// the home that is made.
	home  *Entry
	makes *newHome
}

func (a *Account) plan(ctx context.Context, h Host) (accountPlan, error) {
	if err := first(h, a.Validate()); err != nil {
		return accountPlan{}, err
	}
	p := accountPlan{change: Change{Op: NoOp, Writes: []kind.Thing{kind.ThingOf(kind.UserOf, a.Name)}}}
	var err error
	if p.before, err = h.LookupUser(a.Name); err != nil {
		return p, err
	}
	if p.groupsBefore, err = h.GroupsOf(a.Name); err != nil {
		return p, err
	}
	if a.State == "absent" {
		return p, a.planAbsent(h, &p)
	}
	if err := a.planAfter(ctx, h, &p); err != nil {
		return p, err
	}
	if err := a.lookHome(h, &p); err != nil {
		return p, err
	}
	a.show(h, &p)
	if p.change.Op == NoOp {
		return p, nil
	}
	if err := rootOnly(h); err != nil {
		return p, err
	}
	if err := a.planEffects(ctx, h, &p); err != nil {
		return p, err
	}
	a.planTools(&p)
	return p, nil
}

func rootOnly(h Host) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("name", kind.CodePermission, "Only root can change accounts",
			"The agent runs as user %d. Use a context that runs as root, such as sudo.", uid)
	}
	return nil
}

func (a *Account) planAbsent(h Host, p *accountPlan) error {
	p.change.found, p.change.left = a.traits(p.before, p.groupsBefore), a.traits(nil, nil)
	if p.before == nil {
		return nil
	}
	c, u := &p.change, p.before
	c.Op = Delete
	c.Before = map[string]any{"name": a.Name, "uid": u.UID, "home": u.Home}
	c.Effects = []Effect{{Thing: kind.ThingOf(kind.UserOf, a.Name), User: &User{Name: a.Name, Gone: true, UID: u.UID, GID: u.GID}}}
	for _, name := range p.groupsBefore {
		if err := leaveGroup(h, c, name, a.Name); err != nil {
			return err
		}
	}
	own, err := h.LookupGroup(a.Name)
	if err != nil {
		return err
	}
	if own != nil && own.GID == u.GID && len(own.Members) == 0 {
		c.Effects = append(c.Effects, Effect{Thing: kind.ThingOf(kind.GroupOf, a.Name), Group: &Group{Name: a.Name, Gone: true, GID: own.GID}})
	}
	p.tools = []Tool{{Argv: []string{"userdel", "--", a.Name}, Explain: explainAccount}}
	return rootOnly(h)
}

// leaveGroup adds the effect that a group loses a member.
func leaveGroup(h Host, c *Change, name, user string) error {
	g, err := h.LookupGroup(name)
	if err != nil || g == nil {
		return err
	}
	less := *g
	less.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return m == user })
	c.Effects = append(c.Effects, Effect{Thing: kind.ThingOf(kind.GroupOf, name), Group: &less})
	return nil
}

// planAfter works out what the account becomes.
func (a *Account) planAfter(ctx context.Context, h Host, p *accountPlan) error {
	u := User{Name: a.Name, UID: -1, GID: -1}
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

// defaults are what useradd gives a new account that says nothing.
func (a *Account) defaults(ctx context.Context, h Host, u *User) error {
	set, err := settings(ctx, h, "/etc/default/useradd", "=")
	if err != nil {
		return err
	}
	base := set["HOME"]
	if base == "" {
		base = "/home"
	}
	u.Home, u.Shell = kind.Text(path.Join(base, a.Name)), kind.Text(set["SHELL"])
	u.Shadow = &Shadow{Password: Empty, Marks: 1}
	return nil
}

// settings reads a file of names and values; a missing one is empty.
func settings(ctx context.Context, h Host, file, sep string) (map[string]string, error) {
	out := map[string]string{}
	e, err := h.Lstat(file)
	if err != nil || e.Type != Plain {
		return out, err
	}
	c, err := h.Read(ctx, file, shownContent)
	if err != nil {
		return out, err
	}
	for line := range bytes.Lines(c.Data) {
		s := strings.TrimSpace(string(line))
		if strings.HasPrefix(s, "#") {
			continue
		}
		name, value, _ := strings.Cut(strings.ReplaceAll(s, "\t", " "), sep)
		out[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return out, nil
}

func (a *Account) planNumbers(h Host, p *accountPlan) error {
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
	g, err := groupIdentity(h, "group", *a.Group)
	if err != nil {
		return err
	}
	u.GID, u.GroupName = g.ID, g.Name
	return nil
}

// planOwnGroup gives a new account the group of its own name: a run that was
// cut short may have made it already.
func (a *Account) planOwnGroup(h Host, p *accountPlan) error {
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

func (a *Account) planGroups(h Host, p *accountPlan) error {
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
			return kind.NewProblem("groups", kind.CodeNoGroup, "No such group", "There is no group %q on this machine, and no resource before this one makes it.", name)
		}
	}
	p.groupsAfter = a.sortedGroups(p.groupsBefore)
	return nil
}

// show fills in what the Change says, and which operation it is.
func (a *Account) show(h Host, p *accountPlan) {
	c := &p.change
	c.After = a.attrs(*p.after, p.groupsAfter)
	c.Results = accountResults(*p.after)
	c.found, c.left = a.traits(p.before, p.groupsBefore), a.traits(p.after, p.groupsAfter)
	if p.before == nil {
		c.Op = Create
		a.showHome(h, p)
		a.showUses(p)
		return
	}
	c.Before = a.attrs(*p.before, p.groupsBefore)
	a.showHome(h, p)
	if a.PasswordHash != nil {
		was, is := p.before.Shadow, p.after.Shadow
		c.Before["password_hash"], c.After["password_hash"] = was.describe(is.HashDigest), is.describe(is.HashDigest)
		c.seen = map[string]any{"password_hash": was.HashDigest}
	}
	if !sameValues(c.Before, c.After) || a.hasUnknown(h) {
		c.Op = Update
		a.showUses(p)
	}
}

// showUses names the arguments that decide how the account is made.
func (a *Account) showUses(p *accountPlan) {
	if a.System && p.before == nil {
		p.change.Uses = append(p.change.Uses, "system")
	}
	if a.Append && !slices.Equal(p.groupsBefore, p.groupsAfter) {
		p.change.Uses = append(p.change.Uses, "append")
	}
}

func (a *Account) hasUnknown(h Host) bool {
	return slices.ContainsFunc([]string{"uid", "group", "groups", "home", "shell", "comment", "password_hash", "locked", "expires"}, h.Unknown)
}

func sameValues(a, b map[string]any) bool {
	x, errX := canonical.Marshal(a)
	y, errY := canonical.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// attrs are what the block manages of an account.
func (a *Account) attrs(u User, groups []string) map[string]any {
	out := map[string]any{"name": a.Name}
	if a.UID != nil {
		out["uid"] = u.UID
	}
	if a.Group != nil {
		out["group"] = Identity{ID: u.GID, Name: u.GroupName}.String()
	}
	if a.Groups != nil {
		out["groups"] = groups
		if groups == nil {
			out["groups"] = []string{}
		}
	}
	for _, f := range []struct {
		name string
		set  *kind.Text
		is   kind.Text
	}{{"home", a.Home, u.Home}, {"shell", a.Shell, u.Shell}, {"comment", a.Comment, u.Comment}} {
		if f.set != nil {
			out[f.name] = f.is
		}
	}
	if a.Locked != nil {
		out["locked"] = u.Shadow.Locked()
	}
	if a.Expires != nil {
		out["expires"] = u.Shadow.Expires
		if u.Shadow.Expires == "" {
			out["expires"] = "never"
		}
	}
	if a.PasswordHash != nil {
		out["password_hash"] = u.Shadow.describe(u.Shadow.HashDigest)
	}
	return out
}

// groupArg is the primary group as the programs take it.
func groupArg(u *User) string {
	if u.GID >= 0 {
		return strconv.FormatInt(u.GID, 10)
	}
	return u.GroupName
}
