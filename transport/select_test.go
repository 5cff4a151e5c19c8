package transport_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestSelectKeepsResultsAndErrors(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 10*time.Second)
	sel := transport.NewSelect(
		echo.CallAsync(ctx, chain[0], textIn{Text: "a"}),
		fail.CallAsync(ctx, chain[1], textIn{Text: "b"}),
		echo.CallAsync(ctx, chain[1], textIn{Text: "c"}),
	)
	values, failures := map[any]string{}, 0
	for ev, err := range sel.All(ctx) {
		if err != nil {
			failures++
			continue
		}
		values[ev.Value] = ev.Context.Name()
	}
	if len(values) != 2 || values["a@0.1"] != "hop1" || values["c@0.1.1"] != "hop2" || failures != 1 || sel.Len() != 0 {
		t.Errorf("values %v, %d failures, %d left", values, failures, sel.Len())
	}
	if _, err := sel.Next(ctx); !errors.Is(err, transport.ErrEmpty) {
		t.Errorf("an empty select gave %v, want ErrEmpty", err)
	}
}

func TestSelectsNest(t *testing.T) {
	a, doneA := transport.NewResult[int]()
	b, doneB := transport.NewResult[int]()
	inner := transport.NewSelect(a)
	outer := transport.NewSelect(inner, b)
	if err := inner.Add(outer); err == nil {
		t.Error("a select that waits for itself was accepted")
	}
	if err := transport.NewSelect().Add(inner); !errors.Is(err, transport.ErrOwned) {
		t.Errorf("a select with two owners: got %v, want ErrOwned", err)
	}
	doneB(2, nil)
	doneA(1, errors.New("one"))
	var got []any
	for ev, err := range outer.All(context.Background()) {
		got = append(got, ev.Value, err != nil)
	}
	if len(got) != 4 || got[0] != 2 || got[1] != false || got[2] != 1 || got[3] != true {
		t.Errorf("got %v, want [2 false 1 true]", got)
	}
}

func TestSelectAddRemoveAndEnd(t *testing.T) {
	sel := transport.NewSelect()
	a, done := transport.NewResult[string]()
	if err := errors.Join(sel.Add(a), sel.Add(a)); err != nil || sel.Len() != 1 {
		t.Fatal(err, sel.Len())
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	cancel(stop)
	if ev, err := sel.Next(ctx); !errors.Is(err, stop) || ev.Source != nil {
		t.Errorf("a select whose ctx ended gave %v, want the cause of ctx", err)
	}
	sel.Remove(a)
	done("late", nil)
	if _, err := sel.Next(context.Background()); !errors.Is(err, transport.ErrEmpty) {
		t.Errorf("an empty select gave %v, want ErrEmpty", err)
	}
	_ = sel.Add(a)
	if ev, err := sel.Next(context.Background()); ev.Value != "late" || ev.Source != transport.Source(a) || err != nil {
		t.Errorf("a result that was complete before it was added: %v, %v", ev.Value, err)
	}
}

func TestSelectWithManyMembers(t *testing.T) {
	const n = 100_000
	sel := transport.NewSelect()
	complete := make([]func(int, error), n)
	for i := range n {
		var r *transport.Result[int]
		r, complete[i] = transport.NewResult[int]()
		_ = sel.Add(r)
	}
	begin := time.Now()
	go func() {
		for i := n - 1; i >= 0; i-- {
			complete[i](i, nil)
		}
	}()
	want := n
	for ev, err := range sel.All(within(t, 30*time.Second)) {
		if want--; ev.Value != want || err != nil {
			t.Fatalf("got %v, %v; want %d", ev.Value, err, want)
		}
	}
	if want != 0 {
		t.Errorf("%d results did not come", want)
	}
	t.Logf("%v for %d members", time.Since(begin), n)
}

func TestReceiverAndSenderAcrossTheWire(t *testing.T) {
	transporttest.NoQueues(t)
	b, chain := tree(t, transport.Options{}, agent(), 3)
	ctx := within(t, 10*time.Second)
	r := transport.NewReceiver(transport.NewRouter(b), transport.From(last(chain)))
	defer r.Close()
	done := stream.CallAsync(ctx, last(chain), struct {
		To transport.Sender `cbor:"to"`
		N  int              `cbor:"n"`
	}{r.Sender(), 1000})
	sel := transport.NewSelect(r, done)
	if err := transport.NewSelect().Add(r); !errors.Is(err, transport.ErrOwned) {
		t.Errorf("a receiver with two owners: got %v, want ErrOwned", err)
	}
	n := int64(0)
	for n <= 1000 || sel.Len() > 1 {
		ev, err := sel.Next(ctx)
		switch {
		case ev.Source == transport.Source(done) && err == nil:
		case n == 1000 && errors.Is(err, transport.ErrSenderClosed):
			n++
		case err != nil || ev.Value != n || ev.Context != last(chain):
			t.Fatalf("got %+v, %v; want %d", ev, err, n)
		default:
			n++
		}
	}
}

func TestReceiverListensToWhomItSays(t *testing.T) {
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log}, agent(), 2)
	ctx := within(t, 10*time.Second)
	r := transport.NewReceiver(transport.NewRouter(b), transport.From(chain[0]))
	_, err := stream.Call(ctx, chain[1], struct {
		To transport.Sender `cbor:"to"`
		N  int              `cbor:"n"`
	}{r.Sender(), 1})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a dropped message was not logged", func() bool { return rec.count("listens to another context") == 1 })
	waiting := make(chan error, 1)
	go func() { var v any; waiting <- r.Get(ctx, &v) }()
	r.Close()
	if err := <-waiting; !errors.Is(err, transport.ErrReceiverClosed) {
		t.Errorf("got %v, want ErrReceiverClosed", err)
	}
	if err := r.Sender().Send(ctx, 1); !errors.Is(err, transport.ErrReceiverClosed) {
		t.Errorf("sending to a closed receiver of this process: got %v, want ErrReceiverClosed", err)
	}
}

// A select waits for results, receivers and other selects at once, and says of each
// event which of them it came from.
func TestSelectOverAnyMix(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 20*time.Second)
	direct, nested := transport.NewReceiver(transport.NewRouter(b)), transport.NewReceiver(transport.NewRouter(b))
	defer direct.Close()
	defer nested.Close()
	called := echo.CallAsync(ctx, chain[0], textIn{Text: "called"})
	deep, done := transport.NewResult[int]()
	inner := transport.NewSelect(nested, deep)
	outer := transport.NewSelect(called, direct, inner)
	for _, err := range []error{direct.Sender().Send(ctx, "direct"), nested.Sender().Send(ctx, "nested")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[transport.Source]int{}
	for range 3 {
		ev, err := outer.Next(ctx)
		if err != nil {
			t.Fatalf("after %v: %v", seen, err)
		}
		seen[ev.Source]++
	}
	done(7, nil) // while the outer one has two receivers left to wait for
	ev, err := outer.Next(ctx)
	if err != nil || ev.Value != 7 {
		t.Errorf("the last event is %v, %v, want 7", ev.Value, err)
	}
	if len(seen) != 3 || seen[called] != 1 || seen[direct] != 1 || seen[nested] != 1 || ev.Source != transport.Source(deep) {
		t.Errorf("the events came from %v and %v, want one of each", seen, ev.Source)
	}
}
