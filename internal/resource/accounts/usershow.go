package accounts

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// show fills in what the Change says, and which operation it is.
func (a *Account) show(h resource.Host, p *accountPlan) {
	c := &p.change
	c.After = a.attrs(*p.after, p.groupsAfter)
	c.Results = accountResults(*p.after)
	c.Found, c.Left = a.traits(p.before, p.groupsBefore), a.traits(p.after, p.groupsAfter)
	if p.before == nil {
		c.Op = resource.Create
		a.showHome(h, p)
		p.key.show(p)
		a.showUses(p)
		return
	}
	c.Before = a.attrs(*p.before, p.groupsBefore)
	a.showHome(h, p)
	p.key.show(p)
	if a.PasswordHash != nil {
		was, is := p.before.Shadow, p.after.Shadow
		c.Before["password_hash"], c.After["password_hash"] = was.Describe(is.HashDigest), is.Describe(is.HashDigest)
		c.See("password_hash", was.HashDigest)
	}
	if !resource.SameValues(c.Before, c.After) || a.hasUnknown(h) {
		c.Op = resource.Update
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

func (a *Account) hasUnknown(h resource.Host) bool {
	if a.UpdatePassword != updateOnCreate && h.Unknown("password_hash") {
		return true
	}
	for _, g := range a.ages() {
		if h.Unknown(g.attr) {
			return true
		}
	}
	return slices.ContainsFunc([]string{"uid", "group", "groups", "home", "shell", "comment", "locked", "expires", "ssh_key_file", "ssh_key_type"}, h.Unknown)
}
