package resource

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Digest stands in Before and After for content that is too long to send or no text.
// It is made with the key of the plan, so that the planner can tell whether two
// contents are the same and nobody who reads the plan can guess at them.
type Digest struct {
	// MAC is the HMAC-SHA-256 of the content's SHA-256.
	MAC  []byte `cbor:"mac"`
	Size int64  `cbor:"size"`
	// Excerpt is what differs, if it is the digest of a long text; nil else.
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

// WireNumber returns the number that a value has on the wire, 0 if it is none.
func WireNumber(v any) int64 {
	n, _ := asInt(v)
	return n
}

// WireText returns the text that a value has on the wire.
func WireText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case kind.Text:
		return string(v), true
	}
	b, ok := asBytes(v)
	return string(b), ok
}
