package planner

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// DamageError is a plan file that begins as one of this version and does not go
// on as one. Decoding a File or its sealed part returns it.
type DamageError struct {
	// Part says where: `actions[3].op`. It is "" for the content as a whole.
	Part string
	// Why continues a sentence that begins with the part: "is cut short".
	Why string
}

func (e *DamageError) Error() string {
	part := e.Part
	if part == "" {
		part = "its content"
	}
	return fmt.Sprintf("it is damaged or was made by hand: %s %s. Make a new plan", part, e.Why)
}

const isCutShort = "is cut short"

// within says that the damage is in the part of that name.
func (e *DamageError) within(name string) *DamageError {
	dot := "."
	if e.Part == "" || strings.HasPrefix(e.Part, "[") {
		dot = ""
	}
	return &DamageError{Part: name + dot + e.Part, Why: e.Why}
}

// unpackDamage says in the reader's words why content was not unpacked.
func unpackDamage(err error) *DamageError {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &DamageError{Why: isCutShort}
	case errors.Is(err, gzip.ErrChecksum):
		return &DamageError{Why: "has another checksum than was written with it"}
	}
	return &DamageError{Why: "is not packed as that of a plan"}
}

// findDamage looks for the innermost part of an item of CBOR that is not what t
// needs. It returns nil if there is none. It reads the item once for each level,
// so it is only called about an item that could not be decoded.
func findDamage(raw []byte, t reflect.Type) *DamageError {
	err := fileDecMode.Unmarshal(raw, reflect.New(t).Interface())
	if err == nil {
		return nil
	}
	for name, part := range partsOf(raw, t) {
		if damage := findDamage(part.raw, part.as); damage != nil {
			return damage.within(name)
		}
	}
	return &DamageError{Why: whyNot(err, t)}
}

// part is an element of an item, and the type that it is decoded as.
type part struct {
	raw []byte
	as  reflect.Type
}

// partsOf are the elements of an item that is decoded as t, by name, in the order
// of the specification. An item that has none, or another form, gives nothing.
func partsOf(raw []byte, t reflect.Type) iter.Seq2[string, part] {
	return func(yield func(string, part) bool) {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t == reflect.TypeFor[time.Time]():
		case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
			var elements []cbor.RawMessage
			_ = fileDecMode.Unmarshal(raw, &elements) // without them, the whole is to blame
			for k, e := range elements {
				if !yield(fmt.Sprintf("[%d]", k), part{e, t.Elem()}) {
					return
				}
			}
		case t.Kind() == reflect.Map:
			elements := elementsByName(raw)
			for _, name := range slices.Sorted(maps.Keys(elements)) {
				if !yield(fmt.Sprintf("[%q]", clip(name)), part{elements[name], t.Elem()}) {
					return
				}
			}
		case t.Kind() == reflect.Struct:
			fieldsOf(elementsByName(raw), t, yield)
		}
	}
}

// fieldsOf yields those elements of a map that t has a field for.
func fieldsOf(elements map[string]cbor.RawMessage, t reflect.Type, yield func(string, part) bool) {
	for k := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(k).Tag.Get("cbor"), ",")
		if raw, ok := elements[name]; ok && !yield(name, part{raw, t.Field(k).Type}) {
			return
		}
	}
}

// elementsByName are the elements of a map, nil if the item is none.
func elementsByName(raw []byte) map[string]cbor.RawMessage {
	var elements map[string]cbor.RawMessage
	if fileDecMode.Unmarshal(raw, &elements) != nil {
		return nil
	}
	return elements
}

// whyNot says in the reader's words why an item was not decoded as t.
func whyNot(err error, t reflect.Type) string {
	if twice := (*cbor.DupMapKeyError)(nil); errors.As(err, &twice) {
		return fmt.Sprintf("has %q twice", clip(fmt.Sprint(twice.Key)))
	}
	if tooLarge(err) {
		return "has more elements or levels than a plan can have"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return isCutShort
	}
	if malformed(err) {
		return "is not written in the form of a plan"
	}
	return "is not " + formOf(t)
}

// malformed says whether an item is none at all, or more than one.
func malformed(err error) bool {
	var syntax *cbor.SyntaxError
	var rest *cbor.ExtraneousDataError
	var length *cbor.IndefiniteLengthError
	var tag *cbor.TagsMdError
	return errors.As(err, &syntax) || errors.As(err, &rest) || errors.As(err, &length) || errors.As(err, &tag)
}

// tooLarge says whether an item is beyond a bound of the format.
func tooLarge(err error) bool {
	var levels *cbor.MaxNestedLevelError
	var elements *cbor.MaxArrayElementsError
	var pairs *cbor.MaxMapPairsError
	return errors.As(err, &levels) || errors.As(err, &elements) || errors.As(err, &pairs)
}

// formOf is how the specification calls what is decoded as t.
func formOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "a time"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "bytes"
	case t.Kind() == reflect.Pointer:
		return formOf(t.Elem())
	}
	if form := forms[t.Kind()]; form != "" {
		return form
	}
	return "a number"
}

var forms = map[reflect.Kind]string{
	reflect.Slice: "an array", reflect.Map: "a map", reflect.Struct: "a map",
	reflect.String: "a text", reflect.Bool: "a bool", reflect.Interface: "a value",
}
