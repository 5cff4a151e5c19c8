package transport

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// encodeValue encodes a value of the program: an input, a result, or what a Sender sends.
// It refuses what would become something else on the way.
func encodeValue(v any) (_ []byte, err error) {
	walkValue(reflect.ValueOf(&v).Elem(), func(v reflect.Value) (deeper bool) {
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
		return fmt.Errorf("a %s, which cannot cross the wire", t)
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return fmt.Errorf("the interface %s, of which the other side cannot make a value", t)
		}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return crosses(t.Elem(), seen)
	case reflect.Map:
		return errors.Join(crosses(t.Key(), seen), crosses(t.Elem(), seen))
	case reflect.Struct:
		return structCrosses(t, seen)
	}
	return nil
}

// encodes reports whether values of a type, or pointers to them, encode themselves.
func encodes(t reflect.Type) bool {
	for _, own := range encodesItself {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

// structCrosses is crosses for a struct: its exported fields cross, and it needs one,
// unless it has no fields at all.
func structCrosses(t reflect.Type, seen map[reflect.Type]bool) error {
	sent := t.NumField() == 0
	for i := range t.NumField() {
		f := t.Field(i) // Fields would link iterators into each agent
		if !f.IsExported() && !f.Anonymous || cmp.Or(f.Tag.Get("cbor"), f.Tag.Get("json")) == "-" {
			continue
		}
		sent = true
		if err := crosses(f.Type, seen); err != nil {
			return err
		}
	}
	if !sent {
		return fmt.Errorf("the type %s, of which no field is exported", t)
	}
	return nil
}
