package config

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
	"github.com/mitoplan/mitoplan/internal/kind"
)

type wireArgs struct {
	Name    string            `cbor:"name"`
	Path    kind.Text         `cbor:"path"`
	Count   int64             `cbor:"count"`
	Ratio   float64           `cbor:"ratio"`
	On      bool              `cbor:"on"`
	Raw     []byte            `cbor:"raw"`
	List    []kind.Text       `cbor:"list"`
	Map     map[string]string `cbor:"map"`
	Rules   []rule            `cbor:"rules"`
	Any     any               `cbor:"any"`
	Secret  string            `cbor:"secret" mito:"secret"`
	Unknown string            `cbor:"unknown"`
	Absent  string            `cbor:"absent"`
	Result  string            `cbor:"result" mito:"computed"`
}

// argumentsOf makes arguments with these values, as Eval would. Those that are not
// named are not set.
func argumentsOf(s kind.Schema, values map[string]cty.Value) Arguments {
	as := Arguments{block: &Block{}}
	for k := range s.Attrs {
		a := argument{schema: &s.Attrs[k], at: len(as.values)}
		v, ok := values[a.schema.Name]
		switch {
		case a.schema.Computed:
			continue
		case !ok:
			v = cty.NullVal(CtyType(a.schema.Type))
		}
		as.block.args = append(as.block.args, a)
		as.values = append(as.values, v)
		as.marked = as.marked || marks.Any(v)
	}
	return as
}

// TestToWire: each type has its form on the wire. Unknown arguments are left out,
// and marked ones are named.
func TestToWire(t *testing.T) {
	schema := kind.SchemaOf(wireArgs{})
	third := new(big.Float).SetPrec(512).Quo(big.NewFloat(1), big.NewFloat(3))
	args := argumentsOf(schema, map[string]cty.Value{
		"name":    cty.StringVal("n").Mark(Sensitive),
		"path":    cty.StringVal("/p"),
		"count":   cty.NumberIntVal(math.MaxInt64),
		"ratio":   cty.NumberFloatVal(0.5),
		"on":      cty.True,
		"raw":     cty.StringVal("AP/+"),
		"list":    cty.ListVal([]cty.Value{cty.StringVal("a")}),
		"map":     cty.MapVal(map[string]cty.Value{"k": cty.StringVal("v").Mark(Ephemeral)}),
		"rules":   cty.ListVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"port": cty.NumberIntVal(1), "rate": cty.NullVal(cty.Number), "label": cty.StringVal("l")})}),
		"any":     cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.NumberFloatVal(1.5), cty.NumberVal(third), cty.NullVal(cty.String), cty.EmptyObjectVal}),
		"secret":  cty.StringVal("s"),
		"unknown": cty.UnknownVal(cty.String).Mark(Sensitive),
		"absent":  cty.NullVal(cty.String),
	})
	wire, unknown, sensitive, err := args.ToWire()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": "n", "path": cbor.ByteString("/p"), "count": int64(math.MaxInt64), "ratio": 0.5, "on": true, "raw": []byte{0, 0xff, 0xfe},
		"list": []any{cbor.ByteString("a")}, "map": map[string]any{"k": "v"}, "rules": []any{map[string]any{"port": int64(1), "label": "l"}},
		"any": []any{int64(1), 1.5, third.Text('g', -1), nil, map[string]any{}}, "secret": "s",
	}
	if !reflect.DeepEqual(wire, want) {
		t.Errorf("got  %#v\nwant %#v", wire, want)
	}
	if got := strings.Join(unknown, " "); got != "unknown" {
		t.Errorf("unknown are %s", got)
	}
	if got := strings.Join(sensitive, " "); got != "name map secret unknown" {
		t.Errorf("sensitive are %s", got)
	}
	var sent wireArgs
	b, err := cbor.Marshal(wire)
	if err != nil {
		t.Fatal(err)
	}
	if err := cbor.Unmarshal(b, &sent); err != nil || sent.Path != "/p" || sent.Rules[0].Port != 1 {
		t.Errorf("the payload cannot be decoded into the struct of the kind: %v %+v", err, sent)
	}
}

// TestToWireRefuses: a value that has no form on the wire is an error, and is not
// changed into another value.
func TestToWireRefuses(t *testing.T) {
	schema := kind.SchemaOf(wireArgs{})
	for name, v := range map[string]cty.Value{
		"count": cty.NumberFloatVal(1.5),
		"ratio": cty.NumberVal(new(big.Float).SetMantExp(big.NewFloat(1), 100000)),
		"raw":   cty.StringVal("!"),
		"list":  cty.ListVal([]cty.Value{cty.NullVal(cty.String)}),
		"map":   cty.StringVal("x"),
		"any":   cty.CapsuleVal(cty.Capsule("x", reflect.TypeFor[int]()), new(int)),
	} {
		if _, _, _, err := argumentsOf(schema, map[string]cty.Value{name: v}).ToWire(); err == nil {
			t.Errorf("%s accepted %#v", name, v)
		}
	}
	deep := cty.EmptyTupleVal
	for range 100 {
		deep = cty.TupleVal([]cty.Value{deep})
	}
	if _, _, _, err := argumentsOf(schema, map[string]cty.Value{"any": deep}).ToWire(); err == nil {
		t.Error("a value of 100 levels was accepted")
	}
}

// TestFromWire: each form from the wire becomes a value of its type.
func TestFromWire(t *testing.T) {
	schema := kind.SchemaOf(wireArgs{})
	for _, tt := range []struct {
		attr string
		in   any
		want string
	}{
		{"name", "n", `"n"`},
		{"path", []byte("/p"), `"/p"`},
		{"path", []byte("a\xffb"), `"a` + "\uFFFD" + `b"`},
		{"path", cbor.ByteString("/p"), `"/p"`},
		{"count", uint64(math.MaxUint64), `18446744073709551615`},
		{"count", int64(-5), `-5`},
		{"ratio", 0.5, `0.5`},
		{"on", true, `true`},
		{"raw", []byte{0, 255, 254}, `"AP/+"`},
		{"list", []any{[]byte("a"), []byte("b")}, `["a","b"]`},
		{"list", []any{}, `[]`},
		{"map", map[any]any{"k": "v"}, `{"k":"v"}`},
		{"map", map[string]any{}, `{}`},
		{"rules", []any{map[string]any{"port": uint64(80), "more": 1}}, `[{"label":null,"port":80,"rate":null}]`},
		{"any", map[string]any{"a": []any{uint64(1), "x", nil, true}}, `{"a":[1,"x",null,true]}`},
		{"name", nil, `null`},
	} {
		a, _ := schema.Attr(tt.attr)
		v, err := FromWire(a.Type, tt.in)
		if err != nil {
			t.Errorf("%s: %#v was refused: %v", tt.attr, tt.in, err)
			continue
		}
		if got := show(v); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.attr, got, tt.want)
		}
	}
}

// TestFromWireRefuses: a value that does not fit its type, as a hostile host may
// send it, is an error.
func TestFromWireRefuses(t *testing.T) {
	schema := kind.SchemaOf(wireArgs{})
	deep := any([]any{})
	for range 100 {
		deep = []any{deep}
	}
	for _, tt := range []struct {
		attr string
		in   any
	}{
		{"count", "1e2000000000"}, {"count", 1.5}, {"ratio", math.NaN()}, {"ratio", math.Inf(1)}, {"count", strings.Repeat("9", 5000)}, {"count", "Inf"}, {"count", "0x10"},
		{"name", 5}, {"on", "true"}, {"list", map[string]any{}}, {"map", []any{}}, {"rules", []any{"x"}}, {"any", deep}, {"any", struct{}{}}, {"any", math.NaN()},
		{"any", make([]any, maxWireValues+1)}, {"map", map[any]any{5: "x"}}, {"name", strings.Repeat("x", maxWireBytes+1)},
	} {
		a, _ := schema.Attr(tt.attr)
		if v, err := FromWire(a.Type, tt.in); err == nil {
			t.Errorf("%s accepted %T as %#v", tt.attr, tt.in, v)
		}
	}
}

// FuzzFromWire: whatever CBOR a host sends gives a value or an error, and a value can be
// sent again. It runs fewer than 10,000 times a second: after each run, the fuzzer looks
// through the counters of all that is linked, also of HCL.
func FuzzFromWire(f *testing.F) {
	schema := kind.SchemaOf(wireArgs{})
	for _, seed := range []any{nil, true, 1, -1, 1.5, "x", []byte{255}, []any{1, "a"}, map[string]any{"port": 1}, []any{map[string]any{"port": 1}}} {
		b, err := cbor.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any]()}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if mode.NewDecoder(bytes.NewReader(b)).Decode(&v) != nil {
			return
		}
		for _, a := range schema.Attrs {
			got, err := FromWire(a.Type, v)
			if err != nil {
				continue
			}
			_ = show(got)
			if !a.Computed {
				_, _, _, _ = argumentsOf(schema, map[string]cty.Value{a.Name: got}).ToWire()
			}
		}
	})
}

// If the arguments are too long for one message, they are refused before they are
// sent. The error names the argument that makes them too long.
func TestToWireBoundsWhatIsSent(t *testing.T) {
	s := kind.SchemaOf(struct {
		A kind.Text         `cbor:"a"`
		B map[string]string `cbor:"b"`
	}{})
	long := strings.Repeat("x", MaxSent-4)
	for rest, want := range map[string]string{"ab": "", "abc": "b: with it the texts of the block have more than 63 MiB"} {
		args := argumentsOf(s, map[string]cty.Value{
			"a": cty.StringVal(long), "b": cty.MapVal(map[string]cty.Value{"ab": cty.StringVal(rest)}),
		})
		_, _, _, err := args.ToWire()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d bytes: got %v, want %q", len(long)+len(rest)+2, err, want)
		}
	}
}
