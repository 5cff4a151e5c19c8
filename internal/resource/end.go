package resource

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// End asks for the opposite of an apply: that what an earlier one made is taken away. It
// stands in a CheckRequest and an ApplyRequest beside those arguments that the record has
// kept, and is passed to Resource.End. It says what the record knows besides them.
type End struct {
	// Adopted is set if the thing existed before the first apply.
	Adopted bool `cbor:"a,omitempty"`
	Kept
	// Thing is what was recorded at the last apply: of a path, where it led behind all
	// links. It is empty if that is not recorded.
	Thing kind.Thing `cbor:"p,omitempty"`
	// Differ are attributes that an apply left otherwise, and by which the thing is therefore
	// told to be somebody else's now. It stays.
	Differ []string `cbor:"d,omitempty"`
	// Untold is set if the record does not tell whether they differ.
	Untold bool `cbor:"n,omitempty"`
	// Others are paths of the same name that blocks manage and that stay: by a bind mount the
	// thing may be at one of them, too.
	Others []kind.Text `cbor:"s,omitempty"`
	// Claimed are paths below the thing that other blocks are about now. They stay, with what is
	// below them. Only the kinds that manage many paths are told.
	Claimed []kind.Text `cbor:"c,omitempty"`
	// Begun is set if nobody saw how the apply ended that was to make the thing. It is how
	// that would have left it. A thing that differs from it is somebody else's, or was not
	// finished, and stays.
	Begun []Trait `cbor:"t,omitempty"`
}

// Kept is what an apply says for the end of what it made. The record keeps that of the
// apply that created the thing; of an adopted thing, that of the first apply that changed
// it, and none if an apply before that one made no backup. No value of an argument is in it, and nothing that a file holds.
type Kept struct {
	// Backup is the path of the backup that was made of what was there. Of a kind whose things
	// hold no content it is what was there, in a few words that begin with no slash.
	Backup kind.Text `cbor:"b,omitempty"`
	// Along are the things that were made besides the thing itself, in the order in which
	// they were made: directories above a directory, the file of a line, the group of an
	// account.
	Along []kind.Thing `cbor:"l,omitempty"`
	// Unended is set if a line was added behind a last line that had no line end.
	Unended bool `cbor:"u,omitempty"`
}

// Made reports whether a thing was made along.
func (k Kept) Made(thing kind.Thing) bool { return slices.Contains(k.Along, thing) }

// leftAlone is the end of a thing that nothing is done to: it is only forgotten.
type leftAlone struct {
	thing kind.Thing
	why   kind.Problem
}

// LeaveAlone is the end of what stays as it is, with the reason.
func LeaveAlone(thing kind.Thing, why *kind.Problem) Resource { return &leftAlone{thing, *why} }

// LeaveAdopted is the end of a thing that existed before the first apply, where nothing tells
// what it was like then.
func LeaveAdopted(thing kind.Thing, attr string) Resource {
	return LeaveAlone(thing, kind.NewProblem(attr, kind.CodeStays, "It was there before", "%s existed before mitoplan managed it, and no backup was made of it. It stays as it is.", thing.Label()))
}

// Thing implements Resource.
func (l *leftAlone) Thing() kind.Thing { return l.thing }

// End implements Resource.
func (l *leftAlone) End(End) (Resource, error) { return l, nil }

// Check implements Resource.
func (l *leftAlone) Check(context.Context, Host) (Change, error) {
	return Change{Op: NoOp, Writes: []kind.Thing{l.thing}, Stays: []kind.Problem{l.why}}, nil
}

// Apply implements Resource.
func (l *leftAlone) Apply(ctx context.Context, h Host) (Change, error) {
	c, err := l.Check(ctx, h)
	if err == nil {
		err = h.Begin(c)
	}
	return c, err
}

// ended is the resource that a request is about: that of its arguments, or what takes
// away what they made.
func ended(res Resource, e *End) (Resource, error) {
	if e == nil {
		return res, nil
	}
	if len(e.Differ) > 0 {
		before := ""
		switch {
		case strings.HasPrefix(string(e.Backup), "/"):
			before = " What was there before is in " + string(e.Backup) + "."
		case e.Backup != "":
			before = " Before, it was this: " + string(e.Backup) + "."
		}
		tells := "The %s of %s is not what the last apply left."
		if e.Untold {
			tells = "Nothing tells whether the %s of %s is what an apply left."
		}
		return LeaveAlone(e.Thing, kind.NewProblem(e.Differ[0], kind.CodeStays, "It may be somebody else's now",
			tells+" It stays. Remove it by hand if it should go; or apply its block once more, and then take that out.%s", e.Differ[0], e.Thing.Label(), kind.Rule(before))), nil
	}
	res, err := res.End(*e)
	if err == nil && len(e.Begun) > 0 {
		res = &endOfBegun{res, e.Begun}
	}
	if at, ok := e.Thing.Path(); err == nil && ok {
		res = &endInPlace{res, at, e.Others}
	}
	return res, err
}

// endInPlace takes a thing away only where it was made. Whatever is behind a link that
// somebody has put in its way since stays. So does what is at another path, too, that a block
// manages; see sharedWith.
type endInPlace struct {
	Resource
	at     string
	others []kind.Text
}

// Check implements Resource.
func (p *endInPlace) Check(ctx context.Context, h Host) (Change, error) {
	if to, err := p.leadsTo(h); to != p.at || err != nil {
		return p.stays(to), err
	}
	if other := p.sharedWith(h); other != "" {
		return p.staysShared(other), nil
	}
	c, err := p.Resource.Check(ctx, h)
	if to, _ := pathOf(c); err == nil && to != p.at {
		return p.stays(to), nil // The last part is a link now, too, and is followed.
	}
	return c, err
}

// Apply implements Resource. If only the last part is a link now, the fingerprint differs.
func (p *endInPlace) Apply(ctx context.Context, h Host) (Change, error) {
	to, err := p.leadsTo(h)
	what := ledElsewhere
	if err == nil && to == p.at {
		if what = p.sharedWith(h); what != "" {
			what = "it was not at " + what + ", too"
		}
	}
	if err == nil && what != "" {
		err = changedSince([]kind.Thing{kind.PathThing(p.at)}, what)
	}
	if err != nil {
		return Change{}, err
	}
	return p.Resource.Apply(ctx, h)
}

// leadsTo is where the path leads now. To where another user's link leads is not looked.
func (p *endInPlace) leadsTo(h Host) (string, error) {
	to, err := h.Resolve(p.at, false)
	var unsafe *kind.Problem
	if errors.As(err, &unsafe) && unsafe.Code == kind.CodeUnsafeLink {
		return "", nil
	}
	return to, err
}

func (p *endInPlace) stays(to string) Change {
	now := "what another user's link leads to"
	if to != "" {
		now = to
	}
	return Change{Op: NoOp, Writes: []kind.Thing{kind.PathThing(p.at)}, Stays: []kind.Problem{*kind.NewProblem("path", kind.CodeStays, "The path leads elsewhere now",
		"It was at %s when it was applied, and somebody has put a link into that path since, so that now it leads to %s. Nothing is done there. Remove by hand what should go.", p.at, now)}}
}

// pathOf is the resolved path that a change is about.
func pathOf(c Change) (string, bool) {
	if len(c.Writes) == 0 {
		return "", false
	}
	return c.Writes[0].Path()
}

// endOfBegun takes a thing away only if it is as an apply would have left it of which
// nobody saw the end.
type endOfBegun struct {
	Resource
	begun []Trait
}

// Check implements Resource.
func (b *endOfBegun) Check(ctx context.Context, h Host) (Change, error) {
	c, err := b.Resource.Check(ctx, h)
	if err != nil || c.Op == NoOp || b.isAsBegun(summed(c.Found)) {
		return c, err
	}
	return Change{Op: NoOp, Writes: c.Writes, Stays: []kind.Problem{*kind.NewProblem("", kind.CodeStays, "It may not be ours",
		"An apply that failed or was cut short had begun to make it. It is there now, but not as that would have left it: it was not finished, or somebody else made it. It stays. Remove it by hand if it should go.")}}, nil
}

// isAsBegun reports whether a thing that was found is what an apply had begun to make. An
// end reads less of it than what makes it. If it is not there, only what was made along is.
func (b *endOfBegun) isAsBegun(found []Trait) bool {
	compared, absent := false, plainTrait(TypeTrait, string(TypeAbsent))
	for _, f := range found {
		if f.Attr == TypeTrait && bytes.Equal(f.Sum, sum(absent.plain)) {
			return true
		}
		for _, t := range b.begun {
			if f.Attr != t.Attr || !bytes.Equal(f.Part, t.Part) {
				continue
			}
			if compared = true; !bytes.Equal(f.Sum, t.Sum) {
				return false
			}
		}
	}
	return compared
}
