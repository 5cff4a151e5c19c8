package resource

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// wireChange is a Change as it crosses the wire, without what whoever asked can put in
// itself; see Change.PutBack. An unchanged file takes some 40 bytes.
type wireChange struct {
	Op     Op             `cbor:"o,omitempty"` // none: NoOp
	Before map[string]any `cbor:"b,omitempty"` // none: that of a NoOp is as After
	After  map[string]any `cbor:"a,omitempty"`
	// Given are arguments that After has as they were given.
	Given []string `cbor:"g,omitempty"`
	// AsGiven is set if After is all arguments that were sent, as they were given.
	AsGiven     bool           `cbor:"y,omitempty"`
	Uses        []string       `cbor:"u,omitempty"`
	Along       *Along         `cbor:"l,omitempty"`
	Effects     []Effect       `cbor:"e,omitempty"`
	Fingerprint []byte         `cbor:"f,omitempty"`
	Writes      []kind.Thing   `cbor:"w,omitempty"` // "" is the thing that the block names
	Results     map[string]any `cbor:"r,omitempty"`
	Restores    []kind.Thing   `cbor:"s,omitempty"`
	Warnings    []kind.Problem `cbor:"n,omitempty"`
	Traits      []wireTrait    `cbor:"t,omitempty"`
	Leaves      []wireTrait    `cbor:"v,omitempty"`
	Made        bool           `cbor:"m,omitempty"`
	Kept        *Kept          `cbor:"k,omitempty"`
	Stays       []kind.Problem `cbor:"p,omitempty"`
}

// wireTrait is a Trait with its value if that is short, or with neither value nor sum
// if it is that of a content that was given.
type wireTrait struct {
	Attr   string `cbor:"a"`
	Part   []byte `cbor:"p,omitempty"`
	Sum    []byte `cbor:"s,omitempty"`
	Number *int64 `cbor:"n,omitempty"`
	Text   string `cbor:"v,omitempty"`
}

func toWire(c Change) wireChange {
	w := wireChange{
		Op: c.Op, Before: c.Before, Uses: c.Uses, Along: c.Along, Effects: c.Effects, Fingerprint: packFingerprint(c.Fingerprint),
		Writes: c.Writes, Results: c.Results, Restores: c.Restores, Warnings: c.Warnings,
		Made: c.Made, Kept: c.Kept, Stays: c.Stays,
	}
	if c.Op == NoOp {
		w.Op = ""
	}
	if w.AsGiven = c.asGiven; !w.AsGiven {
		w.After, w.Given = splitGiven(c.After)
	}
	w.Traits, w.Leaves = toWireTraits(c.Traits), toWireTraits(c.Leaves)
	return w
}

func toWireTraits(traits []Trait) []wireTrait {
	if len(traits) == 0 {
		return nil
	}
	out := make([]wireTrait, len(traits))
	for k, t := range traits {
		out[k] = t.toWire()
	}
	return out
}

// splitGiven are the values that have to be sent, and the arguments of which it is
// enough to say that they are as they were given.
func splitGiven(values map[string]any) (sent map[string]any, given []string) {
	for name, v := range values {
		if g, ok := v.(Given); ok && g.plainly() {
			given = append(given, g.Arg)
			continue
		}
		if sent == nil {
			sent = make(map[string]any, len(values))
		}
		sent[name] = v
	}
	slices.Sort(given)
	return sent, given
}

// plainly reports whether nothing is said but that the argument is as it was given.
func (g Given) plainly() bool { return !g.Short && g.Excerpt == nil }

func (t Trait) toWire() wireTrait {
	w := wireTrait{Attr: t.Attr, Part: t.Part, Sum: t.Sum}
	switch v := t.plain.(type) {
	case int64:
		w.Sum, w.Number = nil, &v
	case string:
		w.Sum, w.Text = nil, v
	}
	return w
}

// change is the change, as far as it crossed the wire, of a block whose arguments were
// args.
func (w wireChange) change(def *kind.Kind, args map[string]any) Change {
	c := Change{
		Op: cmp.Or(w.Op, NoOp), Before: w.Before, After: w.After, Uses: w.Uses, Along: w.Along, Effects: w.Effects, Fingerprint: unpackFingerprint(w.Fingerprint),
		Writes: w.Writes, Results: w.Results, Restores: w.Restores, Warnings: w.Warnings,
		Made: w.Made, Kept: w.Kept, Stays: w.Stays,
	}
	given := w.Given
	if w.AsGiven {
		given = slices.AppendSeq(given, maps.Keys(args))
	}
	if c.After == nil && (len(given) > 0 || c.Op != Delete && c.Op != NoOp) {
		c.After = map[string]any{}
	}
	for _, arg := range given {
		c.After[def.ShowsIn(arg)] = Given{Arg: arg}
	}
	if c.Op == NoOp && c.Before == nil && c.After != nil {
		c.Before = maps.Clone(c.After)
	}
	c.Traits, c.Leaves = ofWireTraits(w.Traits), ofWireTraits(w.Leaves)
	return c
}

func ofWireTraits(traits []wireTrait) []Trait {
	if len(traits) == 0 {
		return nil
	}
	out := make([]Trait, len(traits))
	for k, t := range traits {
		out[k] = t.trait()
	}
	return out
}

func (w wireTrait) trait() Trait {
	switch {
	case w.Number != nil:
		return NewTrait(w.Attr, nil, *w.Number)
	case w.Text != "":
		return NewTrait(w.Attr, nil, w.Text)
	}
	return Trait{Attr: w.Attr, Part: w.Part, Sum: w.Sum}
}

// shortened is a change without what whoever sent the arguments knows: arguments that
// are as they were given, the thing that they name, and what was before if nothing is
// done.
func (c Change) shortened(def *kind.Kind, raw cbor.RawMessage) Change {
	var args map[string]cbor.RawMessage
	if transport.Unmarshal(raw, &args) != nil {
		return c
	}
	s := shortener{def, args}
	c.Traits = s.traits(c.Traits, c.Before)
	if c.Op == NoOp && alike(c.Before, c.After) {
		c.Before = nil
	}
	c.Leaves = s.traits(c.Leaves, c.After)
	c.After = s.given(c.After)
	c.asGiven = s.all(c.After)
	if thing := s.named(); thing != "" && len(c.Writes) == 1 && c.Writes[0] == thing {
		c.Writes = []kind.Thing{""}
	}
	return c
}

type shortener struct {
	def  *kind.Kind
	args map[string]cbor.RawMessage
}

func (s shortener) given(values map[string]any) map[string]any {
	if values == nil {
		return nil
	}
	out := maps.Clone(values)
	for name, v := range values {
		if s.asSent(name, v) {
			out[name] = Given{Arg: name}
		}
	}
	return out
}

// asSent reports whether the value of an attribute is that of the argument of this name.
func (s shortener) asSent(name string, v any) bool {
	raw, ok := s.args[name]
	if _, said := v.(Given); said || !ok || s.def.ShowsIn(name) != name {
		return false
	}
	b, err := transport.Marshal(v)
	return err == nil && bytes.Equal(b, raw)
}

// all reports whether values are all the arguments, as they were given.
func (s shortener) all(values map[string]any) bool {
	for name, v := range values {
		g, ok := v.(Given)
		if _, sent := s.args[g.Arg]; !ok || !sent || !g.plainly() || s.def.ShowsIn(g.Arg) != name {
			return false
		}
	}
	return len(values) == len(s.args) && len(values) > 0 // no two show in one attribute
}

// named is the thing that the arguments name.
func (s shortener) named() kind.Thing {
	return namedThing(s.def, func(arg string) (text string, ok bool) {
		var v any
		if raw, has := s.args[arg]; !has || transport.Unmarshal(raw, &v) != nil {
			return "", false
		}
		return WireText(v)
	})
}

// traits leaves out the sums of contents that were given, and are there already.
func (s shortener) traits(traits []Trait, side map[string]any) []Trait {
	out := slices.Clone(traits)
	for i, t := range out {
		if _, there := side[t.Attr].(Given); there && t.Part == nil {
			out[i].Sum = nil
		}
	}
	return out
}

// alike reports whether two sides of a change are the same on the wire.
func alike(a, b map[string]any) bool {
	if a == nil || b == nil || len(a) != len(b) {
		return false
	}
	for name, v := range a {
		if w, has := b[name]; !has || !alikeValues(v, w) {
			return false
		}
	}
	return true
}

// alikeValues encodes the values only if they may be alike and it cannot be seen.
func alikeValues(a, b any) bool {
	switch a.(type) {
	case string, int64, bool, kind.Text, Given:
		if a == b {
			return true
		}
	}
	x, errX := canonical.Marshal(a)
	y, errY := canonical.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// packFingerprint has the digests of a fingerprint as bytes: 32 of the whole, and for
// each part the length of its name, the name, and 4 of it. One of another form, which no
// kind makes, stays, and is read as it is only if it has fewer than 32 bytes.
func packFingerprint(f string) []byte {
	parts := strings.Split(f, ";")
	out, err := hex.DecodeString(parts[0])
	if err != nil || len(out) != 32 {
		return []byte(f)
	}
	for _, part := range parts[1:] {
		name, sum, _ := strings.Cut(part, "=")
		b, err := hex.DecodeString(sum)
		if err != nil || len(b) != 4 || len(name) > 255 {
			return []byte(f)
		}
		out = append(append(append(out, byte(len(name))), name...), b...)
	}
	if unpackFingerprint(out) != f {
		return []byte(f)
	}
	return out
}

// unpackFingerprint is the fingerprint of which these are the digests, or the bytes as
// they are.
func unpackFingerprint(b []byte) string {
	if len(b) < 32 {
		return string(b)
	}
	var out strings.Builder
	out.WriteString(hex.EncodeToString(b[:32]))
	for rest := b[32:]; len(rest) > 0; {
		n := int(rest[0])
		if len(rest) < 1+n+4 {
			return string(b)
		}
		out.WriteString(";" + string(rest[1:1+n]) + "=" + hex.EncodeToString(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(rest[1+n:]))))
		rest = rest[1+n+4:]
	}
	return out.String()
}
