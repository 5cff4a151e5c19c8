package transport

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Set is a set of values. It crosses the wire as the tag 258 of the CBOR registry, and
// arrives in an any as a Set[any]. A plain map[T]struct{} is a map for the wire: in an any
// it arrives as one of empty objects.
type Set[T comparable] map[T]struct{}

// SetOf makes a set.
func SetOf[T comparable](elements ...T) Set[T] {
	s := make(Set[T], len(elements))
	for _, e := range elements {
		s[e] = struct{}{}
	}
	return s
}

// MarshalCBOR encodes the set for the wire: equal sets become the same bytes.
func (s Set[T]) MarshalCBOR() ([]byte, error) {
	if s == nil {
		return Marshal(nil)
	}
	elements := make([]cbor.RawMessage, 0, len(s))
	for e := range s {
		var v any = e
		raw, err := encodeTagged(&v)
		if err != nil {
			return nil, err
		}
		elements = append(elements, raw)
	}
	slices.SortFunc(elements, func(a, b cbor.RawMessage) int { return bytes.Compare(a, b) })
	return Marshal(cbor.Tag{Number: tagSet, Content: elements})
}

// UnmarshalCBOR decodes a set from the wire.
func (s *Set[T]) UnmarshalCBOR(b []byte) error {
	var elements []T
	if err := taggedMode().Unmarshal(b, &elements); err != nil || elements == nil {
		*s = nil
		return err
	}
	*s = make(Set[T], len(elements))
	for _, e := range elements {
		if v := reflect.ValueOf(e); v.IsValid() && !v.Comparable() {
			return fmt.Errorf("a set of %T, of which Go can make none", e)
		}
		(*s)[e] = struct{}{}
	}
	return nil
}
