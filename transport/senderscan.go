package transport

import (
	"reflect"
	"sync"
)

// eachSender calls f for every Sender in a value that is encoded.
func eachSender(v any, f func(Sender)) {
	walkValue(reflect.ValueOf(v), func(v reflect.Value) (deeper bool) {
		if v.Type() != senderType {
			return true
		}
		f(v.Interface().(Sender))
		return false
	}, 0)
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
	held := holds(t, func(t reflect.Type) bool { return t == senderType || t.Kind() == reflect.Interface }, map[reflect.Type]bool{})
	senderHeld.Store(t, held)
	return held
}

// decodesSender is mayHoldSender for a value that was decoded from a payload without tags:
// there is no Sender in an any of it.
func decodesSender(t reflect.Type) bool {
	if held, ok := senderRead.Load(t); ok {
		return held.(bool)
	}
	held := holds(t, func(t reflect.Type) bool { return t == senderType }, map[reflect.Type]bool{})
	senderRead.Store(t, held)
	return held
}

// holds reports whether a value of a type can have one in it of a type that is meant.
func holds(t reflect.Type, meant func(reflect.Type) bool, seen map[reflect.Type]bool) bool {
	if meant(t) {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holds(t.Elem(), meant, seen)
	case reflect.Map:
		return holds(t.Key(), meant, seen) || holds(t.Elem(), meant, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); isSent(f) && holds(f.Type, meant, seen) {
				return true
			}
		}
	}
	return false
}

// walkValue calls visit for v and for the values in it, as far as there may be a Sender
// in them, or an any. visit says whether to look into the value.
func walkValue(v reflect.Value, visit func(reflect.Value) (deeper bool), depth int) {
	if depth > maxWalkDeep || !v.IsValid() || !mayHoldSender(v.Type()) || !visit(v) {
		return
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		walkValue(v.Elem(), visit, depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walkValue(v.Index(i), visit, depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walkValue(it.Key(), visit, depth+1)
			walkValue(it.Value(), visit, depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); isSent(f) {
				walkValue(v.Field(i), visit, depth+1)
			}
		}
	}
}
