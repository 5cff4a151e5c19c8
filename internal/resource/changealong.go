package resource

import (
	"context"
	"errors"
	"path"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// MaxAlong is the most things that an Along names.
const MaxAlong = 100

// Along says what changes together with the thing of a block: what is in a
// directory that is removed or changed with recurse, and the home directory that
// comes with an account. People are shown it below the change. It names only the
// first things and counts the rest; the fingerprint covers all of them.
type Along struct {
	// Count is how many things change; Entries are the first MaxAlong of them,
	// in the order in which they were met.
	Count int64 `cbor:"count"`
	// More is true if there are more than Count, at which counting stopped.
	More bool `cbor:"more,omitempty"`
	// Size is the sum of the sizes, in bytes, of the files that are removed.
	Size    int64        `cbor:"size,omitempty"`
	Entries []AlongEntry `cbor:"entries"`
}

// AlongEntry is one thing that changes along with another.
type AlongEntry struct {
	// Path is relative to the directory that the block is about. What is made with the
	// thing, such as the home of an account and directories above, has an absolute one.
	Path kind.Text `cbor:"path"`
	Op   Op        `cbor:"action"`
	Type EntryType `cbor:"type"`
	// Size is that of a file in bytes.
	Size int64 `cbor:"size,omitempty"`
	// Before and After hold the owner, group and mode that change.
	Before map[string]string `cbor:"before,omitempty"`
	After  map[string]string `cbor:"after,omitempty"`
}

// Add counts an entry, and names it among the first.
func (a *Along) Add(e AlongEntry) {
	a.Count++
	if e.Op == Delete {
		a.Size += e.Size
	}
	if len(a.Entries) < MaxAlong {
		a.Entries = append(a.Entries, e)
	}
}

// AlongUpdate is an entry that gets another owner, group or mode.
func AlongUpdate(rel string, before, after Entry) AlongEntry {
	e := AlongEntry{Path: textOf(rel), Op: Update, Type: before.Type, Before: map[string]string{}, After: map[string]string{}}
	for _, f := range []struct{ name, was, is string }{
		{"owner", before.Owner.String(), after.Owner.String()},
		{"group", before.Group.String(), after.Group.String()},
		{"mode", FormatMode(before.Mode), FormatMode(after.Mode)},
	} {
		if f.was != f.is {
			e.Before[f.name], e.After[f.name] = f.was, f.is
		}
	}
	return e
}

// alongCreate is an entry that is made.
func alongCreate(p string, made Entry) AlongEntry {
	e := AlongEntry{Path: textOf(p), Op: Create, Type: made.Type, After: map[string]string{"owner": made.Owner.String(), "group": made.Group.String()}}
	if made.Type != TypeLink {
		e.After["mode"] = FormatMode(made.Mode)
	}
	return e
}

// AlongDelete is an entry that is removed.
func AlongDelete(rel string, was Entry) AlongEntry {
	e := AlongEntry{Path: textOf(rel), Op: Delete, Type: was.Type}
	if was.Type == TypeFile {
		e.Size = was.Size
	}
	return e
}

// AlongMade adds to a change that something is made along, at an absolute path.
func (c *Change) AlongMade(p string, made Entry) {
	if c.Along == nil {
		c.Along = &Along{}
	}
	c.Along.Add(alongCreate(p, made))
}

// MaxInside is how many entries of a directory that goes are looked at: to name some, to count
// them, and to notice at the apply if they have changed.
const MaxInside = 100_000

// errEnough ends a walk.
var errEnough = errors.New("enough was seen")

// AddInside adds to what is removed along all that is below a directory, with its path behind
// under, and to a digest. allowed returns why this user may not remove it; nil allows all.
func (a *Along) AddInside(ctx context.Context, h Host, dir, under string, all *EntriesDigest, allowed func(rel string) error) error {
	err := Walk(ctx, h, dir, "", func(rel string, e Entry) error {
		if a.Count >= MaxInside {
			a.More = true
			return errEnough
		}
		a.Add(AlongDelete(path.Join(under, rel), e))
		all.Add(rel, e)
		if allowed == nil {
			return nil
		}
		return allowed(rel)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
