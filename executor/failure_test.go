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
		"cancelled before it began": {&transport.CancelledError{Phase: "waiting"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Phase: "waiting", Kind: planner.FailureStopped, NotBegun: true}},
		"cancelled unsent":          {&transport.CancelledError{Phase: "not sent"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Phase: "not sent", Kind: planner.FailureStopped, NotBegun: true}},
		"cancelled on its way":      {&transport.CancelledError{Phase: "partly sent"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Phase: "partly sent", Kind: planner.FailureStopped, NotBegun: true}},
		"cancelled while it ran":    {&transport.CancelledError{Phase: "running"}, planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Phase: "running", Kind: planner.FailureStopped}},
		"too slow":                  {&transport.TimeoutError{After: time.Minute}, planner.Failure{Code: kind.CodeTimeout, Summary: "Timed out", Detail: "It took longer than 1m, and was cancelled on the host."}},
		"too slow in a phase":       {&transport.TimeoutError{After: time.Minute, Phase: "still running"}, planner.Failure{Code: kind.CodeTimeout, Summary: "Timed out", Detail: "It took longer than 1m, and was cancelled on the host; it was still running."}},
		"did not start":             {&transport.ConnectError{Phase: "greeting", Cause: "the link was closed"}, planner.Failure{Code: kind.CodeConnect, Summary: "Context did not start", Detail: "The link was closed.", Phase: "greeting", Kind: planner.FailureLost, NotBegun: true}},
		"did not start in time": {lateStart(t),
			planner.Failure{Code: kind.CodeStartTimeout, Summary: "Context did not start", Detail: "Timed out after 10s. If it only takes longer there, raise connect_timeout.", Phase: "dial", Kind: planner.FailureLost, NotBegun: true}},
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
			got := *classify(c.err, limit{})
			if c.want.Detail == "" { // the text of transport itself
				c.want.Detail = c.err.Error()
			}
			c.want.Own = got.Own // see TestWhatOfAFailureIsOwn
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
				t.Errorf("the failure is\n%+v, want\n%+v", got, c.want)
			}
		})
	}
	if got := interrupted(errors.New("terminated"))[0].Detail; !strings.Contains(got, "terminated. Nothing was changed.") {
		t.Errorf("an interrupted plan says %q", got)
	}
}

// What takes too long is told which time that was, what did not count, and what to do: a
// block that has a timeout is advised to raise that, and any other to set one, or to raise
// the setting that bounds it.
func TestWhatATimeoutAdvises(t *testing.T) {
	l := Limits{}.withDefaults()
	own := planner.Step{Type: planner.StepRead, Timeout: 5 * time.Second}
	read := planner.Step{Type: planner.StepRead}
	check := planner.Step{Type: planner.StepCheck}
	action := func(typ planner.StepType, op planner.Op, timeout time.Duration) *planner.Step {
		return &planner.Step{Type: typ, Timeout: timeout, Action: &planner.Action{Op: op}}
	}
	late := func(after time.Duration, phase transport.Phase) error {
		return &transport.TimeoutError{After: after, Phase: phase, Moved: 46 * time.Second}
	}
	const (
		moved      = ", not counting 46s in which contents moved"
		raise5     = " If it may take longer, raise timeout in the block, which is 5s."
		setOrRaise = " If it may take longer, set timeout in the block, or raise "
	)
	guard := &transport.RemoteError{Problem: &kind.Problem{Code: kind.CodeTimeout, Summary: "Timed out", Detail: "The command of unless took longer."}}
	for name, c := range map[string]struct {
		err   error
		limit limit
		want  string
	}{
		"timeout of a call":   {late(5*time.Second, transport.PhaseRunning), l.step(&own), "It took longer than 5s" + moved + ", and was cancelled on the host." + raise5},
		"timeout of a change": {late(5*time.Second, transport.PhaseRunning), l.action(action(planner.StepApply, planner.Update, 5*time.Second)), "It took longer than 5s" + moved + ", and was cancelled on the host." + raise5},
		"that the host does not keep": {late(30*time.Second, transport.PhaseEndless), l.step(&own),
			"It was not done after 5s" + moved + ". The host, which answers that it is alive, did not end it within 25s more, so it was given up." + raise5},
		"a read": {late(5*time.Minute, transport.PhaseRunning), l.step(&read), "It took longer than 5m" + moved + ", and was cancelled on the host." + setOrRaise + "call_timeout in the mitoplan block, which is 5m."},
		"a check": {late(10*time.Minute, transport.PhaseEndless), l.step(&check),
			"It was not done after 10m" + moved + ", and was given up, though the host answers that it is alive." + setOrRaise + "check_timeout in the mitoplan block, which is 10m."},
		"a change": {late(time.Hour, transport.PhaseEndless), l.action(action(planner.StepApply, planner.Update, 0)),
			"It was not done after 1h" + moved + ", and was given up, though the host answers that it is alive." + setOrRaise + "apply_timeout in the mitoplan block, which is 1h."},
		"a run": {late(24*time.Hour, transport.PhaseEndless), l.action(action(planner.StepRun, planner.Run, 0)),
			"It was not done after 24h" + moved + ", and was given up, though the host answers that it is alive. If it may take longer, set timeout in the block."},
		"a guard":                {guard, l.step(&planner.Step{Type: planner.StepProbe}), "The command of unless took longer." + setOrRaise + "call_timeout in the mitoplan block, which is 5m."},
		"a guard with a timeout": {guard, l.step(&planner.Step{Type: planner.StepProbe, Timeout: 5 * time.Second}), "The command of unless took longer." + raise5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classify(c.err, c.limit); got.Detail != c.want || got.Code != kind.CodeTimeout {
				t.Errorf("it says\n%s, want\n%s", got.Detail, c.want)
			}
		})
	}
}

// TestCancelledCallsSayHowFarTheyCame: the planner is told whether a cancelled call can have
// run, and how far it had come.
func TestCancelledCallsSayHowFarTheyCame(t *testing.T) {
	for phase, notBegun := range map[transport.Phase]bool{
		transport.PhaseNotSent: true, transport.PhaseOnItsWay: true, transport.PhaseWaiting: true,
		transport.PhaseRunning: false, transport.PhaseNoAnswer: false,
	} {
		f := classify(&transport.CancelledError{Function: "f", Phase: phase}, limit{})
		if f.Kind != planner.FailureStopped || f.NotBegun != notBegun || f.Phase != string(phase) {
			t.Errorf("%s: got %+v", phase, f)
		}
	}
}

// TestWhatOfAFailureIsOwn: the words of a failure that are mitoplan's own are told apart from
// those of a host, of a program and of an error.
func TestWhatOfAFailureIsOwn(t *testing.T) {
	exit := &transport.Exit{Signal: "KILL"}
	for own, err := range map[string]error{
		"": errors.New("odd"),
		"It took longer than , and was cancelled on the host.":                                                                                 &transport.TimeoutError{After: time.Minute},
		". This is a bug in mitoplan; please report it with these lines:":                                                                      &transport.RemoteError{Message: "index", Stack: "main.go:1"},
		"The kernel does that when memory runs out, and says so in its log on the host. It last said:":                                         &transport.ConnectError{Cause: "closed", Exit: exit, LastWords: "out of memory"},
		"What was running there goes on until its agent finds that the connection is lost, and then ends; the next plan reads the host again.": &transport.LostError{Cause: "no answer"},
		"The password of was refused.": &transport.RemoteError{Problem: kind.NewProblem("", "c", "Refused", "The password of %s was refused.", "password")},
	} {
		got := classify(err, limit{})
		if words := strings.Join(strings.Fields(got.Own), " "); !strings.HasSuffix(strings.ReplaceAll(words, " ,", ","), strings.ReplaceAll(own, " ,", ",")) || own == "" && words != "" {
			t.Errorf("of %q own is %q, want %q", got.Detail, words, own)
		}
		for i, c := range []byte(got.Own) {
			if c != ' ' && c != got.Detail[i] {
				t.Fatalf("%q is not a part of %q", got.Own, got.Detail)
			}
		}
	}
}
