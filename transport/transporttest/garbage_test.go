package transporttest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

var ping = transport.NewFunc("ping", func(_ context.Context, _ *transport.Node, text string) (string, error) {
	return text, nil
})

// Garbage is at its offset, whatever the sizes of the reads and writes are, and what a
// caller wrote is still as it was.
func TestGarbageIsWhereItWasPut(t *testing.T) {
	text := []byte("0123456789abcdef")
	for at, want := range map[int64]string{0: "XYZ3456789abcdef", 4: "0123XYZ789abcdef", 14: "0123456789abcdXY", 16: string(text), 99: string(text)} {
		for _, step := range []int{1, 2, 3, 5, 16} {
			up, down := &transporttest.Noise{}, &transporttest.Noise{}
			up.At(at, []byte("XYZ"))
			down.At(at, []byte("XYZ"))
			var got bytes.Buffer
			l := &transport.Link{R: iotest.OneByteReader(bytes.NewReader(text)), W: &got}
			transporttest.Garble(l, up, down)
			for n := 0; n < len(text); n += step {
				if _, err := l.W.Write(text[n:min(len(text), n+step)]); err != nil {
					t.Fatal(err)
				}
			}
			read, err := io.ReadAll(l.R)
			if err != nil || string(read) != want || got.String() != want {
				t.Errorf("at %d in pieces of %d: %q was read, %q written, want %q: %v", at, step, read, got.String(), want, err)
			}
			if string(text) != "0123456789abcdef" || up.Passed() != 16 || down.Passed() != 16 {
				t.Errorf("the writer's own bytes are %q now, and %d and %d have passed", text, up.Passed(), down.Passed())
			}
		}
	}
}

// Whatever bytes of a line are replaced, a call returns when its ctx ends at the latest,
// the shutdown is bounded, and a context beside it goes on. Frames have no checksum: if
// what the garbage makes of one is a frame as well, a reply may not come at all.
func TestGarbageHoldsNobodyUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := map[string][]byte{"ones": bytes.Repeat([]byte{0xff}, 8), "zeros": make([]byte, 8), "one byte": {0x7f}, "random": nil}
	for name, garbage := range kinds {
		for _, up := range []bool{true, false} {
			for at := int64(0); at < 600; at += 1 + r.Int64N(24) {
				if name == "random" {
					garbage = []byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}
				}
				synctest.Test(t, func(t *testing.T) { garbageAt(t, fmt.Sprintf("%s at %d, up %v", name, at, up), at, garbage, up) })
			}
		}
	}
}

// garbageAt runs calls over a line with that garbage in it.
func garbageAt(t *testing.T, what string, at int64, garbage []byte, up bool) {
	k := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{ping}}}
	noise := &transporttest.Noise{}
	noise.At(at, garbage)
	line := transporttest.Garbled(k, nil, noise)
	if up {
		line = transporttest.Garbled(k, noise, nil)
	}
	b := transport.NewBroker(transport.Options{})
	defer func() {
		if err := b.Shutdown(); err != nil {
			t.Errorf("%s: shutdown: %v", what, err)
		}
	}()
	router := transport.NewRouter(b)
	bad, err := router.Connect(t.Context(), line)
	if err != nil {
		t.Fatal(err)
	}
	good, err := router.Connect(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 5 {
		if _, err := ping.Call(ctx, bad, "x"); err != nil {
			break
		}
	}
	if d := time.Since(began); d > time.Minute {
		t.Errorf("%s: the calls took %v", what, d)
	}
	if _, err := ping.Call(t.Context(), good, "x"); err != nil {
		t.Errorf("%s: the context beside it failed: %v", what, err)
	}
}

// Garbage of which no frame can be made ends the context, with that as the cause.
func TestGarbageFromNowOnIsLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noise := &transporttest.Noise{}
		k := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{ping}}}
		b := transport.NewBroker(transport.Options{})
		defer func() { _ = b.Shutdown() }()
		c, err := transport.NewRouter(b).Connect(t.Context(), transporttest.Garbled(k, noise, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ping.Call(t.Context(), c, "x"); err != nil {
			t.Fatal(err)
		}
		noise.Now([]byte{0xff, 0xff, 0xff, 0xff})
		_, err = ping.Call(t.Context(), c, "x")
		var lost *transport.LostError
		if !errors.As(err, &lost) || !strings.Contains(lost.Cause, "bad frame") {
			t.Errorf("the call ended with %v, want the loss of the context because of a bad frame", err)
		}
	})
}

// Garbage in the length of a frame makes contents of the frames that follow. Heartbeats are
// no sign of life then: the context is lost in the time of a silent one, and not when they
// have filled the frame.
func TestGarbageInALengthIsLossInTime(t *testing.T) {
	length := []byte{0, 0, 0xff, 0}
	for name, up := range map[string]bool{"of the child": true, "of the parent": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				noise := &transporttest.Noise{}
				k := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{ping}}}
				line := transporttest.Garbled(k, nil, noise)
				if up {
					line = transporttest.Garbled(k, noise, nil)
				}
				b := transport.NewBroker(transport.Options{HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second})
				defer func() { _ = b.Shutdown() }()
				c, err := transport.NewRouter(b).Connect(t.Context(), line)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := ping.Call(t.Context(), c, "x"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				noise.Now(length)
				began := time.Now()
				_, err = ping.Call(t.Context(), c, "x")
				if d := time.Since(began); err == nil || d > 30*time.Second {
					t.Errorf("after %v the call ended with %v, want a loss within 30 s", d, err)
				}
				if up && !strings.Contains(err.Error(), "bad frame") {
					t.Errorf("the call ended with %v, want a bad frame", err)
				}
			})
		})
	}
}
