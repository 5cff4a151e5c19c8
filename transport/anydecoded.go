package transport

import (
	"maps"
	"reflect"
)

// settle makes of what the decoder put into an any what is promised: see docs/go.md.
func settle(v reflect.Value) {
	if !mayHoldSender(v.Type()) || encodes(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() && v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(settled(v.Interface())))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			settle(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			settle(v.Index(i))
		}
	case reflect.Map:
		// A key that is no number is not found again: setting it adds to the map.
		all := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			all.SetMapIndex(it.Key(), it.Value())
		}
		v.Clear()
		for it := all.MapRange(); it.Next(); {
			element := reflect.New(v.Type().Elem()).Elem()
			element.Set(it.Value())
			settle(element)
			v.SetMapIndex(it.Key(), element)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() || v.Type().Field(i).Anonymous {
				settle(f)
			}
		}
	}
}

// settled is settle for what is in an any.
func settled(x any) any {
	switch x := x.(type) {
	case RemoteError:
		return &x
	case []any:
		for i := range x {
			if x[i] != nil {
				x[i] = settled(x[i])
			}
		}
	case map[any]any:
		all := maps.Clone(x)
		clear(x) // as above
		for k, e := range all {
			if e != nil {
				e = settled(e)
			}
			x[k] = e
		}
		if texts, ok := keyed[string](x); ok {
			return texts
		}
		if integers, ok := keyed[int64](x); ok {
			return integers
		}
	}
	return x
}

// keyed is a map whose keys are all of one type.
func keyed[K comparable](m map[any]any) (map[K]any, bool) {
	of := make(map[K]any, len(m))
	for k, e := range m {
		key, ok := k.(K)
		if !ok {
			return nil, false
		}
		of[key] = e
	}
	return of, true
}
