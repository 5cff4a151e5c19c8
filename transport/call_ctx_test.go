package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// Call returns when its ctx ends, whatever the host does, and says that this was the
// reason.
func TestCallsHonourTheirContext(t *testing.T) {
	cases := map[string]struct {
		host  transporttest.Agent
		phase transport.Phase
	}{
		"a function that does not return": {agent(), transport.PhaseRunning},
		"a host that answers nothing":     {mute(false, nil), transport.PhaseRunning},
		"a host that is not up yet":       {transporttest.Agent{Hang: true}, transport.PhaseWaiting},
		"a host that is very far away":    {far(20 * time.Second), transport.PhaseWaiting},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, chain := tree(t, transport.Options{HeartbeatTimeout: time.Hour}, c.host, 1)
				why := errors.New("there is no more time")
				ctx, cancel := context.WithTimeoutCause(context.Background(), 3*time.Second, why)
				defer cancel()
				begin := time.Now()
				_, err := deaf.Call(ctx, chain[0], textIn{N: 100})
				if d := time.Since(begin); d != 3*time.Second {
					t.Errorf("it returned after %v, want the 3 s of its ctx", d)
				}
				endedBy(t, err, context.DeadlineExceeded, why)
				if e := wantAs[*transport.CancelledError](t, err); e.Phase != c.phase || e.Function != "deaf" {
					t.Errorf("got %+v, want deaf in the phase %q", e, c.phase)
				}
				_ = b.Shutdown()
				time.Sleep(200 * time.Second)
			})
		})
	}
}

// far is agent behind a line that takes that long.
func far(delay time.Duration) transporttest.Agent {
	a := agent()
	a.Delay = delay
	return a
}

// endedBy holds that errors.Is finds all of these in err.
func endedBy(t *testing.T, err error, all ...error) {
	t.Helper()
	for _, want := range all {
		if !errors.Is(err, want) {
			t.Errorf("%v is not %q", err, want)
		}
	}
}

// Whoever waits until a ctx ends learns that it did, and why.
func TestWaitingHonoursItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, chain := tree(t, transport.Options{}, agent(), 1)
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(context.Background())
		r := hang.CallAsync(ctx, chain[0], none{})
		timed := hang.CallAsync(context.Background(), chain[0], none{}, transport.Timeout(time.Minute))
		receiver := transport.NewReceiver(transport.NewRouter(b))
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := timed.Get(ctx)
		endedBy(t, err, context.Canceled, why)
		endedBy(t, receiver.Get(ctx, new(int)), context.Canceled, why)
		_, err = transport.NewSelect(receiver).Next(ctx)
		endedBy(t, err, context.Canceled, why)
		_, err = r.Get(context.Background())
		endedBy(t, err, context.Canceled, why)
		wantAs[*transport.CancelledError](t, err)
		_, err = timed.Get(context.Background())
		endedBy(t, err, context.DeadlineExceeded)
		_ = b.Shutdown()
	})
}

// A connection that comes when nobody waits for it any more is closed.
func TestLateConnectionsAreClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const oneWay = 200 * time.Millisecond
	_, chain := tree(t, transport.Options{}, far(oneWay), 1)
	if _, err := chain[0].Ready().Get(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), oneWay*3/2)
	defer cancel()
	if conn, err := chain[0].DialContext(ctx, "tcp", l.Addr().String()); err == nil {
		conn.Close()
		t.Fatal("the dial did not end with its ctx")
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Second))
	conn, err := l.Accept()
	if err != nil {
		return // it was cancelled before it had begun
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection ended with %v, want that it was closed", err)
	}
}

// Calls that wait for their turn are cancelled while others end and give theirs up. One
// that was answered must not begin: its agent crashed.
func TestCancelOfCallsThatAreAboutToBegin(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		var all []*transport.Result[none]
		for range 300 {
			all = append(all, hang.CallAsync(ctx, chain[0], none{}))
		}
		if _, err := chain[0].Ready().Get(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		for _, r := range all {
			<-r.Done()
		}
	}
	if _, err := echo.Call(t.Context(), chain[0], textIn{Text: "x"}); err != nil {
		t.Fatal(err)
	}
}
