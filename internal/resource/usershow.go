package resource

import (
	"bytes"
	"slices"
)

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
