package transport_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// ring is a value that can have itself in it, in two ways, and one that is not sent.
type ring struct {
	Next, Before *ring
	V            any
	Owner        *ring `cbor:"-"`
}

// plainRing can have itself in it without an any.
type plainRing struct{ Next *plainRing }

// cycles are values that have themselves in them.
func cycles() map[string]any {
	list, table := []any{nil}, map[string]any{}
	list[0], table["a"] = list, table
	both, plain := &ring{}, &plainRing{}
	both.Next, both.Before, plain.Next = both, both, plain
	pointer := any(nil)
	pointer = &pointer
	return map[string]any{"list": list, "map": table, "struct": both, "typed": plain, "pointer": pointer, "in a struct": ring{V: table}}
}

var givesCycle = transport.NewFunc("gives-cycle", func(_ context.Context, _ *transport.Node, kind string) (any, error) {
	return cycles()[kind], nil
})

// A value that has itself in it is refused wherever it is sent, and nobody ends of it. What
// leads back to it in a field that is not sent is no matter.
func TestAValueWithItselfInItIsRefused(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	ctx := within(t, 30*time.Second)
	rings := transport.NewFunc("echo", func(_ context.Context, _ *transport.Node, in *plainRing) (any, error) { return nil, nil })
	plain := transport.NewPlainFunc("echo", func(_ context.Context, _ *transport.Node, in any) (any, error) { return nil, nil })
	any1 := transport.NewFunc("echo", func(_ context.Context, _ *transport.Node, in any) (any, error) { return nil, nil })
	const want = "more than 31 lists, maps and structs in each other"
	for kind, v := range cycles() {
		errs := map[string]error{"send": r.Sender().Send(ctx, v)}
		_, errs["call"] = any1.Call(ctx, chain[0], v)
		_, errs["plain call"] = plain.Call(ctx, chain[0], v)
		_, errs["result"] = givesCycle.Call(ctx, chain[0], kind)
		if typed, ok := v.(*plainRing); ok {
			_, errs["typed call"] = rings.Call(ctx, chain[0], typed)
		}
		for how, err := range errs {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %v", kind, how, err)
			}
		}
	}
	owned := &ring{Next: &ring{}}
	owned.Next.Owner, owned.Owner = owned, owned
	if err := r.Sender().Send(ctx, owned); err != nil {
		t.Errorf("a ring in fields that are not sent: %v", err)
	}
}

// A time that would arrive as another one, and a map whose keys the other side cannot make,
// are refused when they are sent.
func TestValuesThatWouldArriveOtherwiseAreRefused(t *testing.T) {
	router := transport.NewRouter(transport.NewBroker(transport.Options{}))
	r := transport.NewReceiver(router)
	ctx := within(t, 10*time.Second)
	at := func(offset int) time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 5, time.FixedZone("x", offset)) }
	for name, v := range map[string]any{
		"seconds in the zone": at(5*3600 + 1800 + 7), "seconds to the west": at(-30), "a zone of a day": at(24 * 3600),
		"year 10000": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "year -5": time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
		"no time in an any": time.Time{}, "no time in a list": []time.Time{{}}, "list as key": map[[2]int]int{{1, 2}: 3},
		"struct as key": map[struct{ X int }]int{{1}: 3}, "list as key of an any": struct{ M map[any]int }{map[any]int{[1]int{1}: 1}},
		"the same key twice": map[any]any{1: 1, int8(1): 2},
	} {
		for where, sent := range map[string]any{"": v, "in a list": []any{v}, "in a struct": struct{ V any }{v}} {
			if err := transport.NewReceiver(router).Sender().Send(ctx, sent); err == nil || !strings.Contains(err.Error(), "the value has ") {
				t.Errorf("%s %s: %v", name, where, err)
			}
		}
	}
	for name, v := range map[string]struct{ T time.Time }{"east": {at(5*3600 + 1800)}, "west": {at(-23 * 3600)}} {
		var got struct{ T time.Time }
		if err := r.Sender().Send(ctx, v); err != nil {
			t.Fatal(name, err)
		}
		if err := r.Get(ctx, &got); err != nil || !got.T.Equal(v.T) {
			t.Errorf("%s: %v arrived as %v: %v", name, v.T, got.T, err)
		}
	}
	if err := r.Sender().Send(ctx, &struct{ T time.Time }{at(7)}); err == nil {
		t.Error("seconds in the zone of a field were sent")
	}
}

// Get does not merge a message with what the variable had before.
func TestGetDecodesIntoAFreshValue(t *testing.T) {
	r := transport.NewReceiver(transport.NewRouter(transport.NewBroker(transport.Options{})))
	ctx := within(t, 10*time.Second)
	var got map[string]int
	first := map[string]int{"a": 1}
	for _, v := range []map[string]int{first, {"b": 2}, nil} {
		if err := r.Sender().Send(ctx, v); err != nil {
			t.Fatal(err)
		}
		if err := r.Get(ctx, &got); err != nil || len(got) != len(v) || got["b"] != v["b"] {
			t.Errorf("%v arrived as %v: %v", v, got, err)
		}
	}
	n := 7
	if err := r.Sender().Send(ctx, "text"); err != nil {
		t.Fatal(err)
	}
	if err := r.Get(ctx, &n); err == nil || n != 7 {
		t.Errorf("a text arrived in an int: %d, %v", n, err)
	}
	if err := r.Sender().Send(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Get(ctx, &n); err != nil || n != 0 {
		t.Errorf("nil arrived as %d: %v", n, err)
	}
}

type badError struct{ how string }

func (e badError) Error() string {
	if e.how == "Error" {
		panic("on purpose")
	}
	return "bad"
}

func (e badError) Is(error) bool {
	if e.how == "Is" {
		panic("on purpose")
	}
	return false
}

func (e badError) Unwrap() error {
	if e.how == "Unwrap" {
		panic("on purpose")
	}
	return nil
}

var failsBadly = transport.NewFunc("fails-badly", func(_ context.Context, _ *transport.Node, how string) (none, error) {
	switch how {
	case "nil":
		var e *os.PathError
		return none{}, e
	case "utf":
		_, err := os.ReadFile("/nonexistent/caf\xe9")
		return none{}, err
	case "panic utf":
		panic("caf\xe9")
	}
	return none{}, badError{how}
})

// An error whose method panics is the error of its call, and the other calls of the context
// go on.
func TestAnErrorThatPanicsFailsItsCallOnly(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 30*time.Second)
	for _, how := range []string{"nil", "Error", "Is", "Unwrap"} {
		_, err := failsBadly.Call(ctx, chain[0], how)
		if remote := wantAs[*transport.RemoteError](t, err); !strings.Contains(remote.Message, "of which a method panics") {
			t.Errorf("%s: %v", how, err)
		}
	}
	if _, err := echo.Call(ctx, chain[0], textIn{Text: "still here"}); err != nil {
		t.Error(err)
	}
}

// A text that is not UTF-8 in an error arrives with U+FFFD, and errors.Is finds what the
// error is; also in the error of a call that is skipped for it.
func TestErrorsThatAreNotUTF8Arrive(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 30*time.Second)
	first := failsBadly.CallAsync(ctx, chain[0], "utf")
	after := echo.CallAsync(ctx, chain[0], textIn{}, transport.After(first))
	_, err1 := first.Get(ctx)
	_, err2 := after.Get(ctx)
	for _, err := range []error{err1, err2} {
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nonexistent/caf\uFFFD") {
			t.Errorf("the error is %v", err)
		}
	}
	_, err := failsBadly.Call(ctx, chain[0], "panic utf")
	if remote := wantAs[*transport.RemoteError](t, err); remote.Kind != "panic" || !strings.Contains(remote.Message, "caf\uFFFD") {
		t.Errorf("the panic is %v", err)
	}
}
