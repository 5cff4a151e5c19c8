package resource

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Change is what a resource would do, or did, to its thing.
type Change struct {
	Op Op `cbor:"action"`
	// Before and After map attributes to wire values; nil means absent. They
	// hold what the block manages only. Content that is long or no text is
	// a Digest, as is all content of a Change that does nothing. An attribute
	// that After lacks, but whose argument was given, is known after apply.
	Before map[string]any `cbor:"before"`
	After  map[string]any `cbor:"after"`
	// Uses names arguments that decide how the change is made and say nothing
	// of what the thing is: force, where it replaces something else.
	Uses []string `cbor:"uses,omitempty"`
	// Along is what else changes; nil is nothing.
	Along *Along `cbor:"along,omitempty"`
	// Effects say what else sees of this action before it is applied. There
	// are none where Op is NoOp.
	Effects []Effect `cbor:"effects,omitempty"`
	// Fingerprint tells whether the thing is still as it was read. It is
	// empty where there is nothing to compare with.
	Fingerprint string `cbor:"fingerprint,omitempty"`
	// Writes name resolved things.
	Writes []kind.Thing `cbor:"writes,omitempty"`
	// Results are computed results; an absent key is known after apply.
	Results map[string]any `cbor:"results,omitempty"`
	// Restores are the things whose planned state after this action equals
	// what is on the machine now, though an action before changes them: the
	// net effect of the chain is nothing.
	Restores []kind.Thing   `cbor:"restores,omitempty"`
	Warnings []kind.Problem `cbor:"warnings,omitempty"`
	// Traits are what the block manages of the thing: in the reply to a check as
	// it is before, in that to an apply as it was left.
	Traits []Trait `cbor:"traits,omitempty"`

	// seen is what was read and matters beyond Before.
	seen map[string]any
	// unsure is set where Before rests on something not known yet: such a
	// Change has no fingerprint.
	unsure bool
	// found and left are the traits before and after.
	found, left []Trait
}

// Effect is the planned state of one thing after an action.
type Effect struct {
	// Thing is "path:/etc/x", "user:app" or "group:app".
	Thing kind.Thing `cbor:"thing"`
	// Exactly one of these is set.
	Entry *Entry `cbor:"entry,omitempty"`
	User  *User  `cbor:"user,omitempty"`
	Group *Group `cbor:"group,omitempty"`
}

// Valid reports whether the effect has the form that its thing asks for.
func (e Effect) Valid() bool {
	what, name := e.Thing.Parts()
	if name == "" {
		return false
	}
	return (e.Entry != nil) == (what == kind.PathOf) && (e.User != nil) == (what == kind.UserOf) && (e.Group != nil) == (what == kind.GroupOf) &&
		(e.Entry != nil || e.User != nil || e.Group != nil)
}

// Delta is what an action in another context of the same machine will have
// done.
type Delta struct {
	Address string   `cbor:"address"`
	After   []string `cbor:"after,omitempty"`
	Effects []Effect `cbor:"effects,omitempty"`
	// Attempt is that of the check that found them; see CheckRequest.
	Attempt int `cbor:"attempt,omitempty"`
}

// Digest stands for content that is too long or not text, in Before and After.
// It is made under the key of the machine, so that it tells whether two contents
// of one plan are the same and nobody else can guess at them.
type Digest struct {
	// MAC is the HMAC-SHA-256 of the content's SHA-256.
	MAC  []byte `cbor:"mac"`
	Size int64  `cbor:"size"`
	// Excerpt is what differs, where it is the digest of a long text; nil else.
	Excerpt *Excerpt `cbor:"excerpt,omitempty"`
}

// digest is the Digest of a content under a key.
func (c Content) digest(key []byte) Digest {
	h := hmac.New(sha256.New, key)
	h.Write(c.SHA256)
	return Digest{MAC: h.Sum(nil), Size: c.Size}
}

// AsDigest returns the Digest that a value of Before or After is, also after
// it crossed the wire as a map.
func AsDigest(v any) (Digest, bool) {
	switch v := v.(type) {
	case Digest:
		return v, true
	case map[string]any:
		sum, ok := asBytes(v["mac"])
		size, isInt := asInt(v["size"])
		part, hasExcerpt := asExcerpt(v["excerpt"])
		if !ok || !isInt || size < 0 || len(v) != 2 && (!hasExcerpt || len(v) != 3) || len(sum) != 32 {
			return Digest{}, false
		}
		return Digest{MAC: sum, Size: size, Excerpt: part}, true
	}
	return Digest{}, false
}

// asExcerpt returns the Excerpt that a value is after it crossed the wire as a map.
func asExcerpt(v any) (*Excerpt, bool) {
	m, ok := v.(map[string]any)
	if !ok || len(m) != 5 {
		return nil, false
	}
	text, isText := asBytes(m["text"])
	name, _ := m["encoding"].(string)
	if raw, ok := asBytes(m["encoding"]); ok {
		name = string(raw)
	}
	above, okAbove := asInt(m["above"])
	below, okBelow := asInt(m["below"])
	left, okLeft := asInt(m["left"])
	p := Excerpt{kind.Text(text), charset.Encoding(name), above, below, left}
	if !isText || !okAbove || !okBelow || !okLeft || !p.Valid() {
		return nil, false
	}
	return &p, true
}

func asBytes(v any) ([]byte, bool) {
	switch v := v.(type) {
	case []byte:
		return v, true
	case cbor.ByteString:
		return []byte(v), true
	}
	return nil, false
}

func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case uint64:
		return int64(v), v < 1<<62
	}
	return 0, false
}
