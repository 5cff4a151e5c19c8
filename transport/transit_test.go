package transport_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Functions whose contents move slowly; see main_test.go for what is served.
type slowly struct {
	Blob  transport.Blob
	Piece int           // bytes at once
	Every time.Duration // and then a pause
	Then  time.Duration // after all of it
	Again int           // how often it is pulled
}

var (
	// pullsSlowly pulls a blob in pieces.
	pullsSlowly = transport.NewFunc("pullsSlowly", func(ctx context.Context, n *transport.Node, in slowly) (none, error) {
		for range max(1, in.Again) {
			r, err := n.Pull(ctx, in.Blob, 0)
			if err != nil {
				return none{}, err
			}
			err = inPieces(ctx, in, func(b []byte) (int, error) { return io.ReadFull(r, b) })
			_ = r.Close()
			if err != nil {
				return none{}, err
			}
		}
		return none{}, pause(ctx, in.Then)
	})
	// pipesSlowly writes into its pipe in pieces.
	pipesSlowly = transport.NewFunc("pipesSlowly", func(ctx context.Context, n *transport.Node, in slowly) (none, error) {
		if err := inPieces(ctx, in, n.Pipe().Write); err != nil {
			return none{}, err
		}
		return none{}, pause(ctx, in.Then)
	})
)

func inPieces(ctx context.Context, in slowly, move func([]byte) (int, error)) error {
	for left := int(in.Blob.Size); left > 0; left -= in.Piece {
		if _, err := move(make([]byte, min(in.Piece, left))); err != nil && err != io.EOF {
			return err
		}
		if err := pause(ctx, in.Every); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestContentsGiveTime: the time in which contents move at 4 KiB/s or more is not
// counted against the bound of a call in all, by the controller or by the agent that
// keeps a timeout. A trickle and a burst give none, and neither does pulling the same
// again and again.
func TestContentsGiveTime(t *testing.T) {
	const total = time.Minute
	data := bytes.Repeat([]byte("x"), 8<<20) // more than may be under way
	for name, c := range map[string]struct {
		in   slowly
		over time.Duration // when the call ends with a *TimeoutError; 0: it does not
	}{
		"at 64 KiB/s":                {slowly{Piece: 64 << 10, Every: time.Second}, 0},
		"and then as long as may be": {slowly{Piece: 64 << 10, Every: time.Second, Then: 20 * time.Second}, 0},
		"and then too long":          {slowly{Piece: 64 << 10, Every: time.Second, Then: time.Hour}, 128*time.Second + total},
		"all at once, too long":      {slowly{Piece: 8 << 20, Then: time.Hour}, total},
	} {
		for _, how := range []string{"pulled", "piped", "pulled, timeout", "piped, timeout"} {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, chain := tree(t, transport.Options{}, agent(), 1)
					if _, err := chain[0].Ready().Get(context.Background()); err != nil {
						t.Fatal(err)
					}
					opt := transport.Bounded(transport.Bounds{Total: total})
					if how == "pulled, timeout" || how == "piped, timeout" {
						opt = transport.Timeout(total)
					}
					c.in.Blob = transport.BlobOf(data, false)
					b.Offer(chain[0], c.in.Blob, func(at int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data[at:])), nil })
					began := time.Now()
					var r *transport.Result[none]
					if strings.HasPrefix(how, "pulled") {
						r = pullsSlowly.CallAsync(context.Background(), chain[0], c.in, opt)
					} else {
						var p *transport.Pipe
						r, p = pipesSlowly.CallPipe(context.Background(), chain[0], c.in, opt)
						go func() { _, _ = io.Copy(io.Discard, p) }()
					}
					_, err := r.Get(context.Background())
					took := time.Since(began)
					switch {
					case c.over == 0 && err != nil:
						t.Errorf("after %s: %v", took, err)
					case c.over > 0:
						wantAs[*transport.TimeoutError](t, err)
						// An agent takes some of it before the function does.
						if took > c.over+5*time.Second || took < c.over-45*time.Second {
							t.Errorf("it ended after %s, not %s", took, c.over)
						}
					}
					_ = b.Shutdown()
				})
			})
		}
	}
}

// TestContentsOnASlowLineTakeNoTime: over 64 KB/s, and over 8 KB/s with 300 ms each way, a
// call whose contents take many times its timeout succeeds, whichever way they move, and
// if eight such calls share the line, whether the time is kept by the agent or here.
func TestContentsOnASlowLineTakeNoTime(t *testing.T) {
	type line struct {
		rate  int
		delay time.Duration
	}
	for name, c := range map[string]struct {
		line    line
		timeout time.Duration
		calls   int
	}{
		"64 KB/s, 5 s":         {line{64 << 10, 50 * time.Millisecond}, 5 * time.Second, 1},
		"64 KB/s, 1 s":         {line{64 << 10, 50 * time.Millisecond}, time.Second, 1},
		"8 KB/s, 5 s":          {line{8 << 10, 300 * time.Millisecond}, 5 * time.Second, 1},
		"8 KB/s, 1 s":          {line{8 << 10, 300 * time.Millisecond}, time.Second, 1},
		"64 KB/s, 5 s, shared": {line{64 << 10, 50 * time.Millisecond}, 5 * time.Second, 8},
	} {
		for _, how := range []string{"pulled", "piped"} {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, ctx := onLine(t, c.line.rate, c.line.delay)
					opts := []transport.CallOption{transport.Timeout(c.timeout), transport.Bounded(transport.Bounds{Total: c.timeout + 25*time.Second})}
					size := 40 * c.line.rate / c.calls
					var all []*transport.Result[none]
					for k := range c.calls {
						data := bytes.Repeat([]byte{byte(k)}, size)
						in := slowly{Blob: transport.BlobOf(data, false), Piece: size}
						if how == "pulled" {
							b.Offer(ctx, in.Blob, func(at int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data[at:])), nil })
							all = append(all, pullsSlowly.CallAsync(t.Context(), ctx, in, opts...))
							continue
						}
						r, p := pipesSlowly.CallPipe(t.Context(), ctx, in, opts...)
						go func() { _, _ = io.Copy(io.Discard, p) }()
						all = append(all, r)
					}
					began := time.Now()
					for _, r := range all {
						if _, err := r.Get(t.Context()); err != nil {
							t.Errorf("after %s: %v", time.Since(began), err)
						}
					}
					if took := time.Since(began); took < 38*time.Second || took > time.Minute {
						t.Errorf("it took %s, want some 40 s", took)
					}
					_ = b.Shutdown()
				})
			})
		}
	}
}

// TestLongCallsAndAnswersTakeNoTime: the time in which a call itself, or its answer, is on
// a slow line does not count against its bound in all.
func TestLongCallsAndAnswersTakeNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := onLine(t, 8<<10, 300*time.Millisecond)
		out, err := large.Call(t.Context(), c, make([]byte, 1<<20), transport.Bounded(transport.Bounds{Total: 20 * time.Second}))
		if err != nil || len(out) != 1<<20 {
			t.Errorf("%d bytes came back, %v", len(out), err)
		}
		_ = b.Shutdown()
	})
}

// TestTheEndOfContentsIsTheEndOfTheirTime: a call whose contents stop moving ends by its
// timeout, a few seconds later at most, and is told how long they moved.
func TestTheEndOfContentsIsTheEndOfTheirTime(t *testing.T) {
	const timeout = 20 * time.Second
	synctest.Test(t, func(t *testing.T) {
		b, c := onLine(t, 64<<10, 50*time.Millisecond)
		r, p := pipesSlowly.CallPipe(t.Context(), c, slowly{Blob: transport.Blob{Size: 4 << 20}, Piece: 4 << 20}, transport.Timeout(timeout))
		began := time.Now()
		if n, err := io.CopyN(io.Discard, p, 2<<20); err != nil {
			t.Fatalf("%d bytes came after %s: %v", n, time.Since(began), err)
		}
		moved := time.Since(began)
		_, err := r.Get(t.Context())
		e := wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took < moved+timeout-5*time.Second || took > moved+timeout+20*time.Second {
			t.Errorf("contents moved for %s, and the call ended after %s", moved, took)
		}
		if e.After != timeout || e.Moved < moved-5*time.Second || e.Moved > moved+20*time.Second {
			t.Errorf("contents moved for %s, and it says %v", moved, e)
		}
		_ = b.Shutdown()
	})
}

// TestNothingIsGainedByPullingAgain: a context that pulls one blob for ever is given the
// time of one pull.
func TestNothingIsGainedByPullingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := bytes.Repeat([]byte("x"), 1<<20)
		b, chain := tree(t, transport.Options{}, agent(), 1)
		blob := transport.BlobOf(data, false)
		b.Offer(chain[0], blob, func(at int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data[at:])), nil })
		began := time.Now()
		_, err := pullsSlowly.Call(context.Background(), chain[0], slowly{Blob: blob, Piece: 32 << 10, Every: time.Second, Again: 1 << 20}, transport.Bounded(transport.Bounds{Total: time.Minute}))
		wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("it was waited for %s", took)
		}
		_ = b.Shutdown()
	})
}

// TestATrickleGivesNoTime: a pipe that brings a byte now and then ends at its bound.
func TestATrickleGivesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, chain := tree(t, transport.Options{}, agent(), 1)
		began := time.Now()
		r, p := pipesSlowly.CallPipe(context.Background(), chain[0], slowly{Blob: transport.Blob{Size: 1 << 30}, Piece: 1, Every: time.Second}, transport.Bounded(transport.Bounds{Total: time.Minute}))
		_, _ = io.Copy(io.Discard, p)
		_, err := r.Get(context.Background())
		wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took > 62*time.Second {
			t.Errorf("it was waited for %s", took)
		}
		_ = b.Shutdown()
	})
}
