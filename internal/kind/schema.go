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
// The field's `cbor` tag names it, and `mito` holds comma separated options:
//
//	required      must be set
//	computed      only ever a result
//	secret        always sensitive, whatever the expression; no Problem quotes it
//	public        shown in reports, errors and logs, so no secret may be in its
//	              value; the same holds for arguments with claims or edits
//	diff          long text, shown as a unified diff
//	claims=THING  the block is the one owner of this thing on its machine
//	edits=THING   the block changes a part of this thing
//	needs=THING   the block comes after the block that claims this thing; of a name
//	              that is claimed, too, unless its own thing is to be absent. A
//	              relative path begins in the directory of the one that it claims
//	reads=THING   what this thing holds goes into the one that the block claims: it comes
//	              after all blocks that claim or edit it, and a secret there is one here
//	over=path     what is at this path or below it is behind the block, as a file system
//	              that is mounted there: all other blocks of such paths come after it,
//	              as far as both paths are known and lead through no link
//	oneof=a|b     the only values
//	default=V     what the kind does when it is not set, for the manual
//	conflicts=X|Y may not be set together with these
//	shows=X|Y     these attributes of a change depend on it, besides its own
//	form=FORM     a text with a special form: "mode" or "umask", for permissions
//	              that a number cannot express
//	sends=NAME    the path of a file on the controller, whose content is sent
//	              along as NAME, a field with the option sent
//	tree=NAME     with sends: it is a directory. What sends brings is the list of what is
//	              in it, and NAME has the contents of its files, one after the other
//	except=NAME   with tree: the argument NAME has patterns of what is left out of it
//	strip=NAME    with tree: it is an archive instead, and the argument NAME says how many
//	              parts are taken off the paths in it
//	saves=NAME    the path of a file on the controller, which the result NAME goes to
//	              while it comes; the result itself is then null. Such a call acts, as
//	              planning writes nothing
//	saved=WHAT    a result that this process fills in when a file was saved: its
//	              "size" in bytes, or its "sha256" in hexadecimal
//	notwith=NAME  a result that is null if the argument NAME is set
//	onlywith=NAME  a result that is null if the argument NAME is not set
//	most          the most bytes that one text among the results may have, or that are
//	              saved
//	sent          not an argument: the content that an argument with sends brings
//	content       may be long: its field is a Content, so it may cross the wire as
//	              the name of a blob
//	base64        a content that is given as base64
//	absent=VALUE  the value that asks for the thing to be removed
//	gathers       what it names is added to the thing, and stays there when the argument has
//	              another value: the record keeps each that an apply added
//	end           needed to take away what the block made: its value is kept in the
//	              record, unless it is secret; see Kind.EndArgs
//	itself        what the thing is: one that has another value than an apply left is
//	              somebody else's, and is not taken away when its block is gone
//	access        decides who may use the thing: several blocks of one thing have
//	              to agree on it
//	parts         blocks that edit the thing change parts of this attribute
//	blocks        names blocks, as depends_on does, and has no value
//	numbers       if it is not set, a new thing gets the next free number of its
//	              machine; such things are therefore made one at a time, in the
//	              order of the plan
//	guard         decides on the machine whether a call runs
//	exact         if it is true, the block touches nothing but its own thing, though its
//	              kind is opaque
//	hides         if it is true, what the call answers is a secret
//	harmless=X|Y  with one of these values, or if it is not set, the call changes nothing and
//	              runs while planning
//	readonly      if it is true, the call changes nothing and runs while planning
//	describes=PART  part of how a context is shown: "host", "user" or "port" of
//	              USER@HOST:PORT, whose port is left out if it is the default, or
//	              the "name" that it is given beside its address. Any other part
//	              says where it leads to, as host and port do
//	heeds=X|Y     if it is true, these attributes of an account matter to a
//	              context of that account all the same; see Kind.Unmoved
//	samemachine   if it is true, the context runs on the machine of its parent; see
//	              Kind.SameMachine
//	alone=VALUE   if it has this value, the context goes through no other: it has no via
//	leaves=VALUE  if it is set and VALUE is not in this list, the context runs on
//	              the machine of its parent
//	passing       a result that is another one in every run
//
// THING is "path", "user", "group" or "script". A path also needs the claimed directories above it.
//
// From shows the planner knows which attributes of a change are sensitive if an argument
// is, without trusting the host. For example, the argument line shows in the content of
// the file.
type Attr struct {
	Name      string
	Type      Type
	Required  bool
	Computed  bool
	Secret    bool
	Public    bool
	Diff      bool
	Claims    string
	Edits     string
	Needs     string
	Reads     string
	Over      string
	OneOf     []string
	Default   string
	Conflicts []string
	Shows     []string
	Form      string
	Sends     string
	Tree      string
	Except    string
	Strip     string
	Saves     string
	Saved     string
	NotWith   string
	OnlyWith  string
	Most      bool
	Content   bool
	Absent    string
	End       bool
	Gathers   bool
	Itself    bool
	Access    bool
	Parts     bool
	Blocks    bool
	Numbers   bool
	Guard     bool
	Hides     bool
	Harmless  []string
	ReadOnly  bool
	Exact     bool
	Describes string
	Heeds     []string
	// SameMachine and Leaves are of contexts; see Kind.Leaves.
	SameMachine bool
	Leaves      string
	Alone       string
	Passing     bool

	// The fields below come from the Manual and are empty in an agent; see Entry.

	Doc        string
	OtherNames []string
	Values     map[string]string
	Instead    map[string]string
	List       string

	InsteadOfVia string
}

// Schema lists the arguments or the results of a kind, in the order of the struct
// fields that SchemaOf read. Configuration, planner, manual and agent all use it to
// learn which arguments exist, of which type they are and what they mean. It is never
// changed.
type Schema struct {
	Attrs []Attr
}

// Attr returns the attribute with a name.
func (s *Schema) Attr(name string) (Attr, bool) {
	for _, a := range s.Attrs {
		if a.Name == name {
			return a, true
		}
	}
	return Attr{}, false
}

// SchemaOf reads the schema of a struct from the tags of its fields; see Attr. It
// panics on a field that it cannot describe. That is a mistake in the definition, which
// every test that uses the kind finds.
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
		a := Attr{Name: name, Type: typeOf(f.Type)}
		if isArgument := a.options(f); isArgument {
			s.Attrs = append(s.Attrs, a)
		}
	}
	return s
}

// options reads the mito tag of a field. It returns false for a field with the option
// sent, which is no attribute.
func (a *Attr) options(f reflect.StructField) bool {
	tag := f.Tag.Get("mito")
	if tag == "" {
		return true
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
		case "reads":
			a.Reads = val
		case "over":
			a.Over = val
		case "oneof":
			a.OneOf = strings.Split(val, "|")
		case "default":
			a.Default = val
		case "conflicts":
			a.Conflicts = strings.Split(val, "|")
		case "shows":
			a.Shows = strings.Split(val, "|")
		case "form":
			a.Form = val
		case "sends":
			a.Sends = val
		case "tree":
			a.Tree = val
		case "except":
			a.Except = val
		case "strip":
			a.Strip = val
		case "saves":
			a.Saves = val
		case "saved":
			a.Saved = val
		case "notwith":
			a.NotWith = val
		case "onlywith":
			a.OnlyWith = val
		case "most":
			a.Most = true
		case "sent":
			return false
		case "content":
			a.Content = true
		case "base64":
			a.Type = Type{Base: Bytes}
		case "absent":
			a.Absent = val
		case "end":
			a.End = true
		case "gathers":
			a.Gathers = true
		case "itself":
			a.Itself = true
		case "access":
			a.Access = true
		case "parts":
			a.Parts = true
		case "blocks":
			a.Blocks = true
		case "numbers":
			a.Numbers = true
		case "guard":
			a.Guard = true
		case "hides":
			a.Hides = true
		case "harmless":
			a.Harmless = strings.Split(val, "|")
		case "readonly":
			a.ReadOnly = true
		case "exact":
			a.Exact = true
		case "describes":
			a.Describes = val
		case "heeds":
			a.Heeds = strings.Split(val, "|")
		case "samemachine":
			a.SameMachine = true
		case "leaves":
			a.Leaves = val
		case "passing":
			a.Passing = true
		case "alone":
			a.Alone = val
		default:
			panic(fmt.Sprintf("kind: field %s: unknown option %q in its mito tag", f.Name, key))
		}
	}
	return true
}

var (
	byteStringType = reflect.TypeFor[byteString]()
	contentType    = reflect.TypeFor[Content]()
)

func typeOf(t reflect.Type) Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == byteStringType || t == contentType {
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
