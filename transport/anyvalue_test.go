package transport_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// What a plain function is answered into an any has none of the types that tags are for,
// whatever a context sends; where the type is known, it arrives as ever.
func TestPlainValues(t *testing.T) {
	lies := []any{
		time.Second, time.Now(), transport.NewSecret("s"), transport.SetOf(1), big.NewInt(0).Lsh(big.NewInt(1), 70), decimal("0.1"), map[int]int{1: 1},
		uint64(math.MaxUint64), transport.Address{}, []any{transport.Blob{}}, map[string]any{"a": &transport.RemoteError{Message: "m"}},
	}
	tells := transport.NewFunc("tells", func(_ context.Context, _ *transport.Node, i int) (any, error) { return lies[i], nil })
	hears := transport.NewPlainFunc("tells", func(context.Context, *transport.Node, int) (any, error) { panic("not served") })
	known := transport.NewPlainFunc("known", func(_ context.Context, _ *transport.Node, in tagged) (tagged, error) { return in, nil })
	k := agent()
	k.Serve.Functions = append(k.Serve.Functions, tells, known)
	_, chain := tree(t, transport.Options{}, k, 1)
	ctx := within(t, 30*time.Second)
	for i, lie := range lies {
		if _, err := tells.Call(ctx, chain[0], i); err != nil {
			t.Errorf("%#v does not cross: %v", lie, err)
		}
		if got, err := hears.Call(ctx, chain[0], i); err == nil {
			t.Errorf("%#v arrived as %#v", lie, got)
		}
	}
	sent := tagged{time.Second, transport.Blob{Size: 1}, transport.NewSecret("s"), decimal("1.5"), []any{"a", int64(1)}}
	if got, err := known.Call(ctx, chain[0], sent); err != nil || !reflect.DeepEqual(got, sent) {
		t.Errorf("got %#v, %v, want %#v", got, err, sent)
	}
}

// A number of go-cty, a big.Float of 512 bits, crosses as a Decimal without a bit of it lost,
// and a decimal text as what it says.
func TestDecimalsAreExact(t *testing.T) {
	for _, text := range []string{"0", "0.1", "-0.3", "123456789.987654321", "1e100", "1e-100", "340282366920938463463374607431768211457", "2.5"} {
		f, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		d, err := transport.DecimalOf(f)
		if err != nil || d.Float(512).Cmp(f) != 0 || !sameOnTheWire(t, d) {
			t.Errorf("%s: %v became %v, %v", text, f, d, err)
		}
		if d := decimal(text); d.Float(512).Cmp(f) != 0 || !sameOnTheWire(t, d) {
			t.Errorf("%s was read as %v", text, d)
		}
	}
	for text, want := range map[string]string{
		"-1.50": "-1.50", ".5": "0.5", "5.": "5", "+7": "7", "1E3": "1000", "1e-3": "0.001", "-0.001": "-0.001", "1e30": "1e30", "12e-40": "12e-40",
	} {
		if got := decimal(text).String(); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", ".", "-", "1e", "e1", "1.2.3", "0x10", "1_000", "NaN", "1e70000", "1e999999999999999999999"} {
		if d, err := transport.ParseDecimal(text); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
	for name, f := range map[string]*big.Float{"infinity": new(big.Float).SetInf(true), "too large": new(big.Float).SetMantExp(big.NewFloat(1), 1<<20), "too small": new(big.Float).SetMantExp(big.NewFloat(1), -1<<20)} {
		if d, err := transport.DecimalOf(f); err == nil {
			t.Errorf("%s became %.20s", name, d)
		}
	}
	var d transport.Decimal
	if err := transport.Unmarshal([]byte{0xc4, 0x82, 0x1a, 0x7f, 0xff, 0xff, 0xff, 1}, &d); err == nil {
		t.Errorf("10 to the power of 2,147,483,647 arrived as %v", d.Exponent())
	}
}

// sameOnTheWire reports whether a decimal arrives as it was.
func sameOnTheWire(t *testing.T, d transport.Decimal) bool {
	raw, err := transport.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var got transport.Decimal
	return transport.Unmarshal(raw, &got) == nil && got.Exponent() == d.Exponent() && got.Integer().Cmp(d.Integer()) == 0
}

// A Sender in an any works where it arrives, and only for whom it was given to.
func TestSendersCrossInAnAny(t *testing.T) {
	sendBack := transport.NewFunc("send to what is in it", func(ctx context.Context, _ *transport.Node, in map[string]any) (any, error) {
		to, ok := in["to"].([]any)[0].(transport.Sender)
		if !ok {
			return nil, fmt.Errorf("it is a %T", in["to"])
		}
		return to, to.Send(ctx, []any{to, time.Second})
	})
	k := agent()
	k.Serve.Functions = append(k.Serve.Functions, sendBack)
	b, chain := tree(t, transport.Options{}, k, 2)
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	ctx := within(t, 30*time.Second)
	back, err := sendBack.Call(ctx, chain[1], map[string]any{"to": []any{r.Sender()}})
	if _, ok := back.(transport.Sender); err != nil || !ok {
		t.Fatalf("got %#v, %v", back, err)
	}
	var got any
	if err := r.Get(ctx, &got); err != nil {
		t.Fatal(err)
	}
	list, _ := got.([]any)
	if len(list) != 2 || list[1] != time.Second {
		t.Fatalf("got %#v", got)
	}
	if _, ok := list[0].(transport.Sender); !ok {
		t.Errorf("the Sender came back as a %T", list[0])
	}
}
