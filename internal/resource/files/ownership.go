package files

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// ownership is the owner, group and mode that a block asks for: names looked up,
// the mode parsed. A field that is nil is left as it is.
type ownership struct {
	owner, group *resource.Identity
	mode         *resource.Permissions
	// unknown names those that will be known after apply.
	unknown []string
}

// ownershipOf resolves names and parses the mode.
func ownershipOf(h resource.Host, owner, group, mode *string) (ownership, error) {
	var o ownership
	for _, attr := range []string{"owner", "group", "mode"} {
		if h.Unknown(attr) {
			o.unknown = append(o.unknown, attr)
		}
	}
	var err error
	if owner != nil {
		if o.owner, err = resource.UserIdentity(h, "owner", *owner); err != nil {
			return o, err
		}
	}
	if group != nil {
		if o.group, err = resource.GroupIdentity(h, "group", *group); err != nil {
			return o, err
		}
	}
	if mode != nil {
		p, err := resource.ParseMode(*mode)
		if err != nil {
			return o, err
		}
		o.mode = &p
	}
	return o, nil
}

// on returns what an entry becomes with this ownership, and in Meta only what has
// to be changed for that.
func (o ownership) on(e resource.Entry, dir bool) (resource.Entry, resource.Meta) {
	var m resource.Meta
	if o.owner != nil && !o.owner.Same(e.Owner) {
		e.Owner = *o.owner
		m.UID = &e.Owner.ID
	}
	if o.group != nil && !o.group.Same(e.Group) {
		e.Group = *o.group
		m.GID = &e.Group.ID
	}
	mode := e.Mode
	if !dir {
		mode = resource.WithoutLent(mode, m)
	}
	if o.mode != nil {
		mode = o.mode.Apply(mode, dir)
	}
	// A change of owner takes the special bits away, so they are given anew.
	if given := !m.Empty() && mode&0o6000 != 0; mode != e.Mode || given {
		m.Mode = &mode
	}
	e.Mode = mode
	return e, m
}

// lost returns a warning if a change of owner takes away set-user-ID or
// set-group-ID.
func (o ownership) lost(p string, before, after resource.Entry) []kind.Problem {
	if o.mode != nil || before.Type != resource.TypeFile || before.Mode == after.Mode {
		return nil
	}
	return []kind.Problem{*kind.NewProblem("owner", kind.CodeSpecialBits, "Special permissions are cleared",
		"%s has the mode %s, which lends the rights of its present owner. With another owner the mode becomes %s. Set mode to give such permissions again.", p, resource.FormatMode(before.Mode), resource.FormatMode(after.Mode))}
}

// otherNamesOf returns the problem of resource.OtherNames, unless hard_links allows the change.
func otherNamesOf(h resource.Host, m resource.Meta, p string, e resource.Entry) error {
	if m.Empty() || m.AllNames {
		return nil
	}
	return resource.OtherNames(h, p, e)
}

// show puts into attrs the owner, group and mode of an entry, as far as the block
// manages them. Those that are known only after the apply show before it, too.
func (o ownership) show(attrs map[string]any, e resource.Entry, before bool) {
	if o.owner != nil || before && slices.Contains(o.unknown, "owner") {
		attrs["owner"] = e.Owner.String()
	}
	if o.group != nil || before && slices.Contains(o.unknown, "group") {
		attrs["group"] = e.Group.String()
	}
	if o.mode != nil || before && slices.Contains(o.unknown, "mode") {
		attrs["mode"] = resource.FormatMode(e.Mode)
	}
}

// allowed returns why this user may not give an entry this owner, group and mode,
// or nil. born is what the entry is before; see resource.Newborn for a new one.
func allowed(h resource.Host, m resource.Meta, born resource.Entry) error {
	uid, gids := h.Self()
	if uid == 0 {
		return nil
	}
	if m.UID != nil && *m.UID != uid {
		return kind.NewProblem("owner", kind.CodePermission, "Only root can give files away",
			"The agent runs as user %d and cannot change the owner. Use a context that runs as root.", uid)
	}
	if m.GID != nil && !slices.Contains(gids, *m.GID) {
		return kind.NewProblem("group", kind.CodePermission, "Only members can give files to a group",
			"The agent runs as user %d, who is not in the group. Use a context that runs as root.", uid)
	}
	if (m.Mode != nil || m.GID != nil) && born.Owner.ID != uid {
		return kind.NewProblem("mode", kind.CodePermission, "Only the owner can change permissions",
			"The agent runs as user %d, and the owner is %s. Use a context that runs as the owner or as root.", uid, born.Owner)
	}
	return nil
}
