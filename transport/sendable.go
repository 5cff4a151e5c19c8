package transport

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// values is how values of a program cross the wire: the inputs and results of a function,
// and what a Sender sends. The two are allValues, and plainValues of what was made by
// NewPlainFunc; a program that has no other functions does not link the former.
type values struct {
	// encode encodes a value. If v is a pointer, it encodes what that points to: so an any is
	// known as one. It refuses what would become something else on the way.
	encode func(v any) ([]byte, error)
	// decode decodes what was refused with err as a payload without tags; nil if nothing
	// else may come. It is limited as unmarshal is.
	decode func(b []byte, v any, limit int64, err error) (int64, error)
}

var plainValues = &values{encode: encodePlain}

// encodePlain encodes a value without tags.
func encodePlain(v any) (_ []byte, err error) {
	of := reflect.ValueOf(v)
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	err = checkSent(of)
	walkValue(of, func(v reflect.Value) (deeper bool) {
		if v.Kind() != reflect.Interface {
			return err == nil && !encodes(v.Type())
		}
		if err == nil && !v.IsNil() {
			err = typeCrosses(v.Elem().Type())
		}
		return err == nil
	}, 0)
	if err != nil {
		return nil, fmt.Errorf("the value has %w", err)
	}
	return Marshal(v)
}

// valueError says what cannot cross the wire, and where in a value it is.
type valueError struct{ path, what string }

func (e *valueError) Error() string {
	if e.path == "" {
		return e.what
	}
	return "at " + strings.TrimPrefix(e.path, ".") + " " + e.what
}

// within is the error of a value that has the one with the error under that step.
func (e *valueError) within(step string) *valueError { return &valueError{step + e.path, e.what} }

// inside is an error of a value under that step; others than a *valueError stay as they are.
func inside(err error, step string) error {
	if e, ok := err.(*valueError); ok {
		return e.within(step)
	}
	return err
}

// crossing are the types of which typeCrosses knows that they cross.
var crossing sync.Map

// typeCrosses is crosses for a type that was in an any.
func typeCrosses(t reflect.Type) error {
	if _, ok := crossing.Load(t); ok {
		return nil
	}
	err := crosses(t, map[reflect.Type]bool{})
	if err == nil {
		crossing.Store(t, true)
	}
	return err
}

var encodesItself = []reflect.Type{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[encoding.BinaryMarshaler]()}

// crosses says why values of a type cannot cross the wire; nil if they can.
func crosses(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] || encodes(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return &valueError{what: fmt.Sprintf("a %s, which cannot cross the wire", t)}
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return &valueError{what: fmt.Sprintf("the interface %s, of which the other side cannot make a value", t)}
		}
	case reflect.Pointer:
		return crosses(t.Elem(), seen)
	case reflect.Slice, reflect.Array:
		return inside(crosses(t.Elem(), seen), "[]")
	case reflect.Map:
		if err := crosses(t.Key(), seen); err != nil {
			return inside(err, "[]")
		}
		return inside(crosses(t.Elem(), seen), "[]")
	case reflect.Struct:
		return structCrosses(t, seen)
	}
	return nil
}

// encodes reports whether values of a type, or pointers to them, encode themselves.
func encodes(t reflect.Type) bool {
	if t == bigType { // cbor encodes it
		return true
	}
	for _, own := range encodesItself {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

// isSent reports whether the encoder looks at a field of a struct.
func isSent(f reflect.StructField) bool {
	return (f.IsExported() || f.Anonymous) && cmp.Or(f.Tag.Get("cbor"), f.Tag.Get("json")) != "-"
}

// structCrosses is crosses for a struct: its exported fields cross, and it needs one,
// unless it has no fields at all.
func structCrosses(t reflect.Type, seen map[reflect.Type]bool) error {
	sent := t.NumField() == 0
	for i := range t.NumField() {
		f := t.Field(i) // Fields would link iterators into each agent
		if !isSent(f) {
			continue
		}
		sent = true
		if err := crosses(f.Type, seen); err != nil {
			return inside(err, "."+f.Name)
		}
	}
	if !sent {
		return &valueError{what: fmt.Sprintf("the type %s, of which no field is exported", t)}
	}
	return nil
}
