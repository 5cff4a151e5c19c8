package kind_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// field returns a struct with one field of a given type and tag.
func field(t reflect.Type, tag string) any {
	return reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Field", Type: t, Tag: reflect.StructTag(tag)}})).Interface()
}

// Each option of a mito tag sets what it names, and nothing else.
func TestOptions(t *testing.T) {
	for tag, want := range map[string]kind.Attr{
		"":                        {},
		"required":                {Required: true},
		"computed":                {Computed: true},
		"secret":                  {Secret: true},
		"public":                  {Public: true},
		"diff":                    {Diff: true},
		"claims=path":             {Claims: "path"},
		"edits=path":              {Edits: "path"},
		"needs=user":              {Needs: "user"},
		"reads=path":              {Reads: "path"},
		"over=path":               {Over: "path"},
		"oneof=a|b":               {OneOf: []string{"a", "b"}},
		"oneof=a":                 {OneOf: []string{"a"}},
		"default=10s":             {Default: "10s"},
		"default=a=b":             {Default: "a=b"},
		"default=":                {},
		"conflicts=other|another": {Conflicts: []string{"other", "another"}},
		"shows=content|lines":     {Shows: []string{"content", "lines"}},
		"form=mode":               {Form: "mode"},
		"sends=content":           {Sends: "content"},
		"notwith=save_as":         {NotWith: "save_as"},
		"onlywith=save_as":        {OnlyWith: "save_as"},
		"absent=absent":           {Absent: "absent"},
		"end":                     {End: true},
		"access":                  {Access: true},
		"parts":                   {Parts: true},
		"blocks":                  {Blocks: true},
		"numbers":                 {Numbers: true},
		"guard":                   {Guard: true},
		"readonly":                {ReadOnly: true},
		"describes=host":          {Describes: "host"},
		"heeds=shell|home":        {Heeds: []string{"shell", "home"}},
		"required,claims=user,public,default=x": {
			Required: true, Claims: "user", Public: true, Default: "x",
		},
	} {
		t.Run(tag, func(t *testing.T) {
			s := kind.SchemaOf(field(reflect.TypeFor[string](), `cbor:"name,omitempty" mito:"`+tag+`"`))
			want.Name, want.Type = "name", kind.Type{Base: kind.String}
			if diff := cmp.Diff(kind.Schema{Attrs: []kind.Attr{want}}, s); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A tag that is wrong panics with the place of the mistake, because it is a mistake in
// a definition.
func TestWhatNoSchemaDescribesPanics(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		says []string
	}{
		"an unknown option":   {field(reflect.TypeFor[string](), `cbor:"a" mito:"requierd"`), []string{"Field", `"requierd"`}},
		"an option in spaces": {field(reflect.TypeFor[string](), `cbor:"a" mito:"required, public"`), []string{"Field", `" public"`}},
		"a channel":           {field(reflect.TypeFor[chan int](), `cbor:"a"`), []string{"chan int"}},
		"a function":          {field(reflect.TypeFor[func()](), `cbor:"a"`), []string{"func()"}},
		"a complex number":    {field(reflect.TypeFor[complex128](), `cbor:"a"`), []string{"complex128"}},
		"a list of channels":  {field(reflect.TypeFor[[]chan int](), `cbor:"a"`), []string{"chan int"}},
		"a map of channels":   {field(reflect.TypeFor[map[string]chan int](), `cbor:"a"`), []string{"chan int"}},
		"an object with one": {field(reflect.TypeFor[struct {
			C chan int `cbor:"c"`
		}](), `cbor:"a"`), []string{"chan int"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				said, _ := recover().(string)
				for _, text := range c.says {
					if !strings.Contains(said, text) {
						t.Errorf("it panicked with %q, which lacks %q", said, text)
					}
				}
			}()
			kind.SchemaOf(c.v)
			t.Error("it did not panic")
		})
	}
}

// Each Go type has one shape in a configuration and on the wire, and a name for
// messages.
func TestTypes(t *testing.T) {
	str, number := kind.Type{Base: kind.String}, kind.Type{Base: kind.Number}
	object := kind.Type{Base: kind.Object, Object: &kind.Schema{Attrs: []kind.Attr{{Name: "a", Type: str}, {Name: "b", Type: number, Required: true}}}}
	type inner struct {
		A string `cbor:"a"`
		B int    `cbor:"b" mito:"required"`
	}
	list := func(e kind.Type) kind.Type { return kind.Type{Base: kind.List, Elem: &e} }
	table := func(e kind.Type) kind.Type { return kind.Type{Base: kind.Map, Elem: &e} }
	text := kind.Type{Base: kind.String, Text: true}
	for _, c := range []struct {
		of   reflect.Type
		want kind.Type
		name string
	}{
		{reflect.TypeFor[string](), str, "string"},
		{reflect.TypeFor[*string](), str, "string"},
		{reflect.TypeFor[kind.Base](), str, "string"},
		{reflect.TypeFor[kind.Text](), text, "string"},
		{reflect.TypeFor[*kind.Text](), text, "string"},
		{reflect.TypeFor[bool](), kind.Type{Base: kind.Bool}, "bool"},
		{reflect.TypeFor[*bool](), kind.Type{Base: kind.Bool}, "bool"},
		{reflect.TypeFor[int](), number, "number"},
		{reflect.TypeFor[int8](), number, "number"},
		{reflect.TypeFor[int16](), number, "number"},
		{reflect.TypeFor[int32](), number, "number"},
		{reflect.TypeFor[int64](), number, "number"},
		{reflect.TypeFor[uint8](), number, "number"},
		{reflect.TypeFor[uint16](), number, "number"},
		{reflect.TypeFor[uint32](), number, "number"},
		{reflect.TypeFor[uint64](), number, "number"},
		{reflect.TypeFor[float32](), kind.Type{Base: kind.Float}, "float"},
		{reflect.TypeFor[float64](), kind.Type{Base: kind.Float}, "float"},
		{reflect.TypeFor[[]byte](), kind.Type{Base: kind.Bytes}, "bytes"},
		{reflect.TypeFor[any](), kind.Type{Base: kind.Any}, "any"},
		{reflect.TypeFor[[]string](), list(str), "list of string"},
		{reflect.TypeFor[[]kind.Text](), list(text), "list of string"},
		{reflect.TypeFor[[][]byte](), list(kind.Type{Base: kind.Bytes}), "list of bytes"},
		{reflect.TypeFor[map[string]int](), table(number), "map of number"},
		{reflect.TypeFor[map[string][]string](), table(list(str)), "map of list of string"},
		{reflect.TypeFor[inner](), object, "object"},
		{reflect.TypeFor[*inner](), object, "object"},
		{reflect.TypeFor[[]inner](), list(object), "list of object"},
	} {
		t.Run(c.of.String(), func(t *testing.T) {
			s := kind.SchemaOf(field(c.of, `cbor:"name"`))
			if diff := cmp.Diff(c.want, s.Attrs[0].Type); diff != "" {
				t.Error(diff)
			}
			if got := c.want.String(); got != c.name {
				t.Errorf("its name is %q, want %q", got, c.name)
			}
		})
	}
}

type common struct {
	Env  map[string]string `cbor:"env,omitempty"`
	Name string            `cbor:"name,omitempty"`
}

// A schema has the fields that have a name on the wire, in the order of the struct.
// Fields of an embedded struct stand in its place.
func TestSchemaOfAStruct(t *testing.T) {
	type definition struct {
		First string `cbor:"first"`
		common
		Bare   string
		Hidden string `cbor:"-"`
		Last   bool   `cbor:"last,omitempty"`
	}
	for name, v := range map[string]any{"a value": definition{}, "a pointer": &definition{}, "a nil pointer": (*definition)(nil)} {
		t.Run(name, func(t *testing.T) {
			s := kind.SchemaOf(v)
			var names []string
			for _, a := range s.Attrs {
				names = append(names, a.Name)
			}
			if diff := cmp.Diff([]string{"first", "env", "name", "last"}, names); diff != "" {
				t.Error(diff)
			}
			if a, ok := s.Attr("last"); !ok || a.Type.Base != kind.Bool {
				t.Errorf("last is %+v, %v", a, ok)
			}
			if a, ok := s.Attr("Bare"); ok {
				t.Errorf("there is %+v", a)
			}
		})
	}
}

// An attribute of a kind is an argument or a result. If both have the name, it is the
// argument.
func TestAttrOfAKind(t *testing.T) {
	k := kind.Kind{
		Args:    kind.Schema{Attrs: []kind.Attr{{Name: "path", Required: true}}},
		Results: kind.Schema{Attrs: []kind.Attr{{Name: "path", Computed: true}, {Name: "size", Computed: true}}},
	}
	for name, want := range map[string]kind.Attr{"path": {Name: "path", Required: true}, "size": {Name: "size", Computed: true}} {
		if a, ok := k.Attr(name); !ok || !cmp.Equal(a, want) {
			t.Errorf("%s is %+v, %v", name, a, ok)
		}
	}
	if a, ok := k.Attr("none"); ok {
		t.Errorf("there is %+v", a)
	}
}

// A field that is only sent along with an argument is no argument.
func TestSentIsNoArgument(t *testing.T) {
	if s := kind.SchemaOf(field(reflect.TypeFor[[]byte](), `cbor:"content" mito:"sent"`)); len(s.Attrs) != 0 {
		t.Errorf("there is %+v", s.Attrs)
	}
}
