package transport_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Every call to a context that is still starting gets an answer, even if more waits
// for the context than is kept, and long calls wait behind each other.
func TestEveryCallIsAnsweredWhereTooMuchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := agent()
		k.Hang = true
		b := transport.NewBroker(transport.Options{})
		c, err := transport.NewRouter(b).Connect(context.Background(), k, transport.WithTimeout(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		ctx := within(t, time.Minute)
		filler := textIn{Text: strings.Repeat("x", 31<<10)}
		for range 2000 {
			echo.CallAsync(context.Background(), c, filler)
		}
		// The calls are made side by side, so that one of them sends while the
		// others queue behind it.
		errs := make(chan error)
		for range 32 {
			go func() {
				_, err := large.CallAsync(context.Background(), c, make([]byte, 4<<20)).Get(ctx)
				errs <- err
			}()
		}
		for i := range 32 {
			if err := <-errs; err == nil || !strings.Contains(err.Error(), "too much is waiting") {
				t.Errorf("long call %d: got %v, want \"too much is waiting\"", i, err)
			}
		}
		_ = b.Shutdown()
	})
	synctest.Test(t, func(t *testing.T) {
		k := agent()
		k.Hang = true
		b := transport.NewBroker(transport.Options{})
		c, _ := transport.NewRouter(b).Connect(context.Background(), k, transport.WithTimeout(time.Hour))
		ctx := within(t, time.Minute)
		var all []*transport.Result[[]byte]
		for range 3 {
			all = append(all, large.CallAsync(context.Background(), c, make([]byte, 8<<20)))
		}
		_ = b.Shutdown()
		for i, r := range all {
			if _, err := r.Get(ctx); err == nil {
				t.Errorf("long call %d succeeded after the shutdown", i)
			}
		}
	})
}

// Several contexts of one host may send long replies at the same time: they get
// through one after the other.
func TestLongRepliesOfManyContextsOfOneHost(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 60*time.Second)
	sel := transport.NewSelect()
	for range 6 {
		c, err := chain[0].Connect(ctx, agent())
		if err != nil {
			t.Fatal(err)
		}
		_ = sel.Add(large.CallAsync(ctx, c, make([]byte, 12<<20)))
	}
	for ev, err := range sel.All(ctx) {
		if v, _ := ev.Value.([]byte); err != nil || len(v) != 12<<20 {
			t.Errorf("%d bytes, %v", len(v), err)
		}
	}
}

// A reply that is longer than a message may be arrives as an error of kind size.
func TestAReplyThatIsTooLongIsAnError(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	_, err := large.Call(within(t, 60*time.Second), last(chain), make([]byte, transport.MaxReply))
	if e := wantAs[*transport.RemoteError](t, err); e.Kind != "size" {
		t.Errorf("got %v, want kind size", err)
	}
}
