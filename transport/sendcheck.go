package transport

import (
	"fmt"
	"reflect"
	"sync"
	"time"
)

// checkSent says why a value must not go to the encoder, which follows a value that has
// itself in it until the stack is full, or would send something else instead of it. The
// error is a *valueError. How deep a value may be is said by the encoded bytes.
func checkSent(v reflect.Value) error { return sentWalk{}.check(v) }

// sentWalk is where checkSent is in a value.
type sentWalk struct {
	levels int  // lists, maps and structs around it
	hops   int  // pointers and the like since the last of them
	inAny  bool // whether the reader has to guess its type
}

// check is checkSent for a value there.
func (w sentWalk) check(v reflect.Value) error {
	switch {
	case !v.IsValid() || !isChecked(v.Type()):
		return nil
	case v.Type() == timeType:
		return w.checkTime(v)
	case v.Kind() != reflect.Interface && encodes(v.Type()) && !isSet(v.Type()):
		return nil
	case max(w.levels, w.hops) > maxWalkDeep:
		return nestsTooDeep()
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		w.hops++
		w.inAny = w.inAny || v.Kind() == reflect.Interface
		return w.check(v.Elem())
	}
	w.levels, w.hops = w.levels+1, 0
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := w.check(v.Index(i)); err != nil {
				return inside(err, "["+itoa(i)+"]")
			}
		}
	case reflect.Map:
		return w.checkMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); isSent(f) {
				if err := w.check(v.Field(i)); err != nil {
					return inside(err, "."+f.Name)
				}
			}
		}
	}
	return nil
}

// checkMap is check for a map, or a Set.
func (w sentWalk) checkMap(v reflect.Value) error {
	for it := v.MapRange(); it.Next(); {
		err := w.check(it.Key())
		if err == nil && (w.inAny || v.Type().Key().Kind() == reflect.Interface) {
			err = checkKey(it.Key())
		}
		if err == nil {
			err = w.check(it.Value())
		}
		if err != nil {
			return inside(err, stepOf(it.Key()))
		}
	}
	return nil
}

// stepOf is the step to what is under a key. Only what has an end is shown.
func stepOf(key reflect.Value) string {
	if key.Kind() == reflect.Interface {
		key = key.Elem()
	}
	if key.Kind() >= reflect.Array && key.Kind() != reflect.String {
		return "[]"
	}
	return shorten(fmt.Sprintf("[%#v]", key), maxStep)
}

// checkKey says why a key cannot be one where the reader has to guess its type.
func checkKey(key reflect.Value) error {
	for key.Kind() == reflect.Interface || key.Kind() == reflect.Pointer {
		key = key.Elem()
	}
	if !key.IsValid() || !isNoKey(key.Type()) {
		return nil
	}
	return &valueError{what: fmt.Sprintf("a %s as a key, which can be none in an any on the other side", key.Type())}
}

// isNoKey reports whether values of a type arrive in an any as what can be no key. Times and
// the types of this package have tags. tagOf, which knows them, would be linked into all.
func isNoKey(t reflect.Type) bool {
	if t == timeType || t == bigType || t.PkgPath() == senderType.PkgPath() {
		return false
	}
	return t.Kind() == reflect.Array || t.Kind() == reflect.Struct || t.Implements(encodesItself[1])
}

// checkTime says why a time would arrive as another one.
func (w sentWalk) checkTime(v reflect.Value) error {
	if !v.CanInterface() {
		return nil // in a field that is not exported
	}
	t := v.Interface().(time.Time)
	_, offset := t.Zone()
	what := ""
	switch {
	case t.IsZero() && w.inAny:
		what = "the zero time.Time in an any, where it would arrive as nil"
	case t.IsZero():
	case t.Year() < 0 || t.Year() > 9999:
		what = "a time in the year " + itoa(t.Year()) + "; the years 0 to 9999 cross the wire"
	case offset%60 != 0 || offset <= -day || offset >= day:
		what = "a time whose zone is " + itoa(offset) + " s from UTC, which cannot cross the wire; send its UTC()"
	}
	if what == "" {
		return nil
	}
	return &valueError{what: what}
}

const day = 24 * 60 * 60

var (
	timeType = reflect.TypeFor[time.Time]()
	checked  sync.Map // reflect.Type to bool
)

// isChecked reports whether a value of a type may have one in it that checkSent refuses.
// Most cannot, and are never walked through.
func isChecked(t reflect.Type) bool {
	if is, ok := checked.Load(t); ok {
		return is.(bool)
	}
	is := mayBeRefused(t, map[reflect.Type]bool{})
	checked.Store(t, is)
	return is
}

// mayBeRefused finds times, interfaces, and types that have themselves in them. around has
// the types that it is within as true, and those that it has left as false.
func mayBeRefused(t reflect.Type, around map[reflect.Type]bool) (is bool) {
	if within, seen := around[t]; seen {
		return within
	}
	around[t] = true
	defer func() { around[t] = false }()
	switch {
	case t == timeType || t.Kind() == reflect.Interface:
		return true
	case encodes(t) && !isSet(t):
		return false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return mayBeRefused(t.Elem(), around)
	case reflect.Map:
		return isNoKey(t.Key()) || mayBeRefused(t.Key(), around) || mayBeRefused(t.Elem(), around)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); isSent(f) && mayBeRefused(f.Type, around) {
				return true
			}
		}
	}
	return false
}
