package transport_test

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// A long call waits for an earlier call, and a later short one overtakes it. The
// short one must not make the agent forget the earlier call, since the long one
// still has to learn how it ended.
func TestWhatACallComesAfterIsRemembered(t *testing.T) {
	type call struct {
		After []uint32 `cbor:"a"`
		Low   uint32   `cbor:"l"`
	}
	calls := make(chan call, 16)
	bad := agent()
	first, answered := make(chan uint32, 1), make(chan struct{})
	bad.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			t.Error(err)
			return 1
		}
		for n := 0; ; {
			m, err := raw.Read()
			if err != nil {
				return 0
			}
			if m.Handle != transport.HandleCall || transport.IsPart(m) {
				continue
			}
			var c call
			if err := transport.Unmarshal(m.Data, &c); err != nil {
				t.Error(err)
			}
			calls <- c
			if n++; n == 1 {
				first <- m.ReplyTo
				<-answered
				_ = raw.Write(0, &transport.Message{Src: self, Handle: m.ReplyTo, Data: transport.EncodeReply("done")})
			}
		}
	}
	b := transport.NewBroker(transport.Options{KillDelay: 50 * time.Millisecond, ShutdownTimeout: 200 * time.Millisecond})
	defer b.Shutdown()
	ctx := within(t, 10*time.Second)
	c, err := transport.NewRouter(b).Connect(ctx, bad)
	if err != nil {
		t.Fatal(err)
	}
	before := echo.CallAsync(ctx, c, textIn{})
	id := <-first
	large.CallAsync(ctx, c, make([]byte, 8<<20), transport.After(before))
	small := echo.CallAsync(ctx, c, textIn{}, transport.After(before))
	close(answered)
	if _, err := before.Get(ctx); err != nil {
		t.Fatal(err)
	}
	echo.CallAsync(context.WithoutCancel(ctx), c, textIn{})
	_ = small
	for range 3 {
		got := <-calls
		if got.Low > id {
			t.Errorf("a call lets the agent forget all calls below %d, but %d is still needed (it comes after %v)", got.Low, id, got.After)
		}
		if len(got.After) > 0 && !slices.Contains(got.After, id) {
			t.Errorf("the call comes after %v, want %d among them", got.After, id)
		}
	}
}
