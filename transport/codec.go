package transport

import (
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// maxNesting is how deep arrays and maps of a payload may be in each other.
const maxNesting = 32

// maxElements and maxMapPairs are how many elements an array and how many pairs a map of a
// payload has at most.
const (
	maxElements = 131072
	maxMapPairs = 65536
)

var (
	encOptions = cbor.EncOptions{Sort: cbor.SortBytewiseLexical, Time: cbor.TimeRFC3339Nano}
	decOptions = cbor.DecOptions{
		MaxNestedLevels:  maxNesting,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxMapPairs,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		IntDec:           cbor.IntDecConvertSignedOrFail,
	}
	encMode = must(encOptions.EncMode())
	decMode = must(decOptions.DecMode())
)

func must[T any](m T, err error) T {
	if err != nil {
		panic(err)
	}
	return m
}

// Marshal encodes a payload. The same value always becomes the same bytes.
func Marshal(v any) ([]byte, error) { return encMode.Marshal(v) }

// harmless is the length up to which a payload is decoded without an estimate:
// it cannot become much, whatever it is decoded into.
const harmless = 512

// Unmarshal decodes a payload from another process. It refuses one that is
// nested too deeply, has too many elements, or whose values would take more
// than 64 MiB; see doc.go. Numbers in an any become int64, maps become
// map[string]any, and nothing there may have a tag.
func Unmarshal(b []byte, v any) error {
	if len(b) <= harmless {
		if err := decMode.Unmarshal(b, v); err == nil {
			return nil
		}
	}
	_, err := unmarshal(b, v, maxDecoded)
	return err
}

// unmarshal decodes a payload whose values may take limit bytes, and returns an
// estimate of how many they take. If they would take more, nothing is decoded
// and the error is a *costError.
func unmarshal(b []byte, v any, limit int64) (int64, error) {
	n, err := estimated(scanner{b: b, left: limit, plain: true}, v)
	if err == nil {
		if err = decMode.Unmarshal(b, v); err != nil && plainMode.Unmarshal(b, v) == nil {
			err = nil
		}
	}
	if err == errMalformed {
		if bad := decMode.Wellformed(b); bad != nil {
			err = bad // the decoder says it better
		}
	}
	return n, cleanDecodeError(err)
}

// estimated is what the scanner estimates for a payload that is decoded into v.
func estimated(s scanner, v any) (int64, error) {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return 0, decMode.Unmarshal(s.b, v) // which says what is wrong
	}
	return s.cost(t.Elem())
}

// decodeError is an error of the decoder in words that may be shown. The
// decoder quotes what it was sent, so its text is cleaned.
type decodeError struct{ err error }

func (e *decodeError) Error() string { return oneLine(shorten(Clean(e.err.Error()), 256)) }
func (e *decodeError) Unwrap() error { return e.err }

// cleanDecodeError makes an error of the decoder one that may be shown.
func cleanDecodeError(err error) error {
	switch err.(type) {
	case nil, *costError:
		return err
	}
	return &decodeError{err}
}

// unmarshalTrusted decodes what came from above, without an estimate: a context
// above may run any function here, so it may also send long input to one.
func unmarshalTrusted(b []byte, v any) error {
	err := decMode.Unmarshal(b, v)
	if err != nil {
		_, err = unmarshal(b, v, 1<<62)
	}
	return err
}
