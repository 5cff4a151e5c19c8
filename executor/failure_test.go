package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// late is a connector whose start takes too long.
type late struct{}

func (late) Kind() string { return "late" }

func (late) Start(_ context.Context, s transport.Start) (*transport.Link, error) {
	s.Phase("dial")
	return nil, &transport.TimeoutError{After: 10 * time.Second}
}

// lateStart returns the error of transport for a start that takes too long.
func lateStart(t *testing.T) error {
	broker := transport.NewBroker(transport.Options{})
	t.Cleanup(func() { broker.Shutdown() })
	c, err := transport.NewRouter(broker).Connect(t.Context(), late{})
	if err == nil {
		_, err = c.Ready().Get(t.Context())
	}
	return err
}

// Every error of transport becomes a failure that says whose fault it is, whether
// anything had begun, and what to do.
func TestWhatErrorsOfTransportAreToldAs(t *testing.T) {
	full := &kind.Problem{Code: "full", Attr: "path", Summary: "Disk full", Detail: "No space is left.", Said: "ENOSPC"}
	killed := &transport.Exit{Status: -1, Signal: "KILL"}
	const timeout = " If it may take longer, set timeout in the block."
	for name, c := range map[string]struct {
		err  error
		want planner.Failure
	}{
		"another error":         {errors.New("odd"), planner.Failure{Summary: "Unexpected error", Detail: "odd."}},
		"a problem":             {full, planner.Failure{Code: "full", Attr: "path", Summary: "Disk full", Detail: "No space is left.", Said: "ENOSPC"}},
		"a problem in another":  {fmt.Errorf("here: %w", full), planner.Failure{Code: "full", Attr: "path", Summary: "Disk full", Detail: "No space is left.", Said: "ENOSPC"}},
		"a problem of the host": {&transport.RemoteError{Problem: full}, planner.Failure{Code: "full", Attr: "path", Summary: "Disk full", Detail: "No space is left.", Said: "ENOSPC"}},
		"an error of the host":  {&transport.RemoteError{Message: "read /x: input/output error"}, planner.Failure{Summary: "Function failed", Detail: "read /x: input/output error."}},
		"a panic on the host": {&transport.RemoteError{Message: "index out of range", Stack: "main.go:1"},
			planner.Failure{Code: kind.CodePanic, Summary: "Agent panicked", Detail: "index out of range. This is a bug in mitoplan; please report it with these lines:\nmain.go:1"}},
		"cancelled before it began": {&transport.CancelledError{Phase: "waiting"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Kind: planner.FailureStopped, NotBegun: true}},
		"cancelled unsent":          {&transport.CancelledError{Phase: "not sent"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Kind: planner.FailureStopped, NotBegun: true}},
		"cancelled while it ran":    {&transport.CancelledError{Phase: "running"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Kind: planner.FailureStopped}},
		"too slow":                  {&transport.TimeoutError{After: time.Minute}, planner.Failure{Code: kind.CodeTimeout, Summary: "Timed out", Detail: "It took longer than 1m0s and was cancelled on the host." + timeout}},
		"too slow in a phase":       {&transport.TimeoutError{After: time.Minute, Phase: "running"}, planner.Failure{Code: kind.CodeTimeout, Summary: "Timed out", Detail: "It took longer than 1m0s and was cancelled on the host; it was running." + timeout}},
		"did not start":             {&transport.ConnectError{Phase: "greeting", Cause: "the link was closed"}, planner.Failure{Code: kind.CodeConnect, Summary: "Context did not start", Detail: "The link was closed.", Phase: "greeting", Kind: planner.FailureLost, NotBegun: true}},
		"did not start in time": {lateStart(t),
			planner.Failure{Code: kind.CodeConnect, Summary: "Context did not start", Detail: "Timed out after 10s. If it only takes longer there, raise connect_timeout.", Phase: "dial", Kind: planner.FailureLost, NotBegun: true}},
		"was killed as it started": {&transport.ConnectError{Phase: "greeting", Cause: "the link was closed", Exit: killed, LastWords: " sh: out of memory\n"},
			planner.Failure{Code: kind.CodeConnect, Summary: "Context did not start", Phase: "greeting", Kind: planner.FailureLost, NotBegun: true,
				Detail: "The link was closed. It ended with signal KILL. The kernel does that when memory runs out, and says so in its log on the host. It last said:\nsh: out of memory"}},
		"did not start for a reason": {&transport.ConnectError{Phase: "auth", Problem: full}, planner.Failure{Code: "full", Attr: "path", Summary: "Disk full", Detail: "No space is left.", Phase: "auth", Kind: planner.FailureLost, NotBegun: true}},
		"could not start behind another": {&transport.ConnectError{Context: "sudo.r", Root: errors.New("connect ssh.h: refused")},
			planner.Failure{Summary: "Unreachable", Detail: "connect ssh.h: refused", Kind: planner.FailureBehind, NotBegun: true}},
		"lost behind another": {&transport.LostError{Context: "sudo.r", Root: "ssh.h"},
			planner.Failure{Code: kind.CodeLost, Summary: "Unreachable", Detail: "sudo.r was lost with ssh.h.", Kind: planner.FailureBehind}},
		"not sent, for what came before it": {&transport.SkippedError{Cause: errors.New("file.x failed")}, planner.Failure{Summary: "Skipped", Kind: planner.FailureSkipped}},
	} {
		t.Run(name, func(t *testing.T) {
			got := *classify(c.err)
			if c.want.Detail == "" { // the text of transport itself
				c.want.Detail = c.err.Error()
			}
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
				t.Errorf("the failure is\n%+v, want\n%+v", got, c.want)
			}
		})
	}
	if got := interrupted(errors.New("terminated"))[0].Detail; !strings.Contains(got, "terminated. Nothing was changed.") {
		t.Errorf("an interrupted plan says %q", got)
	}
}
