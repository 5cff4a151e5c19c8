package transport_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// carried is a bastion, and a host that is dialled through it, with the ends of the
// connections of both that their agents have.
type carried struct {
	bastion, host       *transport.Context
	bastionEnd, hostEnd *transporttest.End
}

// startCarried starts both. A host without an agent does not come up.
func startCarried(t *testing.T, withAgent bool) (*transport.Broker, *carried) {
	t.Helper()
	c := &carried{}
	b, chain := tree(t, transport.Options{}, endKept(&c.bastionEnd, true), 1)
	c.bastion = chain[0]
	var err error
	if c.host, err = c.bastion.Connect(context.Background(), throughAgent{endKept(&c.hostEnd, withAgent)}, transport.WithName("host")); err != nil {
		t.Fatal(err)
	}
	if _, err = echo.Call(context.Background(), c.bastion, textIn{}); err != nil {
		t.Fatal(err)
	}
	if withAgent {
		if _, err = c.host.Ready().Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
	return b, c
}

// endKept is an agent that notes its end of the connection, or in its place a program that
// only reads.
func endKept(end **transporttest.End, isAgent bool) transporttest.Agent {
	k := agent()
	k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		*end = rw.(*transporttest.End)
		if !isAgent {
			_, _ = io.Copy(io.Discard, rw)
		} else if transport.ServeOn(context.Background(), k.Serve, rw, rw) == nil {
			return 0
		}
		return 1
	}
	return k
}

// A host that is lost together with the bastion that it is reached through is not told to
// be the cause, though its own connection may be the first to end.
func TestALostCarrierIsTheRootCause(t *testing.T) {
	table := map[string]func(c *carried){
		"cut": func(c *carried) {
			c.bastionEnd.Stall()
			c.hostEnd.Cut()
			synctest.Wait()
			c.bastionEnd.Cut()
		},
		"silent": func(c *carried) {
			time.Sleep(4 * time.Second)
			if _, err := echo.Call(context.Background(), c.bastion, textIn{}); err != nil {
				panic(err) // its silence begins now, and that of the host began before
			}
			c.bastionEnd.Stall()
			c.hostEnd.Stall()
		},
	}
	for name, strike := range table {
		synctest.Test(t, func(t *testing.T) {
			b, c := startCarried(t, true)
			r := hang.CallAsync(context.Background(), c.host, none{})
			strike(c)
			_, err := c.host.Lost().Get(context.Background())
			if e := wantAs[*transport.LostError](t, err); e.Context != "host" || e.Root != "hop1" {
				t.Errorf("%s: the host is lost with %+v, want hop1 as the root", name, e)
			}
			_, err = r.Get(context.Background())
			if e := wantAs[*transport.LostError](t, err); e.Root != "hop1" {
				t.Errorf("%s: a call ends with %+v, want hop1 as the root", name, e)
			}
			_ = b.Shutdown()
		})
	}
}

func TestALostCarrierIsTheRootCauseOfAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := startCarried(t, false)
		c.bastionEnd.Stall()
		c.hostEnd.Cut()
		synctest.Wait()
		time.Sleep(2 * time.Second) // for an exit status
		c.bastionEnd.Cut()
		_, err := c.host.Ready().Get(context.Background())
		e := wantAs[*transport.ConnectError](t, err)
		if root := wantAs[*transport.LostError](t, e.Root); root.Context != "hop1" {
			t.Errorf("the start fails with %+v, want hop1 as the root", e)
		}
		_ = b.Shutdown()
	})
}

// A bastion that answers is not the cause, and costs no time. One that is silent is waited for
// until it answers, or is lost.
func TestACarrierIsAskedOnce(t *testing.T) {
	for name, silent := range map[string]time.Duration{"it answers": 0, "it answers late": 12 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b, c := startCarried(t, true)
			if silent > 0 {
				time.AfterFunc(silent, c.bastionEnd.Stall())
			}
			begin := time.Now()
			c.hostEnd.Cut()
			_, err := c.host.Lost().Get(context.Background())
			if e := wantAs[*transport.LostError](t, err); e.Root != "" {
				t.Errorf("%s: the host is lost with %+v, want itself as the root", name, e)
			}
			if d := time.Since(begin); d < silent || d > silent+time.Second {
				t.Errorf("%s: the loss was told after %v", name, d)
			}
			if _, err := echo.Call(context.Background(), c.bastion, textIn{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			_ = b.Shutdown()
		})
	}
}

// Those who go through a bastion end before it does, however they are ended: what must be
// killed there is killed over a connection through it.
func TestACarrierOutlastsWhatItCarries(t *testing.T) {
	ends := map[string]func(b *transport.Broker, bastion *transport.Context) error{
		"all":         func(b *transport.Broker, _ *transport.Context) error { return b.Shutdown() },
		"the bastion": func(_ *transport.Broker, c *transport.Context) error { return c.Shutdown(context.Background()) },
	}
	for name, end := range ends {
		for _, stopped := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				order, ends := &ending{}, new(transporttest.End)
				b, chain := tree(t, transport.Options{}, order.of("bastion", &ends), 1)
				host, err := chain[0].Connect(context.Background(), order.of("host", &ends), transport.WithName("host"))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := echo.Call(context.Background(), host, textIn{}); err != nil {
					t.Fatal(err)
				}
				if stopped {
					ends.Stall()
				}
				begin := time.Now()
				if err := end(b, chain[0]); err != nil {
					t.Errorf("%s, stopped %v: %v", name, stopped, err)
				}
				if took := time.Since(begin); !slices.Equal(order.names, []string{"host", "bastion"}) || took > 5*time.Second {
					t.Errorf("%s, stopped %v: %v ended, after %s", name, stopped, order.names, took)
				}
				_ = b.Shutdown()
			})
		}
	}
}

// ending notes who ends when.
type ending struct {
	mu    sync.Mutex
	names []string
}

// of is an agent whose end takes a moment. The controller's end of its connection goes to end.
func (e *ending) of(name string, end **transporttest.End) noted {
	k := agent()
	k.Started = func(near *transporttest.End, _ transport.Start) { *end = near }
	k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		_ = transport.ServeOn(context.Background(), k.Serve, rw, rw)
		time.Sleep(100 * time.Millisecond)
		return 0
	}
	return noted{k, name, name == "host", e}
}

// noted is an agent of which it is noted when its end is seen.
type noted struct {
	transporttest.Agent
	name    string
	through bool
	ending  *ending
}

func (k noted) Through() bool { return k.through }

func (k noted) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Agent.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	wait := l.Wait
	l.Wait = func() transport.Exit {
		exit := wait()
		k.ending.mu.Lock()
		defer k.ending.mu.Unlock()
		k.ending.names = append(k.ending.names, k.name)
		return exit
	}
	return l, nil
}

// A context that falls silent long after one that goes through it is the cause all the same, as
// long as nothing has come of it since that one was lost.
func TestACarrierThatFallsSilentLaterIsTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var carrier, carried *transporttest.End
		hop, through := agent(), agent()
		hop.Started = func(e *transporttest.End, _ transport.Start) { carrier = e }
		through.Started = func(e *transporttest.End, _ transport.Start) { carried = e }
		b, chain := tree(t, transport.Options{HeartbeatInterval: time.Second, HeartbeatTimeout: 10 * time.Second}, hop, 1)
		ctx := context.Background()
		behind, err := chain[0].Connect(ctx, throughAgent{through}, transport.WithName("behind"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := echo.Call(ctx, behind, textIn{}); err != nil {
			t.Fatal(err)
		}
		carried.Stall()
		time.Sleep(8 * time.Second)
		carrier.Stall()
		_, err = behind.Lost().Get(ctx)
		if e := wantAs[*transport.LostError](t, err); e.Root != "hop1" {
			t.Errorf("got %+v, want hop1 as the root", e)
		}
		_ = b.Shutdown()
	})
}
