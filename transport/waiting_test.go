package transport_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// Close wakes everybody who waits at a receiver, and may be called again.
func TestCloseWakesEveryWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		defer b.Shutdown()
		r := transport.NewReceiver(transport.NewRouter(b))
		const waiters = 8
		woken := make(chan error, waiters+1)
		for range waiters {
			go func() {
				var v any
				woken <- r.Get(t.Context(), &v)
			}()
		}
		sel := transport.NewSelect(r)
		go func() {
			_, err := sel.Next(t.Context())
			woken <- err
		}()
		synctest.Wait() // all of them wait
		if len(woken) > 0 {
			t.Fatalf("one was woken by nothing: %v", <-woken)
		}
		r.Close()
		r.Close()
		for range waiters + 1 {
			if err := <-woken; !errors.Is(err, transport.ErrReceiverClosed) {
				t.Errorf("a waiter was woken with %v, want ErrReceiverClosed", err)
			}
		}
		var v any
		if err := r.Get(t.Context(), &v); !errors.Is(err, transport.ErrReceiverClosed) {
			t.Errorf("waiting afterwards: got %v, want ErrReceiverClosed", err)
		}
	})
}

// A select over a receiver that somebody else empties waits on, and neither yields what is
// gone nor misses what comes.
func TestASelectOverAReceiverThatAnotherDrains(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	ctx := within(t, 60*time.Second)
	const n = 1000
	sel := transport.NewSelect(r)
	var mu sync.Mutex
	seen := map[int64]int{}
	got := func(i int64) bool {
		mu.Lock()
		defer mu.Unlock()
		seen[i]++
		return len(seen) == n
	}
	all, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			ev, err := sel.Next(all)
			if err != nil {
				return
			}
			if got(ev.Value.(int64)) {
				cancel()
			}
		}
	})
	wg.Go(func() {
		for {
			var i int64
			if r.Get(all, &i) != nil {
				return
			}
			if got(i) {
				cancel()
			}
		}
	})
	for i := range n {
		if err := r.Sender().Send(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		t.Fatalf("%d of %d messages came", len(seen), n)
	}
	for i, times := range seen {
		if times != 1 {
			t.Errorf("message %d came %d times", i, times)
		}
	}
}

// The end of a context far away, behind another hop, wakes who waits for it and nobody who
// waits for its far sibling, in the subtree beside it.
func TestTheEndOfAFarSibling(t *testing.T) {
	b, left := tree(t, transport.Options{}, transporttest.Process{}, 2)
	ctx := within(t, 60*time.Second)
	near, err := transport.NewRouter(b).Connect(ctx, transporttest.Process{}, transport.WithName("right"))
	if err != nil {
		t.Fatal(err)
	}
	right, err := near.Connect(ctx, transporttest.Process{}, transport.WithName("right2"))
	if err != nil {
		t.Fatal(err)
	}
	messages := transport.NewReceiver(transport.NewRouter(b), transport.From(right))
	defer messages.Close()
	g, err := right.Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ends, stays := hang.CallAsync(ctx, right, none{}), hang.CallAsync(ctx, left[1], none{})
	if err := syscall.Kill(int(g.PID), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_, err = ends.Get(ctx)
	wantAs[*transport.LostError](t, err)
	var v any
	wantAs[*transport.LostError](t, messages.Get(ctx, &v))
	for _, c := range []*transport.Context{left[0], left[1], near} {
		if _, err := echo.Call(ctx, c, textIn{}); err != nil {
			t.Errorf("a call in %s: %v", c.Name(), err)
		}
	}
	select {
	case <-stays.Done():
		_, err := stays.Value()
		t.Errorf("the call in the far sibling ended: %v", err)
	default:
	}
}

// The first entry and the first line of a context arrive, directly and behind a hop, before
// the result of its first call.
func TestTheFirstLogLineOfAContext(t *testing.T) {
	log, rec := logger()
	_, chain := tree(t, transport.Options{Log: log}, transporttest.Process{}, 2)
	ctx := within(t, 30*time.Second)
	for i, c := range chain {
		if _, err := talk.Call(ctx, c, textIn{N: 1}); err != nil {
			t.Fatal(err)
		}
		if n := rec.count("entry [context hop" + itoa(i+1) + " i 0]"); n != 1 {
			t.Errorf("the first entry of %s came %d times: %q", c.Name(), n, rec.all())
		}
		if _, err := prints.Call(ctx, c, textIn{Text: c.Name(), N: 1}); err != nil {
			t.Fatal(err)
		}
		if rec.count("stdout: "+c.Name()+" 0") != 1 {
			t.Errorf("the first line of %s did not come before the result: %q", c.Name(), rec.all())
		}
	}
}

// 26 bytes of garbage in what a child sends end its connection, once, with one entry; who
// waits for it is told, and a context beside it goes on.
func TestTwentySixBytesOfGarbage(t *testing.T) {
	log, rec := logger()
	log.SetLevel(hclog.Info)
	b, beside := tree(t, transport.Options{Log: log}, agent(), 1)
	ctx := within(t, 60*time.Second)
	up := &transporttest.Noise{}
	c, err := transport.NewRouter(b).Connect(ctx, transporttest.Garbled(agent(), up, nil), transport.WithName("garbled"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := echo.Call(ctx, c, textIn{}); err != nil {
		t.Fatal(err)
	}
	waits := hang.CallAsync(ctx, c, none{})
	up.Now([]byte("\xff\xff\xff\xff garbage of 26 bytes!"))
	ends := echo.CallAsync(ctx, c, textIn{Text: strings.Repeat("x", 100)})
	for _, err := range []error{ignore(ends.Get(ctx)), ignore(waits.Get(ctx)), ignore(c.Lost().Get(ctx))} {
		if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Cause, "frame") {
			t.Errorf("the cause is %q, want a bad frame", e.Cause)
		}
	}
	if _, err := echo.Call(ctx, beside[0], textIn{}); err != nil {
		t.Errorf("a call beside it: %v", err)
	}
	if n := rec.count("garbled"); n > 2 {
		t.Errorf("its end has %d entries: %q", n, rec.all())
	}
}

// ignore is the error of what has a value, too.
func ignore[T any](_ T, err error) error { return err }
