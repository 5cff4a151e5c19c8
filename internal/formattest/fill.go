package formattest

import (
	"reflect"
	"strings"
	"time"
)

// Fill sets every field that a value of a format can have, to values that say
// where they belong: a golden file made of it shows every field, and one that is
// added later changes it. Tag is the key of the tags; v is a pointer to a struct.
// What is not written stays as it is.
func Fill(v any, tag string) {
	f := filler{tag: tag}
	f.set(reflect.ValueOf(v).Elem(), "")
}

// filledTime is what every time is filled with.
var filledTime = time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)

type filler struct {
	tag string
	// at are the types that are being filled: a type in itself is filled once.
	at []reflect.Type
}

func (f *filler) set(v reflect.Value, name string) {
	switch t := v.Type(); {
	case t == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(filledTime))
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		f.set(v.Elem(), name)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte(name))
	case t.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
		f.set(v.Index(0), name)
	case t.Kind() == reflect.Map:
		elem := reflect.New(t.Elem()).Elem()
		f.set(elem, name)
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(reflect.ValueOf("key of "+name).Convert(t.Key()), elem)
	case t.Kind() == reflect.Struct:
		f.fields(v)
	case t.Kind() == reflect.Interface:
		v.Set(reflect.ValueOf("value of " + name))
	case t.Kind() == reflect.String:
		v.SetString(name)
	case t.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(len(name)))
	case v.CanUint():
		v.SetUint(uint64(len(name)))
	}
}

func (f *filler) fields(v reflect.Value) {
	for _, t := range f.at {
		if t == v.Type() {
			return
		}
	}
	f.at = append(f.at, v.Type())
	for field := range fieldsOf(v.Type()) {
		tag, _, _ := strings.Cut(field.Tag.Get(f.tag), ",")
		if tag != "-" {
			f.set(v.FieldByIndex(field.Index), tag)
		}
	}
	f.at = f.at[:len(f.at)-1]
}
