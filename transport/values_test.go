package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// value is one row of the table of values in docs/go.md.
type value struct {
	name  string
	serve transport.Function
	// typed sends it to a function of its own type and says what is wrong with what came
	// back; fromAny sends it there in an any.
	typed, fromAny func(ctx context.Context, c *transport.Context) error
	of             any
	// inAny is what comes back from a function of type any.
	inAny any
}

// comesBack says what comes back where the type is known, if it is not what was sent: there
// is an any in it.
func (v value) comesBack(want any) value {
	v.typed = func(context.Context, *transport.Context) error { return nil }
	inner := v.fromAny
	v.fromAny = func(ctx context.Context, c *transport.Context) error {
		if err := inner(ctx, c); err == nil || err.Error() != fmt.Sprintf("it became %#v", want) {
			return fmt.Errorf("got %v, want that it became %#v", err, want)
		}
		return nil
	}
	return v
}

// row is a value of the type T that arrives as inAny in a value of type any.
func row[T any](name string, of T, inAny any) value {
	f := transport.NewFunc("value "+name, func(_ context.Context, _ *transport.Node, in T) (T, error) { return in, nil })
	same := func(got T, err error) error {
		if err == nil && !reflect.DeepEqual(got, of) {
			err = fmt.Errorf("it became %#v", got)
		}
		return err
	}
	return value{
		name: name, serve: f, of: of, inAny: inAny,
		typed: func(ctx context.Context, c *transport.Context) error { return same(f.Call(ctx, c, of)) },
		fromAny: func(ctx context.Context, c *transport.Context) error {
			call := transport.NewFunc(f.FuncName(), func(context.Context, *transport.Node, any) (T, error) { panic("not served") })
			return same(call.Call(ctx, c, of))
		},
	}
}

// Each value of the table in docs/go.md crosses the wire as it was where the type is
// known, and arrives in a value of type any as the table says. Nothing becomes something
// else without an error.
func TestValuesThatCross(t *testing.T) {
	i := int64(3)
	when := time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 5*3600+1800))
	blob := transport.BlobOf([]byte("contents"), true)
	address := transport.Address{}.Child(1, 0).Child(2, 3)
	long, _ := new(big.Int).SetString("123456789012345678901234567890123456789", 10)
	_, chain := tree(t, transport.Options{}, agent(), 1)
	_, err := failsAs.Call(within(t, 30*time.Second), chain[0], textIn{Text: "fs.ErrNotExist"})
	failed := wantAs[*transport.RemoteError](t, err)
	table := []value{
		row("bool", true, true),
		row("int", -3, int64(-3)),
		row("int8", int8(math.MinInt8), int64(math.MinInt8)),
		row("int64", int64(math.MinInt64), int64(math.MinInt64)),
		row("uint8", uint8(255), int64(255)),
		row("small uint64", uint64(math.MaxInt64), int64(math.MaxInt64)),
		row("large uint64", uint64(math.MaxUint64), new(big.Int).SetUint64(math.MaxUint64)),
		row("integer of any size", long, long),
		row("negative integer of any size", new(big.Int).Neg(long), new(big.Int).Neg(long)),
		row("small big.Int", big.NewInt(7), int64(7)),
		row("decimal", decimal("-1.50"), decimal("-1.50")),
		row("long decimal", decimal("0.10000000000000000000000001"), decimal("0.10000000000000000000000001")),
		row("float64", 0.1, 0.1),
		row("whole float64", 3.0, 3.0),
		row("infinity", math.Inf(-1), math.Inf(-1)),
		row("decimal as a text", "0.10000000000000000000000001", "0.10000000000000000000000001"),
		row("string", "caf\u00e9\n\x00", "caf\u00e9\n\x00"),
		row("bytes", []byte{0, 255}, []byte{0, 255}),
		row("empty bytes", []byte{}, []byte{}),
		row("list", []int{1, 2}, []any{int64(1), int64(2)}),
		row("array", [2]string{"a", "b"}, []any{"a", "b"}),
		row("tuple", []any{int64(1), "a", nil, true}, []any{int64(1), "a", nil, true}),
		row("set", transport.SetOf("a", "b"), transport.SetOf[any]("a", "b")),
		row("set of integers", transport.SetOf(1, -2), transport.SetOf[any](int64(1), int64(-2))),
		row("set of durations", transport.SetOf(time.Second), transport.SetOf[any](time.Second)),
		row("empty set", transport.SetOf[string](), transport.SetOf[any]()),
		row("plain map for a set", map[string]struct{}{"a": {}}, map[string]any{"a": map[string]any{}}),
		row("map", map[string]int{"a": 1}, map[string]any{"a": int64(1)}),
		row("map with integer keys", map[int]string{1: "a", -2: "b"}, map[int64]any{1: "a", -2: "b"}),
		row("map with short integer keys", map[uint8]map[int]string{1: {2: "a"}}, map[int64]any{1: map[int64]any{2: "a"}}),
		row("map with keys of both kinds", map[any]bool{"a": true, int64(1): false}, map[any]any{"a": true, int64(1): false}),
		row("map with floats as keys", map[float64]int{0.5: 1}, map[any]any{0.5: int64(1)}),
		row("object", textIn{"t", 1}, map[string]any{"text": "t", "n": int64(1)}),
		row("object with a field that is left out", leftOut{N: 1}, map[string]any{"n": int64(1)}),
		row("objects in others", []map[string]*textIn{{"x": {"t", 1}, "y": nil}},
			[]any{map[string]any{"x": map[string]any{"text": "t", "n": int64(1)}, "y": nil}}),
		row("pointer", &i, int64(3)),
		row("null", (*int64)(nil), nil),
		row("no map", map[string]int(nil), nil),
		row[any]("nil", nil, nil),
		row("time with nanoseconds and zone", stamp{when.Format(time.RFC3339Nano)}, when),
		row("duration", 90*time.Second+1, 90*time.Second+1),
		row("blob", blob, blob),
		row("address", address, address),
		row("no address", transport.Address{}, transport.Address{}),
		row("secret", transport.NewSecret("hunter2"), transport.NewSecret("hunter2")),
		row("error of a call", failed, failed),
		row("all that has a tag, in an object", tagged{90 * time.Second, blob, transport.NewSecret("s"), decimal("1.5"), []any{time.Second}},
			map[string]any{"D": 90 * time.Second, "B": blob, "S": transport.NewSecret("s"), "N": decimal("1.5"), "V": []any{time.Second}}),
		row("an any in typed values", map[string][]any{"a": {time.Second, map[int]bool{1: true}}},
			map[string]any{"a": []any{time.Second, map[int64]any{1: true}}}).comesBack(map[string][]any{"a": {time.Second, map[int64]any{1: true}}}),
	}
	everything := transport.NewFunc("value any", func(_ context.Context, _ *transport.Node, in any) (any, error) { return in, nil })
	k := agent()
	k.Serve.Functions = append(k.Serve.Functions, everything)
	for _, v := range table {
		k.Serve.Functions = append(k.Serve.Functions, v.serve)
	}
	_, chain = tree(t, transport.Options{}, k, 1)
	ctx := within(t, 30*time.Second)
	for _, v := range table {
		if err := v.typed(ctx, chain[0]); err != nil {
			t.Errorf("%s, as a %T: %v", v.name, v.of, err)
		}
		if _, ok := v.of.(stamp); ok {
			v.of = when
		}
		got, err := everything.Call(ctx, chain[0], v.of)
		if when, ok := got.(time.Time); ok && when.Equal(v.of.(time.Time)) && when.Format(time.RFC3339Nano) == v.of.(time.Time).Format(time.RFC3339Nano) {
			continue
		}
		if err != nil || !reflect.DeepEqual(got, v.inAny) {
			t.Errorf("%s, in an any: got %#v, %v, want %#v", v.name, got, err, v.inAny)
		}
		if err := v.fromAny(ctx, chain[0]); err != nil {
			t.Errorf("%s, from an any as a %T: %v", v.name, v.of, err)
		}
	}
}

// tagged has values of types that have tags in an any, and an any.
type tagged struct {
	D time.Duration
	B transport.Blob
	S transport.Secret
	N transport.Decimal
	V []any
}

func decimal(s string) transport.Decimal {
	d, err := transport.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// leftOut has a field that no encoding has: what cannot cross does no harm there.
type leftOut struct {
	N    int        `json:"n"`
	Done chan error `json:"-"`
}

// stamp is a time that crosses the wire as a time.Time and is compared by what it says:
// package reflect tells two equal zones apart.
type stamp struct{ text string }

// MarshalCBOR encodes the time.
func (s stamp) MarshalCBOR() ([]byte, error) {
	when, err := time.Parse(time.RFC3339Nano, s.text)
	if err != nil {
		return nil, err
	}
	return transport.Marshal(when)
}

// UnmarshalCBOR decodes it.
func (s *stamp) UnmarshalCBOR(b []byte) error {
	var when time.Time
	err := transport.Unmarshal(b, &when)
	s.text = when.Format(time.RFC3339Nano)
	return err
}

// embedded is part of other structs, whose encoding has its fields.
type embedded struct{ V any }

// What cannot cross the wire is an error when it is sent, which names where in the value it
// is, and nothing of it arrives.
func TestValuesThatCannotCross(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	into := transport.NewFunc("echo", func(context.Context, *transport.Node, any) (any, error) { return nil, nil })
	numbers := transport.NewReceiver(transport.NewRouter(b))
	defer numbers.Close()
	ctx := within(t, 30*time.Second)
	nested := []any{}
	for range 31 {
		nested = []any{nested}
	}
	for name, v := range map[string]any{
		"channel": make(chan int), "function": func() {}, "complex": 1i, "error": errors.New("x"),
		"big.Float": big.NewFloat(1.5), "big.Rat": big.NewRat(1, 3), "context": chain[0], "builder": &strings.Builder{},
		"text that is none": "a\xff", "key that is none": map[string]int{"a\xff": 1}, "tag of nobody": cbor.Tag{Number: 77, Content: 1},
		"long list": make([]bool, 131073), "much in each other": nested, "set of functions": transport.Set[any]{nil: {}, funcKey{}: {}},
	} {
		for where, sent := range map[string]struct{ v any }{
			"": {v}, "[1]": {[]any{1, v}}, `["a"]`: {map[string]any{"a": v}}, "V": {struct{ V any }{v}},
			"embedded.V": {struct{ embedded }{embedded{v}}}, `["a"][0][1]`: {map[string][]any{"a": {map[int]any{1: v}}}},
			"Inner.V[1]": {struct{ Inner *embedded }{&embedded{[]any{2: nil, 1: v}}}},
		} {
			_, err := into.Call(ctx, chain[0], sent.v)
			assertRefused(t, name, where, err)
			assertRefused(t, name, where, numbers.Sender().Send(ctx, sent.v))
		}
	}
	if err := numbers.Sender().Send(ctx, 1); err != nil {
		t.Fatal(err)
	}
	var first int
	if err := numbers.Get(ctx, &first); err != nil || first != 1 {
		t.Errorf("the first that arrived is %d, %v, want 1", first, err)
	}
}

// funcKey is a key of a map with a field that cannot cross.
type funcKey struct{ F *func() }

// assertRefused looks at the error of what was sent: it says that the value is to blame, and
// where in it. What only its encoding shows has the names there: embedded structs have none.
func assertRefused(t *testing.T, name, where string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "the value has ") {
		t.Errorf("%s at %q: the error is %v, want one of the value", name, where, err)
		return
	}
	said := err.Error()
	if encoded := strings.NewReplacer("embedded.V", `["V"]`, "Inner.V", `["Inner"]["V"]`).Replace(where); strings.Contains(said, encoded) {
		return
	}
	if where == "V" && strings.Contains(said, `["V"]`) {
		return
	}
	if !strings.Contains(said, "the value has at "+where) && where != "" {
		t.Errorf("%s at %q: the error is %v, which does not say where", name, where, err)
	}
}

// A secret arrives as it was, and is not seen in any formatting, log, error or JSON.
func TestSecretsAreMasked(t *testing.T) {
	const text = "hunter2"
	login := struct {
		User     string
		Password transport.Secret
		hidden   transport.Secret
	}{"mary", transport.NewSecret(text), transport.NewSecret(text)}
	raw, err := transport.Marshal(login)
	if err != nil || !bytes.Contains(raw, []byte(text)) {
		t.Fatalf("the secret does not cross: %q, %v", raw, err)
	}
	got := login
	got.Password = transport.Secret{}
	if err := transport.Unmarshal(raw, &got); err != nil || got.Password.Reveal() != text || got.User != "mary" {
		t.Errorf("it arrived as %q: %v", got.Password.Reveal(), err)
	}
	if (transport.Secret{}).Reveal() != "" {
		t.Error("the zero value is not empty")
	}
	var log, structured bytes.Buffer
	hclog.New(&hclog.LoggerOptions{Output: &log}).Info("login", "password", login.Password, "all", login)
	hclog.New(&hclog.LoggerOptions{Output: &log, JSONFormat: true}).Info("login", "password", login.Password, "all", login)
	slog.New(slog.NewTextHandler(&structured, nil)).Info("login", "password", login.Password, "all", login)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("login", "password", login.Password, "all", login)
	encoded, err := json.Marshal(login)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), structured.String(), string(encoded), fmt.Errorf("no login with %s: %w", login.Password, errors.New("x")).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, login.Password), fmt.Sprintf(verb, &login.Password), fmt.Sprintf(verb, login), fmt.Sprintf(verb, []any{login.Password}))
	}
	for _, s := range shown {
		if strings.Contains(s, text) || strings.Contains(strings.ToLower(s), fmt.Sprintf("%x", text)) {
			t.Errorf("the secret is seen in %q", s)
		}
	}
	if s := fmt.Sprintf("%d", login.Password); s != "(secret)" {
		t.Errorf("it is shown as %q", s)
	}
}
