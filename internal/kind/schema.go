package kind

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

type byteString = cbor.ByteString

// Base is the shape of a value, without its element type.
type Base string

// The shapes that cross the wire. Bytes are base64 in HCL and raw on the wire.
const (
	String Base = "string"
	Number Base = "number" // int64
	Float  Base = "float"  // float64
	Bool   Base = "bool"
	Bytes  Base = "bytes"
	List   Base = "list"
	Map    Base = "map"
	Object Base = "object"
	Any    Base = "any"
)

// Type is the type of an attribute.
type Type struct {
	Base Base
	// Text is true for a string that travels as bytes; see the type Text.
	Text bool
	// Elem is the element type of a list or map.
	Elem *Type
	// Object are the attributes of an object.
	Object *Schema
}

func (t Type) String() string {
	switch t.Base {
	case List, Map:
		return string(t.Base) + " of " + t.Elem.String()
	}
	return string(t.Base)
}

// Attr is one argument or result, read from one struct field.
//
// The field's `cbor` tag names it, `doc` documents it, and `mito` holds comma
// separated options:
//
//	required      must be set
//	computed      only ever a result
//	secret        sensitive by nature, whatever the expression; no Problem
//	              quotes it
//	public        stands in reports, errors and logs as it is, so that it may
//	              not be made from a secret; so does what claims or edits
//	diff          long text, shown as a unified diff
//	claims=THING  the block is the one owner of this thing on its machine
//	edits=THING   the block changes a part of this thing
//	needs=THING   the block comes after whoever claims this thing
//	oneof=a|b     the only values
//	default=V     what the kind does when it is not set, for the manual
//	conflicts=X|Y may not be set together with these
//	shows=X|Y     these attributes of a change are made of it, beside its own
//
// THING is "path", "user" or "group". A path also needs the nearest claimed
// directory above it.
//
// shows is how the planner knows, whatever a host says, what a sensitive
// argument makes sensitive: the line of a file shows in its whole content.
type Attr struct {
	Name, Doc string
	Type      Type
	Required  bool
	Computed  bool
	Secret    bool
	Public    bool
	Diff      bool
	Claims    string
	Edits     string
	Needs     string
	OneOf     []string
	Default   string
	Conflicts []string
	Shows     []string
}

// Schema is an ordered list of attributes, in the order of the struct's fields.
type Schema struct {
	Attrs []Attr
}

// Attr returns the attribute of that name.
func (s *Schema) Attr(name string) (Attr, bool) {
	for _, a := range s.Attrs {
		if a.Name == name {
			return a, true
		}
	}
	return Attr{}, false
}

// SchemaOf reads the schema of a struct from its fields' tags; see Attr. It
// panics on a field that it cannot describe: that is a mistake in the
// definition, found by every test that touches it.
func SchemaOf(v any) Schema {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return schemaOf(t)
}

func schemaOf(t reflect.Type) Schema {
	var s Schema
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			s.Attrs = append(s.Attrs, schemaOf(f.Type).Attrs...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		if name == "" || name == "-" {
			continue
		}
		a := Attr{Name: name, Doc: f.Tag.Get("doc"), Type: typeOf(f.Type)}
		a.options(f)
		s.Attrs = append(s.Attrs, a)
	}
	return s
}

func (a *Attr) options(f reflect.StructField) {
	tag := f.Tag.Get("mito")
	if tag == "" {
		return
	}
	for _, opt := range strings.Split(tag, ",") {
		key, val, _ := strings.Cut(opt, "=")
		switch key {
		case "required":
			a.Required = true
		case "computed":
			a.Computed = true
		case "secret":
			a.Secret = true
		case "public":
			a.Public = true
		case "diff":
			a.Diff = true
		case "claims":
			a.Claims = val
		case "edits":
			a.Edits = val
		case "needs":
			a.Needs = val
		case "oneof":
			a.OneOf = strings.Split(val, "|")
		case "default":
			a.Default = val
		case "conflicts":
			a.Conflicts = strings.Split(val, "|")
		case "shows":
			a.Shows = strings.Split(val, "|")
		default:
			panic(fmt.Sprintf("kind: field %s: unknown option %q in its mito tag", f.Name, key))
		}
	}
}

var byteStringType = reflect.TypeFor[byteString]()

func typeOf(t reflect.Type) Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == byteStringType {
		return Type{Base: String, Text: true}
	}
	switch t.Kind() {
	case reflect.String:
		return Type{Base: String}
	case reflect.Bool:
		return Type{Base: Bool}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Type{Base: Number}
	case reflect.Float32, reflect.Float64:
		return Type{Base: Float}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return Type{Base: Bytes}
		}
		e := typeOf(t.Elem())
		return Type{Base: List, Elem: &e}
	case reflect.Map:
		e := typeOf(t.Elem())
		return Type{Base: Map, Elem: &e}
	case reflect.Struct:
		s := schemaOf(t)
		return Type{Base: Object, Object: &s}
	case reflect.Interface:
		return Type{Base: Any}
	}
	panic(fmt.Sprintf("kind: no schema for a field of type %s", t))
}
