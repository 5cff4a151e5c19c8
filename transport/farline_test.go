package transport_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// A far and quick line, of 100 MB/s with a round trip of 200 ms, holds 20 MB. TestAFarQuickLine
// measures how much of that one thing has under way, by how long it takes from its beginning on:
// no more than docs/bounds.md says, and about half of that. Several at once have several times
// as much.
func TestAFarQuickLine(t *testing.T) {
	const rate, roundTrip = 100e6, 200 * time.Millisecond
	const bytes = 24 << 20
	pull := func(t *testing.T, b *transport.Broker, c *transport.Context, at byte) {
		data := contents(bytes, at)
		blob := transport.BlobOf(data, false)
		b.Offer(c, blob, source(data))
		if out, err := pulls.Call(t.Context(), c, pullIn{Blob: blob}); err != nil || out.Read != bytes {
			t.Errorf("%+v, %v", out, err)
		}
	}
	for name, c := range map[string]struct {
		least, most float64 // MiB under way
		times       int     // how many are done at once; each carries bytes
		run         func(t *testing.T, b *transport.Broker, c *transport.Context, at byte)
	}{
		"a pipe from a host": {0.65, 1, 1, func(t *testing.T, _ *transport.Broker, c *transport.Context, _ byte) {
			_, p := fills.CallPipe(t.Context(), c, bytes)
			if n, err := io.Copy(io.Discard, p); n != bytes {
				t.Errorf("%d bytes came, %v", n, err)
			}
		}},
		"a pipe to a host": {0.65, 1, 1, func(t *testing.T, _ *transport.Broker, c *transport.Context, _ byte) {
			r, p := drinks.CallPipe(t.Context(), c, none{})
			_, _ = p.Write(make([]byte, bytes))
			_ = p.CloseWrite()
			if n, err := r.Get(context.Background()); n != bytes {
				t.Errorf("%d bytes came, %v", n, err)
			}
		}},
		"a long argument and its answer": {0.8, 4, 1, func(t *testing.T, _ *transport.Broker, c *transport.Context, _ byte) {
			if out, err := large.Call(t.Context(), c, make([]byte, bytes/2)); len(out) != bytes/2 {
				t.Errorf("%d bytes came, %v", len(out), err)
			}
		}},
		"a content":     {0.9, 2, 1, pull},
		"four contents": {3.3, 8, 4, pull},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, at := onLine(t, rate, roundTrip/2)
				begin := time.Now()
				var all sync.WaitGroup
				for i := range c.times {
					all.Go(func() { c.run(t, b, at, byte(i)) })
				}
				all.Wait()
				took := time.Since(begin)
				_ = b.Shutdown()
				flight := float64(c.times*bytes) / (1 << 20) / took.Seconds() * roundTrip.Seconds()
				t.Logf("%d MiB took %s: %.2f MiB were under way", c.times*bytes>>20, took.Round(time.Millisecond), flight)
				if flight < c.least || flight > c.most {
					t.Errorf("%.2f MiB were under way, want %.1f to %.1f", flight, c.least, c.most)
				}
			})
		})
	}
}
