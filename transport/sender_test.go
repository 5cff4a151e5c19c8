package transport_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// Functions for agents that run in the process of the test.
var (
	// holds makes a receiver that the test takes from, and returns its sender.
	holds = transport.NewFunc("holds", func(_ context.Context, n *transport.Node, _ none) (transport.Sender, error) {
		r := transport.NewReceiver(n.Router(), transport.FromAnywhere())
		held.Store(r)
		return r.Sender(), nil
	})
	held atomic.Pointer[transport.Receiver]
	// listens makes a receiver that takes nothing from contexts beside its own.
	listens = transport.NewFunc("listens", func(_ context.Context, n *transport.Node, _ none) (transport.Sender, error) {
		return transport.NewReceiver(n.Router()).Sender(), nil
	})
	// pours sends messages of these sizes.
	pours = transport.NewFunc("pours", func(ctx context.Context, _ *transport.Node, in pourIn) (none, error) {
		return none{}, pour(ctx, in)
	})
	poured atomic.Int64
	// sendsOn sends a message and waits for the end of ctx.
	sendsOn = transport.NewFunc("sendson", func(ctx context.Context, _ *transport.Node, in senderIn) (none, error) {
		if err := in.To.Send(ctx, in.N); err != nil {
			return none{}, err
		}
		<-ctx.Done()
		return none{}, ctx.Err()
	})
)

type pourIn struct {
	To    transport.Sender `cbor:"to"`
	Sizes []int            `cbor:"sizes"`
}

// pour sends a message of each size, which begins with its number, and then the end.
func pour(ctx context.Context, in pourIn) error {
	for i, n := range in.Sizes {
		b := make([]byte, n)
		b[0] = byte(i)
		if err := in.To.Send(ctx, b); err != nil {
			return err
		}
		poured.Add(1)
	}
	return in.To.Close(ctx)
}

const pouredSize = 64 << 10

// many are the sizes of n messages.
func many(n int) []int { return slices.Repeat([]int{pouredSize}, n) }

// direction is a receiver, where its sender is used, and what cuts the line between them.
type direction struct {
	broker   *transport.Broker
	receiver *transport.Receiver
	pour     func(ctx context.Context, sizes []int) error
	cut      func()
}

// directions are the ways that messages go. The functions make them in a bubble.
var directions = map[string]func(t *testing.T) *direction{
	"within a process": func(t *testing.T) *direction {
		b, _ := tree(t, transport.Options{}, agent(), 1)
		r := transport.NewReceiver(transport.NewRouter(b))
		return &direction{b, r, func(ctx context.Context, sizes []int) error { return pour(ctx, pourIn{r.Sender(), sizes}) }, nil}
	},
	"from a child":         func(t *testing.T) *direction { return upwards(t, 1) },
	"from three hops down": func(t *testing.T) *direction { return upwards(t, 3) },
	"to a child":           func(t *testing.T) *direction { return downwards(t, 1) },
	"to three hops down":   func(t *testing.T) *direction { return downwards(t, 3) },
	"to a sibling":         func(t *testing.T) *direction { return sideways(t, 0) },
	"to a sibling below":   func(t *testing.T) *direction { return sideways(t, 2) },
}

// cuttable makes a connector, and a function that cuts the line to the context of a name.
func cuttable() (_ transporttest.Agent, cut func(name string)) {
	var ends sync.Map // by name
	k := agent()
	k.Started = func(end *transporttest.End, s transport.Start) { ends.Store(strings.Split(s.ProcessName, ":")[1], end) }
	k.Serve.Connectors = []transport.ConnectorType{k.Type()}
	return k, func(name string) {
		end, _ := ends.Load(name)
		end.(*transporttest.End).Cut()
	}
}

func upwards(t *testing.T, depth int) *direction {
	k, cut := cuttable()
	b, chain := tree(t, transport.Options{}, k, depth)
	r := transport.NewReceiver(transport.NewRouter(b))
	return &direction{b, r, func(ctx context.Context, sizes []int) error {
		_, err := pours.Call(ctx, last(chain), pourIn{r.Sender(), sizes})
		return err
	}, func() { cut("hop1") }}
}

func downwards(t *testing.T, depth int) *direction {
	k, cut := cuttable()
	b, chain := tree(t, transport.Options{}, k, depth)
	to, err := holds.Call(context.Background(), last(chain), none{})
	if err != nil {
		t.Fatal(err)
	}
	return &direction{b, held.Load(), func(ctx context.Context, sizes []int) error {
		return pour(transport.RunContext(ctx, b), pourIn{to, sizes})
	}, func() { cut("hop1") }}
}

func sideways(t *testing.T, relays int) *direction {
	k, cut := cuttable()
	b := transport.NewBroker(transport.Options{})
	t.Cleanup(func() { _ = b.Shutdown() })
	x, z := pair(t, b, relays, k)
	to, err := holds.Call(context.Background(), x, none{})
	if err != nil {
		t.Fatal(err)
	}
	return &direction{b, held.Load(), func(ctx context.Context, sizes []int) error {
		_, err := pours.Call(ctx, z, pourIn{to, sizes})
		return err
	}, func() { cut("x") }}
}

// inEach runs a test in a bubble for each direction.
func inEach(t *testing.T, f func(t *testing.T, d *direction)) {
	for name, open := range directions {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				poured.Store(0)
				d := open(t)
				f(t, d)
				d.receiver.Close()
				_ = d.broker.Shutdown()
			})
		})
	}
}

// A sender that is quicker than its receiver waits: no more than a window is under way.
// Then all arrives, in order.
func TestASenderWaitsForItsReceiver(t *testing.T) {
	inEach(t, func(t *testing.T, d *direction) {
		const n = 200
		done := make(chan error, 1)
		go func() { done <- d.pour(t.Context(), many(n)) }()
		synctest.Wait()
		if got, most := poured.Load(), int64(transport.SenderWindow/pouredSize+1); got < most/2 || got > most {
			t.Errorf("%d messages were sent while none was taken, want %d at most, and half of them", got, most)
		}
		for i := range n {
			var b []byte
			if err := d.receiver.Get(t.Context(), &b); err != nil || len(b) != pouredSize || int(b[0]) != i {
				t.Fatalf("message %d: %d bytes, %v", i, len(b), err)
			}
		}
		if err := d.receiver.Get(t.Context(), new(any)); !errors.Is(err, transport.ErrSenderClosed) {
			t.Errorf("after the last message: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A Send that waits ends with its ctx, and takes nothing of the window with it.
func TestAWaitingSendEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		r := transport.NewReceiver(transport.NewRouter(b))
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			if err := pour(ctx, pourIn{r.Sender(), many(100)}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
				t.Fatalf("got %v after %v, want the end of ctx after 1s", err, time.Since(began))
			}
			cancel()
		}
		r.Close()
		_ = b.Shutdown()
	})
}

// A receiver that is closed is told to those who wait for it and to those who send later.
func TestAClosedReceiverFailsItsSenders(t *testing.T) {
	inEach(t, func(t *testing.T, d *direction) {
		done := make(chan error, 1)
		go func() { done <- d.pour(t.Context(), many(1000)) }()
		synctest.Wait()
		d.receiver.Close()
		if err := <-done; !errors.Is(err, transport.ErrReceiverClosed) || errors.Is(err, transport.ErrSenderRefused) {
			t.Errorf("who waits gets %v, want ErrReceiverClosed", err)
		}
		before := poured.Load()
		if err := d.pour(t.Context(), many(1000)); !errors.Is(err, transport.ErrReceiverClosed) || poured.Load() != before {
			t.Errorf("who sends later gets %v after %d messages, want ErrReceiverClosed at once", err, poured.Load()-before)
		}
	})
}

// A receiver that was closed before anything was sent there is told, too: a message may
// still be sent without an error.
func TestAReceiverThatWasClosedBefore(t *testing.T) {
	inEach(t, func(t *testing.T, d *direction) {
		d.receiver.Close()
		var err error
		for i := 0; err == nil && i < 2; i++ {
			err = d.pour(t.Context(), many(1))
			synctest.Wait()
		}
		if !errors.Is(err, transport.ErrReceiverClosed) {
			t.Errorf("got %v, want ErrReceiverClosed", err)
		}
	})
}

// A receiver that does not listen to a context refuses what comes from there. The sender
// can tell that from a closed one.
func TestARefusedSenderIsTold(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, b *transport.Broker, x, z *transport.Context) transport.Sender{
		"listens to another context": func(_ *testing.T, b *transport.Broker, x, _ *transport.Context) transport.Sender {
			return transport.NewReceiver(transport.NewRouter(b), transport.From(x)).Sender()
		},
		"was not made for siblings": func(t *testing.T, _ *transport.Broker, x, _ *transport.Context) transport.Sender {
			to, err := listens.Call(t.Context(), x, none{})
			if err != nil {
				t.Fatal(err)
			}
			return to
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := transport.NewBroker(transport.Options{})
				x, z := pair(t, b, 1, agent())
				to := open(t, b, x, z)
				for i := range 2 {
					_, err := sends.Call(t.Context(), z, senderIn{to, 1})
					synctest.Wait()
					if i == 0 {
						continue // what the receiver's side says is not known yet
					}
					if !errors.Is(err, transport.ErrSenderRefused) || errors.Is(err, transport.ErrReceiverClosed) {
						t.Errorf("got %v, want ErrSenderRefused", err)
					}
				}
				_ = b.Shutdown()
			})
		})
	}
}

// What is sent after a long message arrives after it, and so does the end.
func TestNothingOvertakesALongMessage(t *testing.T) {
	inEach(t, func(t *testing.T, d *direction) {
		sizes := []int{1, 9 << 20, 2, 3, 1 << 20, 40 << 10, 4}
		done := make(chan error, 1)
		go func() { done <- d.pour(t.Context(), sizes) }()
		for i, want := range sizes {
			var b []byte
			if err := d.receiver.Get(t.Context(), &b); err != nil || len(b) != want || int(b[0]) != i {
				t.Fatalf("message %d of %d bytes: got %d bytes, %v", i, want, len(b), err)
			}
		}
		if err := d.receiver.Get(t.Context(), new(any)); !errors.Is(err, transport.ErrSenderClosed) {
			t.Errorf("after the last message: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// While a sender waits for its receiver, calls in its context and in that of the receiver
// are answered.
func TestASenderThatWaitsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		x, z := pair(t, b, 2, agent())
		to, err := holds.Call(t.Context(), x, none{})
		if err != nil {
			t.Fatal(err)
		}
		done := pours.CallAsync(t.Context(), z, pourIn{to, many(1000)})
		synctest.Wait()
		began := time.Now()
		for _, c := range []*transport.Context{x, z} {
			if _, err := echo.Call(t.Context(), c, textIn{}); err != nil || time.Since(began) > time.Second {
				t.Errorf("a call after %v: %v", time.Since(began), err)
			}
		}
		held.Load().Close()
		if _, err := done.Get(t.Context()); !errors.Is(err, transport.ErrReceiverClosed) {
			t.Errorf("the function that sends: %v, want ErrReceiverClosed across the wire", err)
		}
		_ = b.Shutdown()
	})
}

// A sender that waits learns of the death of its receiver, also of one beside it, and also
// if the line was cut further up.
func TestASenderLearnsOfItsReceiversDeath(t *testing.T) {
	for _, name := range []string{"to a child", "to three hops down", "to a sibling", "to a sibling below"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := directions[name](t)
				done := make(chan error, 1)
				go func() { done <- d.pour(t.Context(), many(1000)) }()
				synctest.Wait()
				d.cut()
				err := <-done
				var lost *transport.LostError // through the hop, if it is a function that sends
				if !errors.As(err, &lost) || errors.Is(err, transport.ErrReceiverClosed) {
					t.Errorf("got %v, want the loss of the receiver's context", err)
				}
				if err := d.pour(t.Context(), many(1)); err == nil {
					t.Error("a later message is sent without an error")
				}
				_ = d.broker.Shutdown()
			})
		})
	}
}

// A receiver learns that a context has ended that was given its sender: after what came
// from there, and before what the others send. One that closed its sender is not told of.
func TestAReceiverLearnsOfItsSendersDeath(t *testing.T) {
	for name, c := range map[string]struct {
		depth  int
		cut    string
		names  string
		closed bool
	}{
		"a child":                    {1, "hop1", "hop1", false},
		"three hops down":            {3, "hop3", "hop3", false},
		"behind a line that was cut": {3, "hop2", "hop3", false},
		"one that closed it":         {1, "hop1", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, cut := cuttable()
				b, chain := tree(t, transport.Options{}, k, c.depth)
				other, err := transport.NewRouter(b).Connect(t.Context(), k, transport.WithName("other"))
				if err != nil {
					t.Fatal(err)
				}
				r := transport.NewReceiver(transport.NewRouter(b))
				if c.closed {
					if _, err := stream.Call(t.Context(), last(chain), senderIn{r.Sender(), 1}); err != nil {
						t.Fatal(err)
					}
				} else {
					sendsOn.CallAsync(t.Context(), last(chain), senderIn{r.Sender(), 0})
				}
				sendsOn.CallAsync(t.Context(), other, senderIn{r.Sender(), 0})
				synctest.Wait()
				cut(c.cut)
				time.Sleep(time.Minute)
				var got []string
				for range 4 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					var lost *transport.LostError
					switch err := r.Get(ctx, new(int)); {
					case err == nil:
						got = append(got, "message")
					case errors.As(err, &lost):
						got = append(got, lost.Context)
					case errors.Is(err, transport.ErrSenderClosed):
						got = append(got, "closed")
					}
					cancel()
				}
				want := []string{"message", "message", c.names}
				if c.closed {
					want = []string{"message", "closed", "message"}
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				r.Close()
				_ = b.Shutdown()
			})
		})
	}
}

// A receiver learns of the death of contexts that others passed its sender on to: of one
// beside it, and of one that a context started itself.
func TestAReceiverLearnsOfTheDeathOfWhomItsSenderWasPassedOnTo(t *testing.T) {
	t.Run("beside it", func(t *testing.T) {
		for relays := range 3 {
			synctest.Test(t, func(t *testing.T) {
				k, cut := cuttable()
				b := transport.NewBroker(transport.Options{})
				x, z := pair(t, b, relays, k)
				to, err := holds.Call(t.Context(), x, none{})
				if err != nil {
					t.Fatal(err)
				}
				sendsOn.CallAsync(t.Context(), z, senderIn{to, 7})
				synctest.Wait()
				cut("z")
				wantDeath(t, held.Load(), z.Address().String())
				_ = b.Shutdown()
			})
		}
	})
	t.Run("below the one that was given it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k, cut := cuttable()
			startsBelow.Store(&k)
			b, chain := tree(t, transport.Options{}, k, 1)
			r := transport.NewReceiver(transport.NewRouter(b))
			hands.CallAsync(t.Context(), chain[0], senderIn{r.Sender(), 7})
			synctest.Wait()
			cut("below")
			wantDeath(t, r, chain[0].Address().String()+".")
			r.Close()
			_ = b.Shutdown()
		})
	})
}

// wantDeath takes one message, and then the loss of a context whose name begins so.
func wantDeath(t *testing.T, r *transport.Receiver, name string) {
	t.Helper()
	var got int
	if err := r.Get(t.Context(), &got); err != nil || got != 7 {
		t.Errorf("got %d, %v; want the message", got, err)
	}
	err := r.Get(t.Context(), &got)
	if e := wantAs[*transport.LostError](t, err); !strings.HasPrefix(e.Context, name) {
		t.Errorf("got %v, want the loss of %s", err, name)
	}
}

// hands passes a sender on to a context that it starts itself.
var (
	startsBelow atomic.Pointer[transporttest.Agent]
	hands       = transport.NewFunc("hands", func(ctx context.Context, n *transport.Node, in senderIn) (none, error) {
		c, err := n.Router().Connect(ctx, *startsBelow.Load(), transport.WithName("below"))
		if err != nil {
			return none{}, err
		}
		return sendsOn.Call(ctx, c, in)
	})
)
