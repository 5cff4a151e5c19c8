package resource

import (
	"bytes"
	"crypto/sha256"
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

	// plain is the value of a trait of which Sum is not made yet; see summed. A number or
	// a word crosses the wire in place of Sum.
	plain any
}

// OfEdit reports whether the trait, of a block of that kind, is that of a part of a thing that one
// block edits. Other kinds have parts, too: those of a directory say which things in it are meant.
func (t Trait) OfEdit(k *kind.Kind) bool {
	return k.Edits() && (t.Attr == LineTrait || len(t.Part) > 0)
}

// TypeTrait is the Attr of the trait that says what a thing is: a file, an account,
// or absent. A thing that is absent has no other trait.
const TypeTrait = "type"

// Traits that stand for a part of a thing.
const (
	LineTrait    = "line"    // the line that an edit is about
	RecurseTrait = "recurse" // what is below a directory
)

// NewTrait is the trait of a value. part chooses what of the attribute the block manages; nil
// is all of it.
func NewTrait(attr string, part, value any) Trait {
	t := Trait{Attr: attr, Sum: sum(value)}
	if part != nil {
		t.Part = sum(part)
	}
	return t
}

// MatchTrait is the trait of a line that an expression matches; nil if none does. which is
// as Part.Match says it.
func MatchTrait(expr, which string, match []byte) Trait {
	part := any(expr)
	if which != "" {
		part = []any{expr, which}
	}
	return NewTrait(LineTrait, part, []any{match != nil, match})
}

// ThereTrait is the trait of a line that an edit with an expression, or "", is to leave:
// whether the file has it.
func ThereTrait(expr, line string, there bool) Trait {
	return NewTrait(LineTrait, []any{expr, []byte(line)}, there)
}

// Equal reports whether two traits are of the same, with the same value. Both have their sums.
func (t Trait) Equal(o Trait) bool {
	return t.Attr == o.Attr && bytes.Equal(t.Part, o.Part) && bytes.Equal(t.Sum, o.Sum)
}

// plainTrait is the trait of a value, whose Sum is made when it is needed.
func plainTrait(attr string, value any) Trait { return Trait{Attr: attr, plain: value} }

// contentTrait is the trait of what a file holds.
func contentTrait(c Content) Trait { return plainTrait("content", []any{c.SHA256, c.Size}) }

// TextTrait is the trait of a file that holds a text.
func TextTrait(text string) Trait { return summed([]Trait{contentTrait(ContentOf([]byte(text)))})[0] }

// summed makes the sums that traits do not have yet. Of the traits before and after a
// change only those of one side are needed.
func summed(traits []Trait) []Trait {
	for k, t := range traits {
		if t.Sum == nil && t.plain != nil {
			traits[k].Sum = sum(t.plain)
		}
	}
	return traits
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
	out := make([]Trait, 1, 5)
	out[0] = plainTrait(TypeTrait, string(e.Type))
	if e.Type == TypeAbsent {
		return out
	}
	id := func(attr string, i Identity) {
		if _, managed := shown[attr]; managed && i.ID >= 0 {
			out = append(out, plainTrait(attr, i.ID))
		}
	}
	id("owner", e.Owner)
	id("group", e.Group)
	if _, managed := shown["mode"]; managed {
		out = append(out, plainTrait("mode", e.Mode))
	}
	if c, ok := shown["content"].(Content); ok && !c.Unknown {
		out = append(out, contentTrait(c))
	}
	return out
}

// Leave notes the traits of a path before and after a change. Before and After of
// the change must be complete by then.
func (c *Change) Leave(before, after Entry) {
	c.Found, c.Left = entryTraits(before, c.Before), entryTraits(after, c.After)
}

// LeaveContent notes what a file holds after a change, once that is known.
func (c *Change) LeaveContent(is Content) { c.Left = append(c.Left, contentTrait(is)) }

// traitBytes is the length of a sum.
const traitBytes = sha256.Size

// maxTraits is more than any kind has.
const maxTraits = 64

// traitsWithout are the traits that a kind may have without an argument of that name: what
// every thing has, and what kinds of files see to without being told.
var traitsWithout = []string{TypeTrait, "content", "owner", "group", "mode"}

// ValidTraits reports whether traits have the form that an agent sends.
func ValidTraits(list []Trait, args kind.Schema) bool {
	return len(list) <= maxTraits && !slices.ContainsFunc(list, func(t Trait) bool {
		_, known := args.Attr(t.Attr)
		return !known && !slices.Contains(traitsWithout, t.Attr) || len(t.Sum) != traitBytes || len(t.Part) != 0 && len(t.Part) != traitBytes
	})
}
