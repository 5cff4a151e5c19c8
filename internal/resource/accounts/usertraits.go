package accounts

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// attrs are what the block manages of an account, as far as this user may know it.
func (a *Account) attrs(u resource.User, groups []string) map[string]any {
	out := map[string]any{"name": a.Name}
	if a.UID != nil {
		out["uid"] = u.UID
	}
	if a.Group != nil {
		out["group"] = resource.Identity{ID: u.GID, Name: u.GroupName}.String()
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
	if u.Shadow == nil {
		return out // This user may not read it.
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
	for _, g := range a.ages() {
		if g.want != nil {
			out[g.attr] = *g.of(&u.Shadow.Ages)
		}
	}
	if a.PasswordHash != nil {
		out["password_hash"] = u.Shadow.Describe(u.Shadow.HashDigest)
	}
	return out
}

// traits are those of an account; nil is one that is not there.
func (a *Account) traits(u *resource.User, groups []string) []resource.Trait {
	if u == nil {
		return []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(resource.TypeAbsent))}
	}
	out := []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, "user")}
	if a.UID != nil || u.UID >= 0 { // by its number an account is told from a later one of its name
		out = append(out, resource.NewTrait("uid", nil, u.UID))
	}
	attrs := a.attrs(*u, groups)
	for _, name := range []string{"group", "home", "shell", "comment", "locked", "expires"} {
		if v, managed := attrs[name]; managed {
			out = append(out, resource.NewTrait(name, nil, v))
		}
	}
	for _, g := range a.ages() {
		if v, managed := attrs[g.attr]; managed {
			out = append(out, resource.NewTrait(g.attr, nil, v))
		}
	}
	if a.Groups != nil {
		out = append(out, namesTrait("groups", a.Groups, a.Append, groups))
	}
	if a.PasswordHash != nil && u.Shadow != nil {
		out = append(out, resource.NewTrait("password_hash", nil, []any{string(u.Shadow.Password), u.Shadow.HashDigest}))
	}
	return out
}
