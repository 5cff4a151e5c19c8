package transport

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// check says what is wrong with the functions that a program wants to serve, in one
// sentence; nil if all can be served.
func (o ServeOptions) check() error {
	names := map[string]bool{}
	for i, f := range o.Functions {
		if f == nil {
			return fmt.Errorf("function %d of the list is nil", i+1)
		}
		name := f.FuncName()
		switch {
		case name == "":
			return fmt.Errorf("function %d of the list has no name", i+1)
		case names[name]:
			return fmt.Errorf("two functions have the name %q", name)
		case strings.HasPrefix(name, "transport."):
			return fmt.Errorf("the function %q has a name that begins with \"transport.\", as those have that every context serves", name)
		}
		names[name] = true
		in, out := f.types()
		for what, t := range map[string]reflect.Type{"input": in, "result": out} {
			if err := crosses(t, map[reflect.Type]bool{}); err != nil {
				return fmt.Errorf("the function %q cannot be served: its %s has %w", name, what, err)
			}
		}
	}
	return nil
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
	for f := range t.Fields() {
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("cbor") == "-" {
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
