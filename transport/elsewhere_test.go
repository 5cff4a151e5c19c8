package transport_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// finds reports whether errors.As finds an error of type E in err.
func finds[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// TestTypesOfAStartElsewhere holds that the error of a start has the same types
// whether this process made the start or another context did.
func TestTypesOfAStartElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		cause error
		found func(error) bool
	}{
		"TimeoutError":   {&transport.TimeoutError{After: time.Second}, finds[*transport.TimeoutError]},
		"CancelledError": {&transport.CancelledError{Function: "f", Phase: transport.PhaseRunning}, finds[*transport.CancelledError]},
		"SkippedError":   {&transport.SkippedError{Function: "f", Cause: errors.New("x")}, finds[*transport.SkippedError]},
		"LostError":      {&transport.LostError{Cause: "it fell silent"}, finds[*transport.LostError]},
		"RemoteError":    {&transport.RemoteError{Function: "f", Message: "x"}, finds[*transport.RemoteError]},
		"Problem":        {&kind.Problem{Code: "code", Summary: "summary"}, finds[*transport.Problem]},
		"ConnectError":   {errors.New("anything"), finds[*transport.ConnectError]},
		"wrapped":        {fmt.Errorf("start: %w", &transport.TimeoutError{After: time.Second}), finds[*transport.TimeoutError]},
	} {
		t.Run(name, func(t *testing.T) {
			failing := transporttest.Agent{Fail: tt.cause}
			texts := map[string]string{}
			for where, k := range map[string]transport.Connector{"here": failing, "elsewhere": nil} {
				var chain []*transport.Context
				var b *transport.Broker
				if k == nil {
					b, chain = tree(t, transport.Options{}, transporttest.Agent{Serve: transport.ServeOptions{Connectors: []transport.ConnectorType{failing.Type()}}}, 1)
					k = failing
				} else {
					b, chain = tree(t, transport.Options{}, nil, 0)
				}
				c, err := next(b, chain, k, transport.WithName("it"))
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.Ready().Get(within(t, 10*time.Second))
				if !finds[*transport.ConnectError](err) || !tt.found(err) {
					t.Errorf("%s: the type is not found in %v", where, err)
				}
				texts[where] = wantAs[*transport.ConnectError](t, err).Cause
			}
			if texts["here"] != texts["elsewhere"] {
				t.Errorf("it is told as %q here and as %q elsewhere", texts["here"], texts["elsewhere"])
			}
		})
	}
}

// A start that runs out of time fails with a TimeoutError that holds the time,
// whoever made the start.
func TestATimeoutElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := transporttest.Agent{Hang: true}
		b, chain := tree(t, transport.Options{}, transporttest.Agent{Serve: transport.ServeOptions{Connectors: []transport.ConnectorType{hanging.Type()}}}, 1)
		for where, chain := range map[string][]*transport.Context{"here": nil, "elsewhere": chain} {
			c, err := next(b, chain, hanging, transport.WithTimeout(20*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Ready().Get(within(t, 10*time.Second))
			if e := wantAs[*transport.TimeoutError](t, err); e.After != 20*time.Millisecond || !e.Timeout() {
				t.Errorf("%s: got %+v, want a timeout after 20 ms", where, e)
			}
		}
	})
}

// TestWaitingForATurnElsewhere: starts that another context makes wait for their turn
// there for longer than one of them may take, and all come up. One that is never
// answered is still told of in its time.
func TestWaitingForATurnElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := transport.ConnectorType{Kind: "test", New: func() transport.Connector {
			return &slowStart{Agent: agent(), takes: 9 * time.Second}
		}}
		hop := agent()
		hop.Serve.Connectors = []transport.ConnectorType{slow}
		b := transport.NewBroker(transport.Options{})
		via, err := transport.NewRouter(b).Connect(t.Context(), hop)
		if err != nil {
			t.Fatal(err)
		}
		var all []*transport.Context
		for range 400 {
			c, err := via.Connect(t.Context(), agent(), transport.WithTimeout(10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		began := time.Now()
		for _, c := range all {
			if _, err := c.Ready().Get(t.Context()); err != nil {
				t.Fatalf("after %s: %v", time.Since(began), err)
			}
		}
		if took := time.Since(began); took < 31*time.Second {
			t.Errorf("they took %s, which says nothing: one may take 30s", took)
		}
		_ = b.Shutdown()
	})
}

// TestAParentThatDoesNotAnswer: a context that never says how the starts went which it
// was asked for is not waited for longer than its bound, and one that answers some of them
// not longer than that after the last.
func TestAParentThatDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		timeouts []time.Duration
		answers  []time.Duration // when the first ones are answered
		want     time.Duration
	}{
		"none":                       {[]time.Duration{10e9}, nil, 30 * time.Second},
		"the longest counts for all": {[]time.Duration{10e9, 60e9}, nil, 130 * time.Second},
		"some":                       {[]time.Duration{10e9, 10e9, 10e9}, []time.Duration{25e9, 50e9}, 80 * time.Second},
		"the longest is answered":    {[]time.Duration{60e9, 10e9}, []time.Duration{100e9}, 130 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hop := transporttest.Agent{Child: func(rw io.ReadWriteCloser, _ transport.Start) int {
					return answerSpawns(rw, c.answers)
				}}
				b := transport.NewBroker(transport.Options{HeartbeatTimeout: time.Hour})
				via, err := transport.NewRouter(b).Connect(t.Context(), hop)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := via.Ready().Get(t.Context()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				var last *transport.Context
				for _, timeout := range c.timeouts {
					if last, err = via.Connect(t.Context(), agent(), transport.WithTimeout(timeout)); err != nil {
						t.Fatal(err)
					}
				}
				_, err = last.Ready().Get(t.Context())
				if e := wantAs[*transport.ConnectError](t, err); !strings.HasPrefix(e.Cause, "its parent did not answer for ") || time.Since(began) != c.want {
					t.Errorf("after %s: %v, want it after %s", time.Since(began), err, c.want)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// answerSpawns is a context that says of the first starts that it was asked for that they
// failed, at these times, and nothing of the others.
func answerSpawns(rw io.ReadWriteCloser, at []time.Duration) int {
	raw := transport.NewRaw(rw)
	self, err := raw.Greet()
	if err != nil {
		return 1
	}
	for began := time.Now(); ; {
		m, err := raw.Read()
		if err != nil {
			return 0
		}
		if m.Handle != transport.HandleSpawn || len(at) == 0 {
			continue
		}
		answer := transport.Message{Src: self, Handle: m.ReplyTo, Data: transport.EncodeError(&transport.RemoteError{Message: "it failed"})}
		when := at[0]
		at = at[1:]
		go func() {
			time.Sleep(time.Until(began.Add(when)))
			_ = raw.Write(0, &answer)
		}()
	}
}
