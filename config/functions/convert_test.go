package functions

import (
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

var (
	anyType  = cty.DynamicPseudoType
	optional = cty.ObjectWithOptionalAttrs(map[string]cty.Type{"a": cty.String, "b": cty.List(cty.Number)}, []string{"b"})
	obj      = func(kv ...any) cty.Value {
		m := map[string]cty.Value{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1].(cty.Value)
		}
		return cty.ObjectVal(m)
	}
	tuple = func(vs ...cty.Value) cty.Value { return cty.TupleVal(vs) }
	text  = cty.StringVal
	num   = cty.NumberIntVal
)

// Values and types of every shape. Each is converted to each.
var samples = []cty.Value{
	text("a"), num(1), cty.True, cty.NullVal(cty.String), cty.NullVal(anyType), cty.UnknownVal(cty.String), cty.DynamicVal,
	cty.EmptyTupleVal, cty.EmptyObjectVal, tuple(text("1")), tuple(text("a"), text("b"), text("a")), tuple(num(1), text("2"), cty.True),
	tuple(num(1), cty.True), tuple(text("a"), cty.NullVal(anyType)), tuple(cty.NullVal(anyType)), tuple(text("a"), cty.UnknownVal(cty.String)),
	tuple(text("a"), cty.DynamicVal), tuple(cty.DynamicVal), tuple(text("s").Mark("m"), num(2)), tuple(text("s"), num(2)).Mark("m"),
	tuple(tuple(num(1)), tuple(num(2), text("3"))), tuple(tuple(num(1)), text("x")), tuple(tuple(), tuple(text("x"))),
	tuple(obj("a", text("x")), obj("a", num(1), "b", tuple(num(2)))), tuple(obj("a", text("x")), obj("c", cty.True)),
	tuple(obj("a", cty.NullVal(anyType)), cty.NullVal(anyType)), tuple(obj("a", text("x"), "b", tuple(text("no")))),
	tuple(cty.ListVal([]cty.Value{text("x")}), tuple(num(1))), tuple(cty.MapVal(map[string]cty.Value{"k": num(1)}), obj("l", text("x"))),
	obj("a", text("x"), "b", num(2)), obj("a", text("x"), "b", tuple(num(2), text("3"))), obj("a", tuple(num(1)), "b", tuple(text("x"), num(2))),
	obj("x", obj("a", text("1")), "y", obj("a", text("2"), "b", tuple(num(3)))), obj("x", cty.NullVal(anyType), "y", text("z")),
	obj("x", text("1").Mark("m"), "y", num(2)), obj("x", obj("p", num(1)), "y", obj("q", text("2"))), obj("a", cty.DynamicVal, "b", text("x")),
	cty.ListVal([]cty.Value{text("1"), text("2")}), cty.SetVal([]cty.Value{text("1"), text("2")}), cty.SetVal([]cty.Value{cty.UnknownVal(cty.String)}),
	cty.ListVal([]cty.Value{obj("a", text("x"), "b", tuple(num(1)))}), cty.MapVal(map[string]cty.Value{"k": tuple(num(1))}),
	cty.MapVal(map[string]cty.Value{"a": text("1"), "b": text("2")}), cty.ListValEmpty(cty.String), cty.MapValEmpty(anyType), cty.SetValEmpty(cty.Number),
	cty.ListVal([]cty.Value{cty.UnknownVal(cty.String), text("x")}), cty.UnknownVal(cty.List(cty.String)), cty.NullVal(cty.Map(cty.Number)),
}

var wanted = []cty.Type{
	anyType, cty.String, cty.Number, cty.Bool, cty.List(cty.String), cty.List(cty.Number), cty.List(anyType), cty.Set(cty.String), cty.Set(anyType),
	cty.Map(cty.String), cty.Map(anyType), cty.List(cty.List(cty.String)), cty.List(cty.List(anyType)), cty.List(optional), cty.Set(optional), cty.Map(optional),
	optional, cty.Tuple([]cty.Type{cty.String, cty.String}), cty.Tuple([]cty.Type{cty.Number, anyType, cty.String}), cty.Map(cty.List(cty.String)), cty.Map(cty.List(anyType)),
	cty.Object(map[string]cty.Type{"a": anyType, "b": cty.List(anyType)}), cty.List(cty.Object(map[string]cty.Type{"a": anyType})), cty.EmptyObject, cty.EmptyTuple,
	cty.Map(cty.Object(map[string]cty.Type{"a": anyType})), cty.Map(cty.Map(anyType)), cty.List(cty.Map(cty.String)),
}

// What Convert makes is what cty makes.
func TestConvertIsThatOfCty(t *testing.T) {
	for _, v := range samples {
		for _, ty := range wanted {
			want, wantErr := convert.Convert(v, ty)
			got, err := Convert(v, ty)
			what := fmt.Sprintf("%#v to %#v", v, ty)
			switch {
			case (err == nil) != (wantErr == nil):
				t.Errorf("%s: %v, %v instead of %v, %v", what, got, err, want, wantErr)
			case err == nil && (!got.RawEquals(want) || !got.Type().Equals(want.Type())):
				t.Errorf("%s: %#v instead of %#v", what, got, want)
			}
		}
	}
}
