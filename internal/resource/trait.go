package resource

import (
	"crypto/sha256"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Trait is one attribute of a thing, as a check found it or an apply left it.
// It tells whether what is there now is what an apply left, though neither is
// kept. Traits of one thing are comparable whatever block they come from.
type Trait struct {
	// Attr is the argument that the attribute shows in, or TypeTrait.
	Attr string `cbor:"attr"`
	// Part is the SHA-256 of what chooses the part that a block manages, where
	// it does not manage all of the attribute: other parts are another trait.
	Part []byte `cbor:"part,omitempty"`
	// Sum is the SHA-256 of the value.
	Sum []byte `cbor:"sum"`
}

// TypeTrait is the Attr of what a thing is: a file, an account, absent. A thing
// that is absent has no other trait.
const TypeTrait = "type"

// Traits that stand for a part of a thing.
const (
	LineTrait    = "line"    // the line that an edit is about
	RecurseTrait = "recurse" // what is below a directory
)

func trait(attr string, part, value any) Trait {
	t := Trait{Attr: attr, Sum: sum(value)}
	if part != nil {
		t.Part = sum(part)
	}
	return t
}

func sum(v any) []byte {
	b, err := canonical.Marshal(v)
	if err != nil {
		panic(err) // a kind gave a trait a value that is no wire value
	}
	s := sha256.Sum256(b)
	return s[:]
}

// entryTraits are those of what is at a path; shown are the attributes that a
// block manages of it. What will be known after apply has no trait.
func entryTraits(e Entry, shown map[string]any) []Trait {
	out := []Trait{trait(TypeTrait, nil, string(e.Type))}
	if e.Type == Absent {
		return out
	}
	id := func(attr string, i Identity) {
		if _, managed := shown[attr]; managed && i.ID >= 0 {
			out = append(out, trait(attr, nil, i.ID))
		}
	}
	id("owner", e.Owner)
	id("group", e.Group)
	if _, managed := shown["mode"]; managed {
		out = append(out, trait("mode", nil, e.Mode))
	}
	if c, ok := shown["content"].(Content); ok && !c.Unknown {
		out = append(out, trait("content", nil, []any{c.SHA256, c.Size}))
	}
	return out
}

// leave notes the traits of a path before and after a change, of which Before
// and After are complete.
func (c *Change) leave(before, after Entry) {
	c.found, c.left = entryTraits(before, c.Before), entryTraits(after, c.After)
}

// leave adds the traits of the line that is edited, before and after.
func (l *Line) leave(c *Change) {
	if before, there := c.Before["content"].(Content); there && before.Whole {
		c.found = append(c.found, l.traits(before.Data)...)
	}
	if after, _ := c.After["content"].(Content); after.Whole {
		c.left = append(c.left, l.traits(after.Data)...)
	}
}

// traits are those of the line that is edited in a content: the last one that the
// expression matches, and whether the line itself is there, as far as both are known.
func (l *Line) traits(content []byte) []Trait {
	rows := rowsOf(content)
	re, err := compileLine("regexp", l.Regexp)
	if err != nil {
		return nil
	}
	var out []Trait
	expr := ""
	if re != nil {
		expr = re.String()
		var match []byte
		if i := (&lineEdit{}).lastMatch(rows, re); i >= 0 {
			match = rows[i].text
		}
		out = append(out, trait(LineTrait, expr, []any{match != nil, match}))
	}
	if l.Line != nil && !l.Backrefs {
		there := slices.ContainsFunc(rows, func(r row) bool { return string(r.text) == string(*l.Line) })
		out = append(out, trait(LineTrait, []any{expr, []byte(*l.Line)}, there))
	}
	return out
}

// below gathers the owners, groups and permissions that occur below a directory,
// before and after a change: of many entries those are few.
type below struct{ owners, groups, modes [2]map[int64]bool }

func (b *below) add(before, after Entry) {
	for k, e := range [2]Entry{before, after} {
		mode := e.Mode
		if e.Type == Folder {
			mode |= 1 << 32
		}
		for _, s := range []struct {
			set *map[int64]bool
			v   int64
		}{{&b.owners[k], e.Owner.ID}, {&b.groups[k], e.Group.ID}, {&b.modes[k], mode}} {
			if *s.set == nil {
				*s.set = map[int64]bool{}
			}
			(*s.set)[s.v] = true
		}
	}
}

// traits are those of what is below, before (0) and after (1).
func (b *below) traits(k int, own ownership) []Trait {
	var out []Trait
	add := func(attr string, managed bool, set map[int64]bool) {
		if managed && !set[-1] {
			values := make([]int64, 0, len(set))
			for v := range set {
				values = append(values, v)
			}
			slices.Sort(values)
			out = append(out, trait(RecurseTrait, attr, values))
		}
	}
	add("owner", own.owner != nil, b.owners[k])
	add("group", own.group != nil, b.groups[k])
	add("mode", own.mode != nil, b.modes[k])
	return out
}

// traits are those of an account; nil is one that is not there.
func (a *Account) traits(u *User, groups []string) []Trait {
	if u == nil {
		return []Trait{trait(TypeTrait, nil, string(Absent))}
	}
	out := []Trait{trait(TypeTrait, nil, "user")}
	attrs := a.attrs(*u, groups)
	for _, name := range []string{"uid", "group", "home", "shell", "comment", "locked", "expires"} {
		if v, managed := attrs[name]; managed {
			out = append(out, trait(name, nil, v))
		}
	}
	if a.Groups != nil {
		out = append(out, a.groupsTrait(groups))
	}
	if a.PasswordHash != nil && u.Shadow != nil {
		out = append(out, trait("password_hash", nil, []any{string(u.Shadow.Password), u.Shadow.HashDigest}))
	}
	return out
}

// groupsTrait is of all groups that an account is in; with append of those of
// them that the block names.
func (a *Account) groupsTrait(have []string) Trait {
	have = slices.Clone(have)
	var part any
	if a.Append {
		named := slices.Clone(a.Groups)
		slices.Sort(named)
		part = slices.Compact(named)
		have = slices.DeleteFunc(have, func(g string) bool { return !slices.Contains(a.Groups, g) })
	}
	slices.Sort(have)
	return trait("groups", part, append([]string{}, have...))
}

// traitBytes is the length of a sum.
const traitBytes = sha256.Size

// maxTraits is more than any kind has.
const maxTraits = 64

// ValidTraits reports whether traits are some that an agent would send.
func ValidTraits(list []Trait, args kind.Schema) bool {
	return len(list) <= maxTraits && !slices.ContainsFunc(list, func(t Trait) bool {
		_, known := args.Attr(t.Attr)
		return !known && t.Attr != TypeTrait && t.Attr != "content" || len(t.Sum) != traitBytes || len(t.Part) != 0 && len(t.Part) != traitBytes
	})
}
