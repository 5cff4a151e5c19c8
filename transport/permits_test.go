package transport_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

type senderIn struct {
	To transport.Sender `cbor:"to"`
	N  int              `cbor:"n"`
}

// Functions that pass senders on. The agents of main_test.go serve them.
var (
	// opens makes a receiver and returns its sender. It passes what arrives on to
	// another sender.
	opens = transport.NewFunc("opens", func(ctx context.Context, n *transport.Node, in senderIn) (transport.Sender, error) {
		r := transport.NewReceiver(n.Router(), transport.FromAnywhere())
		go func() {
			defer r.Close()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			for range in.N {
				var b []byte
				if err := r.Get(ctx, &b); err != nil {
					return
				}
				if err := in.To.Send(ctx, len(b)); err != nil {
					return
				}
			}
		}()
		return r.Sender(), nil
	})
	// delegates passes the sender that it was given on to a context below.
	delegates = transport.NewFunc("delegates", func(ctx context.Context, n *transport.Node, in senderIn) (none, error) {
		c, err := n.Router().Connect(ctx, startable())
		if err != nil {
			return none{}, err
		}
		return stream.Call(ctx, c, in)
	})
	// sends sends one message of so many bytes.
	sends = transport.NewFunc("sends", func(ctx context.Context, _ *transport.Node, in senderIn) (none, error) {
		return none{}, in.To.Send(ctx, make([]byte, in.N))
	})
)

// pair starts two contexts beside each other, below a chain of that many relays.
func pair(t *testing.T, b *transport.Broker, relays int, k transport.Connector) (x, z *transport.Context) {
	t.Helper()
	var chain []*transport.Context
	for range relays {
		c, err := next(b, chain, k)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
	}
	x, err := next(b, chain, k, transport.WithName("x"))
	z, err2 := next(b, chain, k, transport.WithName("z"))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return x, z
}

// A context may send to another one beside it if it was given a sender. Short and
// long messages arrive, whether the two are children of the controller or below a
// relay.
func TestSendersWorkForWhomTheyWereGivenTo(t *testing.T) {
	for relays := range 3 {
		b := transport.NewBroker(transport.Options{})
		x, z := pair(t, b, relays, agent())
		ctx := within(t, 20*time.Second)
		r := transport.NewReceiver(transport.NewRouter(b))
		to, err := opens.Call(ctx, x, senderIn{r.Sender(), 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 9 << 20, 1 << 10} {
			if _, err := sends.Call(ctx, z, senderIn{to, n}); err != nil {
				t.Fatal(err)
			}
			var got int
			if err := r.Get(ctx, &got); err != nil || got != n {
				t.Errorf("below %d relays: of %d bytes %d arrived, %v", relays, n, got, err)
			}
		}
		_ = b.Shutdown()
	}
}

// A context may pass a sender that it was given on to a context below it.
func TestASenderMayBePassedOn(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 20*time.Second)
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	if _, err := delegates.Call(ctx, last(chain), senderIn{r.Sender(), 2}); err != nil {
		t.Fatal(err)
	}
	for want := range 2 {
		var got int
		if err := r.Get(ctx, &got); err != nil || got != want {
			t.Errorf("got %d, %v; want %d", got, err, want)
		}
	}
	if err := r.Get(ctx, new(any)); !errors.Is(err, transport.ErrSenderClosed) {
		t.Errorf("after the last message: %v", err)
	}
}

// A host that was given no sender can neither send to the receivers of others, nor
// close them, nor pass them on.
func TestNobodyElseSendsToAReceiver(t *testing.T) {
	for name, c := range map[string]struct {
		flags uint8
		data  func(l *liar) []byte
	}{
		"a message":   {0, func(*liar) []byte { return []byte{0x01} }},
		"the end":     {transport.FlagFin, func(*liar) []byte { return nil }},
		"a pass":      {transport.FlagCredit, func(l *liar) []byte { return transport.Path(l.self) }},
		"a long one":  {transport.FlagPart, func(*liar) []byte { return part(1, 1, []byte{1}) }},
		"a dead one":  {transport.FlagDead, func(*liar) []byte { return transport.EncodeReply("x") }},
		"many passes": {transport.FlagCredit, func(l *liar) []byte { return transport.Path(l.self.Child(1, 0)) }},
	} {
		handle := make(chan uint32, 1)
		onStage(t, func(l *liar) {
			h := <-handle
			for _, src := range []transport.Address{l.self, l.self.Child(9, 0)} {
				l.send(c.flags, transport.Message{Src: src, Handle: h, Data: c.data(l)})
			}
			l.send(0, transport.Message{Handle: h, Data: []byte{0x02}})
		}, func(t *testing.T, s *stage) {
			r := transport.NewReceiver(s.router)
			defer r.Close()
			handle <- r.Handle()
			synctest.Wait()
			if _, err := stream.Call(s.ctx, s.victim, senderIn{r.Sender(), 1}); err != nil {
				t.Fatal(err)
			}
			var got any
			if err := r.Get(s.ctx, &got); err != nil || got != int64(0) {
				t.Errorf("%s: got %v, %v; want only the 0 of the honest host", name, got, err)
			}
			if n := s.entries.count("not given to this context"); n != 1 || r.Users() != 1 {
				t.Errorf("%s: %d log lines about it and %d users of the receiver, want 1 and 1", name, n, r.Users())
			}
		})
	}
}

// A host may pass a sender on to the contexts below it and to nobody else. The
// number of users is bounded.
func TestAUserOfASenderSpeaksForWhatIsBelowIt(t *testing.T) {
	onStage(t, func(l *liar) {
		m := l.next(transport.HandleCall)
		to := senderOf(l.t, m.Data)
		for _, a := range []transport.Address{l.self.Parent().Child(1, 0), l.self.Parent(), {}} {
			l.send(transport.FlagCredit, transport.Message{Handle: to, Data: transport.Path(a)})
		}
		for i := range uint32(10_000) {
			l.send(transport.FlagCredit, transport.Message{Handle: to, Data: transport.Path(l.self.Child(i, 0))})
		}
		l.send(0, transport.Message{Src: l.self.Child(5, 0), Handle: to, Data: []byte{0x07}})
	}, func(t *testing.T, s *stage) {
		r := transport.NewReceiver(s.router)
		defer r.Close()
		stream.CallAsync(s.ctx, s.liar, senderIn{r.Sender(), 1})
		var got any
		if err := r.Get(s.ctx, &got); err != nil || got != int64(7) {
			t.Errorf("got %v, %v; want 7 from a context below", got, err)
		}
		if n := r.Users(); n > 4097 {
			t.Errorf("%d contexts may send, want 4097 at most", n)
		}
	})
}

// senderOf returns the handle of the sender in the input of a call.
func senderOf(t *testing.T, data []byte) uint32 {
	var c struct {
		In struct {
			To []byte `cbor:"to"`
		} `cbor:"i"`
	}
	if err := transport.Unmarshal(data, &c); err != nil || len(c.In.To) < 4 {
		t.Errorf("a call with a sender is %x: %v", data, err)
		return 0
	}
	b := c.In.To
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// A host that was given a sender, and names so many contexts below itself that their windows
// together are more than it may leave unconsumed, has to wait as long as somebody takes the
// messages. It is ended if nobody does.
func TestAReceiverThatIsFloodedEndsTheFlood(t *testing.T) {
	const frames, contexts = 2000, 80
	flood := func(l *liar) {
		to := senderOf(l.t, l.next(transport.HandleCall).Data)
		for i := range uint32(contexts) {
			l.send(transport.FlagCredit, transport.Message{Handle: to, Data: transport.Path(l.self.Child(i, 0))})
		}
		for i := range uint32(frames) {
			l.send(0, transport.Message{Src: l.self.Child(i%contexts, 0), Handle: to, Data: append([]byte{0x59, 0x75, 0x30}, make([]byte, 30_000)...)})
		}
	}
	for name, take := range map[string]bool{"taken": true, "not taken": false} {
		t.Run(name, func(t *testing.T) {
			onStage(t, flood, func(t *testing.T, s *stage) {
				r := transport.NewReceiver(s.router)
				defer r.Close()
				stream.CallAsync(s.ctx, s.liar, senderIn{r.Sender(), 1})
				synctest.Wait()
				if n := transport.Unconsumed(s.liar); n > transport.MaxUnconsumed+64<<10 {
					t.Errorf("%d bytes wait, more than a host may have", n)
				}
				if !take {
					s.ended(t, "sent more than was consumed")
					return
				}
				for i := range frames {
					if err := r.Get(s.ctx, new(any)); err != nil {
						t.Fatalf("message %d: %v", i, err)
					}
				}
			})
		})
	}
}

// Get of a receiver fails with the loss of the context that it listens to: if it
// waits already, if messages are still to be taken, and if the context was lost
// before.
func TestAReceiverWakesWhenItsContextDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := map[string]*transporttest.End{}
		k := agent()
		k.Started = func(end *transporttest.End, s transport.Start) { ends["c"] = end }
		b, chain := tree(t, transport.Options{}, k, 1)
		c, ctx := chain[0], context.Background()
		early := transport.NewReceiver(transport.NewRouter(b), transport.From(c))
		if _, err := stream.Call(ctx, c, senderIn{early.Sender(), 2}); err != nil {
			t.Fatal(err)
		}
		idle := transport.NewReceiver(transport.NewRouter(b), transport.From(c))
		waiting := make(chan error, 1)
		go func() { waiting <- idle.Get(ctx, new(any)) }()
		sel := transport.NewSelect(transport.NewReceiver(transport.NewRouter(b), transport.From(c)))
		synctest.Wait()
		ends["c"].Cut()
		for i := range 3 {
			if err := early.Get(ctx, new(any)); (err == nil) != (i < 2) {
				t.Errorf("message %d: %v; want the two that arrived, then an error", i, err)
			}
		}
		for name, err := range map[string]error{"waiting": <-waiting, "drained": early.Get(ctx, new(any)), "late": transport.NewReceiver(transport.NewRouter(b), transport.From(c)).Get(ctx, new(any))} {
			if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Error(), "hop1") {
				t.Errorf("%s: got %v, want the loss of hop1", name, err)
			}
		}
		_, err := sel.Next(ctx)
		wantAs[*transport.LostError](t, err)
		_ = b.Shutdown()
	})
}

// A liar below an honest agent cannot reach another context of that agent. The
// agent itself drops its flood.
func TestASiblingBelowARelayIsOutOfReach(t *testing.T) {
	bad := lying(t, func(l *liar) {
		for range 1500 {
			l.send(0, transport.Message{Dst: l.self.Parent().Child(1<<26|9, 0), Handle: 1001, Data: make([]byte, 32<<10)})
			l.send(0, transport.Message{Dst: l.self.Parent().Child(1, 0), Handle: 1001, Data: make([]byte, 32<<10)})
		}
	})
	relay := agent()
	honest := agent()
	relay.Serve.Connectors = []transport.ConnectorType{{Kind: "test", New: func() transport.Connector { k := honest; return &k }}, {Kind: "bad", New: func() transport.Connector { return &badAgent{bad} }}}
	synctest.Test(t, func(t *testing.T) {
		var large atomic.Int64 // counted by every stream of the broker
		log, rec := logger()
		b, chain := tree(t, transport.Options{Log: log, Frames: func(e transport.FrameEvent) {
			if e.Size > 32<<10 {
				large.Add(1)
			}
		}}, relay, 1)
		ctx := context.Background()
		victim, err := chain[0].Connect(ctx, honest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chain[0].Connect(ctx, &badAgent{bad}); err != nil {
			t.Fatal(err)
		}
		if _, err := victim.Ready().Get(ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := echo.Call(ctx, victim, textIn{}); err != nil {
			t.Error(err)
		}
		if large.Load() > 0 || rec.count("nobody let it send there") == 0 {
			t.Errorf("%d frames passed the relay, want none; the log is %v", large.Load(), rec.all())
		}
		_ = b.Shutdown()
	})
}

// badAgent is a lying agent that an honest agent starts as its child.
type badAgent struct {
	transporttest.Agent `cbor:"-"`
}

func (badAgent) Kind() string { return "bad" }

// A sender in a reply is refused if the host was never given it: one of the
// controller, of another host, or of a fixed handle.
func TestASenderThatAHostMakesUp(t *testing.T) {
	asks := transport.NewFunc("asks", func(context.Context, *transport.Node, senderIn) (transport.Sender, error) {
		return transport.Sender{}, nil
	})
	for name, c := range map[string]struct {
		sender func(l *liar, given uint32) transport.Sender
		ok     bool
	}{
		"its own":           {func(l *liar, _ uint32) transport.Sender { return transport.MakeSender(l.self, 1001) }, true},
		"of what is behind": {func(l *liar, _ uint32) transport.Sender { return transport.MakeSender(l.self.Child(1, 0), 1001) }, true},
		"the one it got":    {func(_ *liar, given uint32) transport.Sender { return transport.MakeSender(transport.Address{}, given) }, true},
		"the controller's": {func(_ *liar, given uint32) transport.Sender {
			return transport.MakeSender(transport.Address{}, given+1)
		}, false},
		"another host's": {func(l *liar, _ uint32) transport.Sender {
			return transport.MakeSender(l.self.Parent().Child(1, 0), 1001)
		}, false},
		"of a fixed handle": {func(l *liar, _ uint32) transport.Sender { return transport.MakeSender(l.self, transport.HandleCancel) }, false},
		"of nothing at all": {func(*liar, uint32) transport.Sender { return transport.Sender{} }, false},
		"an old generation's": {func(l *liar, _ uint32) transport.Sender {
			return transport.MakeSender(l.self.Parent().Child(l.self.Index(), 7), 1001)
		}, false},
	} {
		onStage(t, func(l *liar) {
			m := l.next(transport.HandleCall)
			l.send(0, transport.Message{Handle: m.ReplyTo, Data: transport.EncodeReply(c.sender(l, senderOf(l.t, m.Data)))})
		}, func(t *testing.T, s *stage) {
			r := transport.NewReceiver(s.router)
			defer r.Close()
			_, err := asks.Call(s.ctx, s.liar, senderIn{r.Sender(), 1})
			if (err == nil) != c.ok {
				t.Errorf("%s: got %v, want it accepted: %v", name, err, c.ok)
			}
		})
	}
}
