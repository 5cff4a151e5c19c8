package resource

import (
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Trait is one attribute of a thing as a digest. A check returns the traits that it
// found, an apply those that it left, and the state records the latter. The next
// plan compares the two, and so tells whether somebody has changed the thing since,
// though no value is kept. Traits of one thing can be compared whichever block they
// come from.
type Trait struct {
	// Attr is the argument that the attribute shows in, or TypeTrait.
	Attr string `cbor:"attr"`
	// Part is set if the block manages only a part of the attribute, such as one
	// line. It is the SHA-256 of what chooses the part. Traits with different
	// Parts are not compared.
	Part []byte `cbor:"part,omitempty"`
	// Sum is the SHA-256 of the value.
	Sum []byte `cbor:"sum"`
}

// TypeTrait is the Attr of the trait that says what a thing is: a file, an account,
// or absent. A thing that is absent has no other trait.
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

// below gathers the owners, groups and permissions that occur below a directory and
// differ from its own, before (index 0) and after (index 1) a change. If everything
// has what the directory has, there are none. So a file that a program adds later,
// with the same owner, is no drift.
type below struct {
	mode                   *permissions // that is asked for
	top                    [2]Entry
	owners, groups, others [2]map[int64]bool
}

func (b *below) add(entries [2]Entry) {
	for k, e := range entries {
		note := func(set *map[int64]bool, v int64, own bool) {
			if own {
				return
			}
			if *set == nil {
				*set = map[int64]bool{}
			}
			(*set)[v] = true
		}
		dir := e.Type == Folder
		note(&b.owners[k], e.Owner.ID, e.Owner.Same(b.top[k].Owner))
		note(&b.groups[k], e.Group.ID, e.Group.Same(b.top[k].Group))
		if b.mode != nil {
			whole := *b.mode
			if whole.clauses == nil {
				whole.octal = b.top[k].Mode
			}
			note(&b.others[k], e.Mode, whole.below(e.Mode, dir) == e.Mode)
		}
	}
}

// traits are those of what is below, before or after. Symbolic permissions mean
// something else for each entry: those of one text are compared alone.
func (b *below) traits(k int, own ownership, mode *string) []Trait {
	var out []Trait
	add := func(part []any, managed bool, set map[int64]bool) {
		if managed && !set[-1] {
			out = append(out, trait(RecurseTrait, part, slices.Sorted(maps.Keys(set))))
		}
	}
	add([]any{"owner"}, own.owner != nil, b.owners[k])
	add([]any{"group"}, own.group != nil, b.groups[k])
	if own.mode != nil && own.mode.clauses != nil {
		add([]any{"mode", *mode}, true, b.others[k])
	} else {
		add([]any{"mode"}, own.mode != nil, b.others[k])
	}
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
