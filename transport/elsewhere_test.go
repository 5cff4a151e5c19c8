package transport_test

import (
	"errors"
	"fmt"
	"testing"
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
}
