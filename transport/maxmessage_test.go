package transport_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// below calls large in a context that it starts below its own, with n bytes, and returns the
// number of those that came back.
var below = transport.NewFunc("below", func(ctx context.Context, n *transport.Node, length int) (int, error) {
	c, err := n.Router().Connect(ctx, startable())
	if err != nil {
		return 0, err
	}
	got, err := large.Call(ctx, c, make([]byte, length))
	return len(got), err
})

type makesIn struct {
	N  int
	To *transport.Sender
}

// makes answers with so many bytes, or sends them.
var makes = transport.NewFunc("makes", func(ctx context.Context, _ *transport.Node, in makesIn) ([]byte, error) {
	if in.To == nil {
		return make([]byte, in.N), nil
	}
	return nil, in.To.Send(ctx, make([]byte, in.N))
})

// A message that is longer than Options.MaxMessage fails alone, with an error that names the
// limit, in both directions and at each hop, also in contexts that functions start. What is
// shorter arrives, and what was sent beside it.
func TestTheLimitOfAMessage(t *testing.T) {
	const limit = 1 << 20
	k := agent()
	k.Serve.Functions = append(k.Serve.Functions, below, makes)
	b, chain := tree(t, transport.Options{MaxMessage: limit}, k, 3)
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	to := r.Sender()
	ctx := within(t, 60*time.Second)
	beside := sleepy.CallAsync(ctx, last(chain), textIn{})
	for hop, c := range chain {
		for what, call := range map[string]func(n int) error{
			"arguments": func(n int) error {
				got, err := large.Call(ctx, c, bytes.Repeat([]byte{7}, n))
				if err == nil && len(got) != n {
					err = errors.New("other bytes came back")
				}
				return err
			},
			"result": func(n int) error { _, err := makes.Call(ctx, c, makesIn{N: n}); return err },
			"sender": func(n int) error {
				if _, err := makes.Call(ctx, c, makesIn{n, &to}); err != nil {
					return err
				}
				var got []byte
				return r.Get(ctx, &got)
			},
			"below": func(n int) error { _, err := below.Call(ctx, c, n); return err },
		} {
			if err := call(limit - 1<<10); err != nil {
				t.Errorf("%s of less than the limit at hop %d: %v", what, hop+1, err)
			}
			if err := call(limit + 1); err == nil || !strings.Contains(err.Error(), "1048576") {
				t.Errorf("%s of more than the limit at hop %d: %v, want an error with the limit", what, hop+1, err)
			}
		}
	}
	if _, err := beside.Get(ctx); err != nil {
		t.Errorf("a call beside them failed: %v", err)
	}
}

// Options that are wrong are told before anything is started.
func TestOptionsThatAreWrong(t *testing.T) {
	for want, o := range map[string]transport.Options{
		"Options.HeartbeatInterval is below 0":                                 {HeartbeatInterval: -1},
		"Options.HeartbeatTimeout is below 0":                                  {HeartbeatTimeout: -1},
		"Options.HeartbeatTimeout is 5s, and has to be longer than":            {HeartbeatTimeout: 5 * time.Second},
		"Options.KillDelay is below 0":                                         {KillDelay: -1},
		"Options.ShutdownTimeout is below 0":                                   {ShutdownTimeout: -1},
		"Options.Starts is below 0":                                            {Starts: -1},
		"Options.MaxMessage is -1; it is from 1048576 to 67108864 bytes":       {MaxMessage: -1},
		"Options.MaxMessage is 1048575; it is from 1048576 to 67108864 bytes":  {MaxMessage: 1<<20 - 1},
		"Options.MaxMessage is 67108865; it is from 1048576 to 67108864 bytes": {MaxMessage: 64<<20 + 1},
	} {
		err := transport.RunWith(t.Context(), o, func(context.Context, *transport.Router) error { t.Error("it ran"); return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run: got %v, want %q", err, want)
		}
		b := transport.NewBroker(o)
		if _, err := transport.NewRouter(b).Connect(t.Context(), transporttest.Agent{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Connect: got %v, want %q", err, want)
		}
		_ = b.Shutdown()
	}
}

func TestAConnectorThatIsMissing(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	if _, err := transport.NewRouter(b).Connect(t.Context(), nil); err == nil {
		t.Error("a context without a connector is started")
	}
}
