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

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// value is one row of the table of values in docs/go.md.
type value struct {
	name  string
	serve transport.Function
	// typed sends it to a function of its own type and says what is wrong with what came back.
	typed func(ctx context.Context, c *transport.Context) error
	of    any
	// inAny is what comes back from a function of type any, and refused what its error says.
	inAny   any
	refused string
}

// row is a value of the type T that arrives as inAny in a value of type any.
func row[T any](name string, of T, inAny any) value {
	f := transport.NewFunc("value "+name, func(_ context.Context, _ *transport.Node, in T) (T, error) { return in, nil })
	return value{name: name, serve: f, of: of, inAny: inAny, typed: func(ctx context.Context, c *transport.Context) error {
		got, err := f.Call(ctx, c, of)
		if err == nil && !reflect.DeepEqual(got, of) {
			err = fmt.Errorf("it became %#v", got)
		}
		return err
	}}
}

// typedOnly is a value that a value of type any cannot be, for that reason.
func typedOnly[T any](name string, of T, refused string) value {
	v := row(name, of, nil)
	v.refused = refused
	return v
}

// Each value of the table in docs/go.md crosses the wire as it was where the type is
// known, and arrives in a value of type any as the table says. Nothing becomes something
// else without an error.
func TestValuesThatCross(t *testing.T) {
	i := int64(3)
	when := time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 5*3600+1800))
	blob := transport.BlobOf([]byte("contents"), true)
	name, err := blob.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	table := []value{
		row("bool", true, true),
		row("int", -3, int64(-3)),
		row("int8", int8(math.MinInt8), int64(math.MinInt8)),
		row("int64", int64(math.MinInt64), int64(math.MinInt64)),
		row("uint8", uint8(255), int64(255)),
		row("small uint64", uint64(math.MaxInt64), int64(math.MaxInt64)),
		typedOnly("large uint64", uint64(math.MaxUint64), "overflows"),
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
		row("set", map[string]struct{}{"a": {}}, map[string]any{"a": map[string]any{}}),
		row("map", map[string]int{"a": 1}, map[string]any{"a": int64(1)}),
		typedOnly("map with integer keys", map[int]string{1: "a", -2: "b"}, "cannot unmarshal"),
		row("object", textIn{"t", 1}, map[string]any{"text": "t", "n": int64(1)}),
		row("object with a field that is left out", leftOut{N: 1}, map[string]any{"n": int64(1)}),
		row("objects in others", []map[string]*textIn{{"x": {"t", 1}, "y": nil}},
			[]any{map[string]any{"x": map[string]any{"text": "t", "n": int64(1)}, "y": nil}}),
		row("pointer", &i, int64(3)),
		row("null", (*int64)(nil), nil),
		row("no map", map[string]int(nil), nil),
		row[any]("nil", nil, nil),
		row("time with nanoseconds and zone", stamp{when.Format(time.RFC3339Nano)}, nil),
		row("duration", 90*time.Second+1, int64(90*time.Second+1)),
		row("blob", blob, name),
		row("address", transport.Address{}, []byte{}),
	}
	everything := transport.NewFunc("value any", func(_ context.Context, _ *transport.Node, in any) (any, error) { return in, nil })
	k := agent()
	k.Serve.Functions = append(k.Serve.Functions, everything)
	for _, v := range table {
		k.Serve.Functions = append(k.Serve.Functions, v.serve)
	}
	_, chain := tree(t, transport.Options{}, k, 1)
	ctx := within(t, 30*time.Second)
	for _, v := range table {
		if err := v.typed(ctx, chain[0]); err != nil {
			t.Errorf("%s, as a %T: %v", v.name, v.of, err)
		}
		if _, ok := v.of.(stamp); ok {
			v.of, v.inAny = when, "2026-01-02T03:04:05.123456789+05:30"
		}
		got, err := everything.Call(ctx, chain[0], v.of)
		switch {
		case v.refused != "" && (err == nil || !strings.Contains(err.Error(), v.refused)):
			t.Errorf("%s, in an any: got %#v, %v, want an error that says %q", v.name, got, err, v.refused)
		case v.refused == "" && (err != nil || !reflect.DeepEqual(got, v.inAny)):
			t.Errorf("%s, in an any: got %#v, %v, want %#v", v.name, got, err, v.inAny)
		}
	}
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

// What cannot cross the wire is an error when it is sent, wherever in an any it is, and
// nothing of it arrives.
func TestValuesThatCannotCross(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	into := transport.NewFunc("echo", func(context.Context, *transport.Node, any) (any, error) { return nil, nil })
	numbers := transport.NewReceiver(transport.NewRouter(b))
	defer numbers.Close()
	ctx := within(t, 30*time.Second)
	for name, v := range map[string]any{
		"channel": make(chan int), "function": func() {}, "complex": 1i, "error": errors.New("x"), "big.Int": big.NewInt(7),
		"big.Float": big.NewFloat(1.5), "big.Rat": big.NewRat(1, 3), "context": chain[0], "builder": &strings.Builder{},
	} {
		for where, sent := range map[string]any{
			"itself": v, "list": []any{1, v}, "map": map[string]any{"a": v}, "object": struct{ V any }{v}, "pointer": &v,
			"embedded": struct{ embedded }{embedded{v}},
			"deep":     map[string][]any{"a": {map[int]any{1: v}}},
		} {
			if _, err := into.Call(ctx, chain[0], sent); err == nil || !strings.Contains(err.Error(), "the value has ") {
				t.Errorf("%s in %s: the call ended with %v, want an error of the value", name, where, err)
			}
			if err := numbers.Sender().Send(ctx, sent); err == nil || !strings.Contains(err.Error(), "send: the value has ") {
				t.Errorf("%s in %s: it was sent, or %v", name, where, err)
			}
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
