package transport

import (
	"encoding"
	"math/big"
	"reflect"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Bytes that values take on a 64-bit machine.
const (
	number        = 8
	stringHeader  = 16
	interfaceSize = 16
	sliceHeader   = 24
	unknownKey    = 64
	taggedSize    = 64  // what a value with a tag takes beside its bytes
	errorTaken    = 512 // the same for an error
	// emptyMap is a map, and the set of its keys that the decoder keeps.
	emptyMap = 96
	// slots is how many pairs a map has room for as soon as it has one.
	slots = 8
)

// mapCost is what a map of n pairs takes, each pair of that size. The room of a
// map doubles as it grows.
func mapCost(n, pair int64) int64 {
	if n == 0 {
		return emptyMap
	}
	return emptyMap + max(slots, 2*n)*(pair+1)
}

// shapeKind says how values of a type are decoded.
type shapeKind int

const (
	shapeScalar shapeKind = iota
	shapeAny
	shapeOwn // it decodes itself, from its bytes
	shapeString
	shapePointer
	shapeList
	shapeSet
	shapeMap
	shapeStruct
)

// shape is what the scan needs to know of a type.
type shape struct {
	kind              shapeKind
	key, elem         reflect.Type
	keySize, elemSize int64
	fields            map[string]reflect.Type
}

var (
	shapes          sync.Map // reflect.Type to *shape
	ownCBOR         = reflect.TypeFor[cbor.Unmarshaler]()
	ownBinary       = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	rawMessage      = reflect.TypeFor[cbor.RawMessage]()
	ownEncoding     = reflect.TypeFor[cbor.Marshaler]()
	bigType         = reflect.TypeFor[big.Int]()
	remoteType      = reflect.TypeFor[RemoteError]()
	anyType         = reflect.TypeFor[any]()
	decodedByItself = []reflect.Type{ownCBOR, ownBinary}
)

// shapeOf is the shape of a type. It is computed once for each type.
func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s, _ := shapes.LoadOrStore(t, newShape(t))
	return s.(*shape)
}

func newShape(t reflect.Type) *shape {
	switch {
	case t == rawMessage || t == bigType:
		return &shape{kind: shapeOwn}
	case t == remoteType:
		return newShape(reflect.TypeFor[sentError]())
	case isSet(t):
		return &shape{kind: shapeSet, key: t.Key(), keySize: int64(t.Key().Size())}
	}
	for _, i := range decodedByItself {
		if t.Implements(i) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(i) {
			return &shape{kind: shapeOwn}
		}
	}
	switch t.Kind() {
	case reflect.Interface:
		return &shape{kind: shapeAny}
	case reflect.String:
		return &shape{kind: shapeString}
	case reflect.Pointer:
		return &shape{kind: shapePointer, elem: t.Elem(), elemSize: int64(t.Elem().Size())}
	case reflect.Slice, reflect.Array:
		return &shape{kind: shapeList, elem: t.Elem(), elemSize: int64(t.Elem().Size())}
	case reflect.Map:
		return &shape{kind: shapeMap, key: t.Key(), keySize: int64(t.Key().Size()), elem: t.Elem(), elemSize: int64(t.Elem().Size())}
	case reflect.Struct:
		return &shape{kind: shapeStruct, fields: fieldTypes(t)}
	}
	return &shape{}
}

// isSet reports whether a type is a Set of something.
func isSet(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Elem() == reflect.TypeFor[struct{}]() && t.Implements(ownEncoding)
}

// fieldTypes are the types of a struct's fields by their names on the wire.
func fieldTypes(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("cbor")
		if tag == "" {
			tag = f.Tag.Get("json")
		}
		name, _, _ := strings.Cut(tag, ",")
		if !f.IsExported() || tag == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields[name] = f.Type
	}
	return fields
}

// fieldType is the type of a field, nil if there is none of that name. As for
// the decoder, upper and lower case are the same.
func (s *shape) fieldType(name []byte) reflect.Type {
	if t := s.fields[string(name)]; t != nil {
		return t
	}
	for f, t := range s.fields {
		if len(f) == len(name) && strings.EqualFold(f, string(name)) {
			return t
		}
	}
	return nil
}
