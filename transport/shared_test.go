package transport_test

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// shares is what all calls of its context share.
var shares = transport.NewFunc("shares", func(_ context.Context, n *transport.Node, _ none) (string, error) {
	return string(n.Shared()), nil
})

// What the calls of a context share comes with its start, whoever starts it. It is that
// context's alone, and it crosses the wire once, before the first call.
func TestSharedBytesTravelWithTheStart(t *testing.T) {
	ctx := within(t, 20*time.Second)
	var long atomic.Int64
	b := transport.NewBroker(transport.Options{Frames: func(e transport.FrameEvent) {
		if e.Out && e.Handle == transport.HandleCall && e.Size > 100 {
			long.Add(1)
		}
	}})
	var chain []*transport.Context
	for _, text := range []string{strings.Repeat("a", 1024), "", "the key of hop 3"} {
		c, err := next(b, chain, transporttest.Process{}, transport.WithShared([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
		for range 2 {
			if got, err := shares.Call(ctx, c, none{}); err != nil || got != text {
				t.Errorf("a function at hop %d sees %q, want %q: %v", len(chain), got, text, err)
			}
		}
	}
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
	if n := long.Load(); n != 0 {
		t.Errorf("%d calls are so long that they have with them what they share", n)
	}
}

func TestTooMuchIsNotShared(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	_, err := transport.NewRouter(b).Connect(t.Context(), agent(), transport.WithShared(make([]byte, 1025)), transport.WithName("web"))
	if err == nil || err.Error() != "connect web: its calls would share 1025 bytes, and 1024 is the most" {
		t.Errorf("got %v", err)
	}
}

// A call says which calls may be forgotten if that is news, and only then.
func TestWhatMayBeForgottenIsSaidOnce(t *testing.T) {
	type call struct {
		Low uint32 `cbor:"l"`
	}
	ctx := within(t, 10*time.Second)
	host := agent()
	ids, lows := make(chan uint32), make(chan uint32)
	answer := make(chan uint32)
	host.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			t.Error(err)
			return 1
		}
		for {
			m, err := raw.Read()
			if err != nil {
				return 0
			}
			if m.Handle != transport.HandleCall {
				continue
			}
			var c call
			if err := transport.Unmarshal(m.Data, &c); err != nil {
				t.Error(err)
			}
			ids <- m.ReplyTo
			lows <- c.Low
			if id := <-answer; id != 0 {
				_ = raw.Write(0, &transport.Message{Src: self, Handle: id, Data: transport.EncodeReply("done")})
			}
		}
	}
	b := transport.NewBroker(transport.Options{KillDelay: 50 * time.Millisecond, ShutdownTimeout: 200 * time.Millisecond})
	defer b.Shutdown()
	c, err := transport.NewRouter(b).Connect(ctx, host)
	if err != nil {
		t.Fatal(err)
	}
	// send calls the context, and returns the id of the call and what it says.
	send := func() (r *transport.Result[string], id, low uint32) {
		r = echo.CallAsync(ctx, c, textIn{})
		return r, <-ids, <-lows
	}
	first, id, low := send()
	if low != id {
		t.Errorf("the first call says %d, want itself, %d", low, id)
	}
	answer <- 0
	_, second, low := send()
	if low != 0 {
		t.Errorf("a call behind one without an answer says %d again", low)
	}
	answer <- id
	if _, err := first.Get(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, low = send(); low != second {
		t.Errorf("behind a call with its answer, %d is said, want %d", low, second)
	}
	answer <- 0
	if _, _, low = send(); low != 0 {
		t.Errorf("then %d is said again", low)
	}
	answer <- 0
}
