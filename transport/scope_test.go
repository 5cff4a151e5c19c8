package transport_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// Run ends what it started, also if its function fails.
func TestRunEndsWhatItStarted(t *testing.T) {
	failed := errors.New("enough")
	var c *transport.Context
	err := transport.Run(t.Context(), func(ctx context.Context, r *transport.Router) (err error) {
		if c, err = r.Connect(ctx, agent()); err != nil {
			return err
		}
		if got, err := echo.Call(ctx, c, textIn{Text: "x"}); got != "x@0.1" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("Run returned %v, want the error of its function", err)
	}
	if finished, err := c.Lost().Value(); err != nil {
		t.Errorf("the context ended with %v, %v", finished, err)
	}
	select {
	case <-c.Lost().Done():
	default:
		t.Error("the context has not ended")
	}
}

// A call without a reply runs although its ctx ends, and is heard of only if it fails.
func TestCallsWithoutReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, said := logger()
		b, chain := tree(t, transport.Options{Log: log}, agent(), 1)
		ctx, cancel := context.WithCancel(context.Background())
		err := errors.Join(sleepy.CallNoReply(ctx, chain[0], textIn{N: 1}), fail.CallNoReply(ctx, chain[0], textIn{Text: "on purpose"}))
		if err != nil {
			t.Error(err)
		}
		cancel()
		time.Sleep(5 * time.Second)
		if n, failures := said.count("without a reply failed"), said.count("on purpose"); n != 1 || failures != 1 {
			t.Errorf("of two calls %d are said to have failed, want the one that did: %q", n, said.all())
		}
		endedBy(t, fail.CallNoReply(ctx, chain[0], textIn{}), context.Canceled)
		_ = chain[0].Shutdown(context.Background())
		if err := fail.CallNoReply(context.Background(), chain[0], textIn{}); err == nil {
			t.Error("a call that could not be sent has no error")
		}
		_ = b.Shutdown()
	})
}

// What cannot be served is told when the agent starts, in one sentence.
func TestFunctionsThatCannotBeServed(t *testing.T) {
	one := func(f transport.Function) []transport.Function { return []transport.Function{f} }
	for want, functions := range map[string][]transport.Function{
		`two functions have the name "echo"`:      {echo, fail, echo},
		`function 2 of the list is nil`:           {echo, nil},
		`function 1 of the list has no name`:      one(takes[none]("")),
		`a name that begins with "transport."`:    one(takes[none]("transport.dump")),
		`its input has a chan int, which cannot`:  one(takes[chan int]("f")),
		`its input has at [][] a func(), which`:   one(takes[map[int][]func()]("f")),
		`its input has at [] the interface error`: one(takes[map[string]error]("f")),
		`strings.Builder, of which no field is`:   one(takes[*strings.Builder]("f")),
		`transport.Context, of which no field`:    one(takes[*transport.Context]("f")),
	} {
		near, far := transporttest.Pair(0)
		err := transport.ServeOn(t.Context(), transport.ServeOptions{Functions: functions}, far, far)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
		_, _ = near.Close(), far.Close()
	}
	if err := serves(t, takes[senderIn]("a"), takes[time.Time]("b"), takes[any]("c"), takes[map[int][]string]("d"), takes[none]("e")); err != nil {
		t.Errorf("functions that can be served are refused: %v", err)
	}
}

// takes is a function with an input of that type.
func takes[In any](name string) transport.Function {
	return transport.NewFunc(name, func(context.Context, *transport.Node, In) (none, error) { return none{}, nil })
}

// serves starts an agent with these functions and ends it.
func serves(t *testing.T, functions ...transport.Function) error {
	t.Helper()
	near, far := transporttest.Pair(0)
	_ = near.Close()
	err := transport.ServeOn(t.Context(), transport.ServeOptions{Functions: functions}, far, far)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || err != nil && strings.Contains(err.Error(), "no setup came") {
		return nil
	}
	return err
}

// settled is a connector with settings of its own.
type settled struct {
	transporttest.Agent
	wrong bool
}

func (settled) ContextName() string    { return "db" }
func (settled) Timeout() time.Duration { return 30 * time.Millisecond }
func (settled) Parallel() int          { return 1 }
func (s settled) Validate() []transport.Problem {
	if s.wrong {
		return []transport.Problem{{Summary: "Bad host", Detail: "It is empty."}}
	}
	return nil
}

// What a connector sets counts, if no option of Connect says otherwise, and what is wrong
// there is told at once.
func TestSettingsOfConnectorsCount(t *testing.T) {
	b, _ := tree(t, transport.Options{}, nil, 0)
	c, err := next(b, nil, settled{Agent: agent()})
	if err != nil || c.Name() != "db" {
		t.Errorf("the context is called %q (%v), want db", c.Name(), err)
	}
	if c, err = next(b, nil, settled{Agent: agent()}, transport.WithName("web")); err != nil || c.Name() != "web" {
		t.Errorf("the context is called %q (%v), want web", c.Name(), err)
	}
	c, _ = next(b, nil, settled{Agent: transporttest.Agent{Hang: true}})
	_, err = c.Ready().Get(within(t, 20*time.Second))
	if e := wantAs[*transport.TimeoutError](t, err); e.After != 30*time.Millisecond {
		t.Errorf("the start ended with %v, want its own time", err)
	}
	for name, o := range map[string]transport.ConnectOption{"timeout": transport.WithTimeout(-1), "parallelism": transport.WithParallelism(-1)} {
		if _, err := next(b, nil, agent(), o); err == nil || !strings.Contains(err.Error(), "must not be below 0") {
			t.Errorf("a %s below 0: got %v", name, err)
		}
	}
	c, err = next(b, nil, agent())
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]transport.CallOption{
		"timeout": transport.Timeout(-1), "stall": transport.Bounded(transport.Bounds{Stall: -1}), "total": transport.Bounded(transport.Bounds{Total: -1}),
	} {
		if _, err := echo.Call(t.Context(), c, textIn{}, o); err == nil || !strings.Contains(err.Error(), "must not be below 0") {
			t.Errorf("a %s below 0: got %v", name, err)
		}
	}
	_, err = next(b, nil, settled{Agent: agent(), wrong: true})
	if p := wantAs[*transport.Problem](t, err); p.Summary != "Bad host" {
		t.Errorf("got %v", err)
	}
}
