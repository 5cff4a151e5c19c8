package transport_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// lastingErrors are errors of this package that a function may return of what it waited for.
var lastingErrors = map[string]error{
	"lost":    &transport.LostError{Context: "db", Cause: "connection was cut", Exit: &transport.Exit{Status: 3}, LastWords: "bye"},
	"connect": &transport.ConnectError{Context: "db", Phase: transport.PhaseDial, Cause: "it refuses", LastWords: "no"},
	"timeout": &transport.TimeoutError{Function: "store", After: time.Minute, Phase: transport.PhaseRunning},
	"blob":    &transport.BlobError{Reason: transport.BlobRefused},
}

var (
	returns = transport.NewFunc("returns", func(_ context.Context, _ *transport.Node, which string) (none, error) {
		return none{}, fmt.Errorf("save the file: %w", lastingErrors[which])
	})
	// returnsBelow returns what returns does in a context of its own.
	returnsBelow = transport.NewFunc("returnsBelow", func(ctx context.Context, n *transport.Node, which string) (none, error) {
		c, err := n.Router().Connect(ctx, transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{returns}}})
		if err != nil {
			return none{}, err
		}
		_, err = returns.Call(ctx, c, which)
		return none{}, fmt.Errorf("below: %w", err)
	})
	returnsOfCalls = transport.NewFunc("returnsOfCalls", func(_ context.Context, _ *transport.Node, skipped bool) (none, error) {
		if skipped {
			return none{}, &transport.SkippedError{Function: "other", Cause: errors.New("it failed")}
		}
		return none{}, &transport.CancelledError{Function: "other", Phase: transport.PhaseRunning, Cause: "enough"}
	})
)

func returning() transporttest.Agent {
	return transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{returns, returnsBelow, returnsOfCalls}}}
}

// errors.As finds in the error of a function what it finds there, one hop away, two, and
// in the error as a value.
func TestErrorsOfThisPackageAreFoundThroughHops(t *testing.T) {
	_, chain := tree(t, transport.Options{}, returning(), 1)
	for which, want := range lastingErrors {
		_, near := returns.Call(t.Context(), chain[0], which)
		_, far := returnsBelow.Call(t.Context(), chain[0], which)
		data, err := transport.Marshal(wantAs[*transport.RemoteError](t, far))
		var sent transport.RemoteError
		if err = errors.Join(err, transport.Unmarshal(data, &sent)); err != nil {
			t.Fatal(err)
		}
		for where, err := range map[string]error{"one hop": near, "two hops": far, "a value": &sent} {
			var found error
			switch want.(type) {
			case *transport.LostError:
				found = wantAs[*transport.LostError](t, err)
			case *transport.ConnectError:
				found = wantAs[*transport.ConnectError](t, err)
			case *transport.TimeoutError:
				found = wantAs[*transport.TimeoutError](t, err)
			case *transport.BlobError:
				found = wantAs[*transport.BlobError](t, err)
			}
			if found.Error() != want.Error() {
				t.Errorf("%s, %s: found %q, want %q", which, where, found, want)
			}
			if !strings.Contains(err.Error(), want.Error()) {
				t.Errorf("%s, %s: %q does not say %q", which, where, err, want)
			}
		}
	}
}

// A function that was cancelled itself, or skipped a call, says nothing so of the call that
// was made to it.
func TestWhatHappenedToCallsOfAFunctionIsNotOfItself(t *testing.T) {
	_, chain := tree(t, transport.Options{}, returning(), 1)
	for _, skipped := range []bool{true, false} {
		_, err := returnsOfCalls.Call(t.Context(), chain[0], skipped)
		wantAs[*transport.RemoteError](t, err)
		var c *transport.CancelledError
		var s *transport.SkippedError
		if errors.As(err, &c) || errors.As(err, &s) {
			t.Errorf("%v is taken for that of the call", err)
		}
	}
}

// What is wrong with a context is said of one name, once.
func TestNamesOfContextsAreSaidOnce(t *testing.T) {
	for want, err := range map[string]error{
		"context h1 was lost: gone":                 &transport.LostError{Context: "h1", Chain: []string{"h1"}, Cause: "gone"},
		"context h2 in context h1 was lost: gone":   &transport.LostError{Context: "h2", Chain: []string{"h1", "h2"}, Cause: "gone"},
		"context h1 in context ssh.h1 was lost: no": &transport.LostError{Context: "h1", Chain: []string{"ssh.h1"}, Cause: "no"},
		"connect h1: dial: gone":                    &transport.ConnectError{Context: "h1", Chain: []string{"h1"}, Phase: transport.PhaseDial, Cause: "gone"},
		"connect h3 in context h1 -> h2: gone":      &transport.ConnectError{Context: "h3", Chain: []string{"h1", "h2", "h3"}, Cause: "gone"},
		"call f in context h1 -> h2: no":            &transport.RemoteError{Function: "f", Chain: []string{"h1", "h2"}, Message: "no"},
		"call f skipped":                            &transport.SkippedError{Function: "f"},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
