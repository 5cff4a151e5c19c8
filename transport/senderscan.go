package transport

import (
	"reflect"
	"sync"
)

// eachSender calls f for every Sender in a value that is encoded.
func eachSender(v any, f func(Sender)) {
	if v != nil && mayHoldSender(reflect.TypeOf(v)) {
		walkSenders(reflect.ValueOf(v), f, 0)
	}
}

var (
	senderType  = reflect.TypeFor[Sender]()
	senderHeld  sync.Map // reflect.Type to bool
	senderRead  sync.Map // the same, for values that the decoder makes
	maxWalkDeep = 2 * maxNesting
)

// mayHoldSender reports whether a value of a type can have a Sender in it. Most
// cannot, and are never walked through.
func mayHoldSender(t reflect.Type) bool {
	if held, ok := senderHeld.Load(t); ok {
		return held.(bool)
	}
	held := holdsSender(t, true, map[reflect.Type]bool{})
	senderHeld.Store(t, held)
	return held
}

// decodesSender is mayHoldSender for a value that was decoded. The decoder puts
// no Sender into an any.
func decodesSender(t reflect.Type) bool {
	if held, ok := senderRead.Load(t); ok {
		return held.(bool)
	}
	held := holdsSender(t, false, map[reflect.Type]bool{})
	senderRead.Store(t, held)
	return held
}

func holdsSender(t reflect.Type, dynamic bool, seen map[reflect.Type]bool) bool {
	if t == senderType {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return dynamic
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsSender(t.Elem(), dynamic, seen)
	case reflect.Map:
		return holdsSender(t.Key(), dynamic, seen) || holdsSender(t.Elem(), dynamic, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && holdsSender(f.Type, dynamic, seen) {
				return true
			}
		}
	}
	return false
}

// walkSenders calls f for every Sender in v.
func walkSenders(v reflect.Value, f func(Sender), depth int) {
	if depth > maxWalkDeep || !v.IsValid() || !mayHoldSender(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		walkSenders(v.Elem(), f, depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walkSenders(v.Index(i), f, depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walkSenders(it.Key(), f, depth+1)
			walkSenders(it.Value(), f, depth+1)
		}
	case reflect.Struct:
		if v.Type() == senderType {
			f(v.Interface().(Sender))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkSenders(v.Field(i), f, depth+1)
			}
		}
	}
}
