package executor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// failure turns an error of transport into the failure that the planner is given.
// In a chain of contexts only the one that failed first has a problem of its
// own. The contexts behind it get FailureBehind.
func (s *Session) failure(h *handle, err error) *planner.Failure {
	return s.failureWithin(h, err, limit{})
}

// failureWithin is failure for a step that had that limit.
func (s *Session) failureWithin(h *handle, err error, l limit) *planner.Failure {
	f := classify(err, l)
	f.Summary, f.Detail = s.planner.Conceal(f.Summary), s.planner.Conceal(f.Detail)
	f.Chain = h.Chain()
	if f.Kind == planner.FailureBehind {
		s.behind[h] = true
	}
	return f
}

// classify turns an error of transport into a failure, without its context. What had a
// limit is told what to do if that is over. An error may wrap several of the types; the order of the cases says which counts.
func classify(err error, l limit) *planner.Failure {
	var (
		problem   *kind.Problem
		skipped   *transport.SkippedError
		cancelled *transport.CancelledError
		lost      *transport.LostError
		connect   *transport.ConnectError
		timeout   *transport.TimeoutError
		remote    *transport.RemoteError
	)
	switch {
	case errors.As(err, &skipped):
		return &planner.Failure{Summary: "Skipped", Detail: skipped.Error(), Kind: planner.FailureSkipped}
	case errors.As(err, &cancelled):
		return &planner.Failure{Code: kind.CodeCancelled, Summary: "Cancelled", Detail: cancelled.Error(), Phase: string(cancelled.Phase), Kind: planner.FailureStopped, NotBegun: notBegun(cancelled)}
	case errors.As(err, &remote):
		return remoteFailure(remote, l)
	case errors.As(err, &connect):
		return connectFailure(connect)
	case errors.As(err, &lost):
		return lostFailure(lost)
	case errors.As(err, &problem):
		return problemFailure(problem)
	case errors.As(err, &timeout):
		return timeoutFailure(timeout, l)
	}
	return &planner.Failure{Summary: "Unexpected error", Detail: prose.Sentence(err.Error())}
}

// notBegun reports a call that was cancelled before its function began.
func notBegun(e *transport.CancelledError) bool {
	switch e.Phase {
	case transport.PhaseNotSent, transport.PhaseOnItsWay, transport.PhaseWaiting:
		return true
	}
	return false
}

func problemFailure(p *kind.Problem) *planner.Failure {
	return &planner.Failure{Code: p.Code, Attr: p.Attr, Summary: p.Summary, Detail: p.Detail, Said: p.Said}
}

func remoteFailure(e *transport.RemoteError, l limit) *planner.Failure {
	switch {
	case e.Problem != nil:
		f := problemFailure(e.Problem)
		if f.Code == kind.CodeTimeout {
			f.Detail += l.advice
		}
		return f
	case e.Stack != "":
		return &planner.Failure{Code: kind.CodePanic, Summary: "Agent panicked", Detail: fmt.Sprintf("%s. This is a bug in mitoplan; please report it with these lines:\n%s", e.Message, e.Stack)}
	}
	return &planner.Failure{Summary: "Function failed", Detail: prose.Sentence(e.Message)}
}

func timeoutFailure(e *transport.TimeoutError, l limit) *planner.Failure {
	f := &planner.Failure{Code: kind.CodeTimeout, Summary: "Timed out"}
	moved := notCounting(e.Moved, "contents moved")
	switch {
	case e.Phase == transport.PhaseStalled:
		f.Summary = "Host makes no progress"
		f.Detail = fmt.Sprintf("The host answers that it is alive, but for %s nothing that is waited for went on there, so it was given up. Something on it hangs, such as a disk or a network file system. If it only takes longer, raise progress_timeout in the mitoplan block, or set timeout in this one.", short(e.After))
		return f
	case e.Phase == transport.PhaseEndless && l.timeout > 0:
		f.Detail = fmt.Sprintf("It was not done after %s%s. The host, which answers that it is alive, did not end it within %s more, so it was given up.", short(l.timeout), moved, short(e.After-l.timeout))
	case e.Phase == transport.PhaseEndless:
		f.Detail = fmt.Sprintf("It was not done after %s%s, and was given up, though the host answers that it is alive.", short(e.After), moved)
	case e.Phase == "" || e.Phase == transport.PhaseRunning:
		f.Detail = fmt.Sprintf("It took longer than %s%s, and was cancelled on the host.", short(e.After), moved)
	default:
		f.Detail = fmt.Sprintf("It took longer than %s%s, and was cancelled on the host; it was %s.", short(e.After), moved, e.Phase)
	}
	f.Detail += l.advice
	return f
}

// connectFailure says in which phase the start of a context failed, and why.
func connectFailure(e *transport.ConnectError) *planner.Failure {
	if e.Root != nil {
		return &planner.Failure{Summary: "Unreachable", Detail: e.Root.Error(), Kind: planner.FailureBehind, NotBegun: true}
	}
	f := &planner.Failure{Code: kind.CodeConnect, Summary: "Context did not start", Phase: string(e.Phase), Kind: planner.FailureLost, NotBegun: true}
	if e.Problem != nil {
		f.Code, f.Attr, f.Summary, f.Detail = e.Problem.Code, e.Problem.Attr, e.Problem.Summary, e.Problem.Detail
		return f
	}
	f.Detail = prose.Capital(prose.Sentence(e.Cause))
	var timeout *transport.TimeoutError
	if errors.As(e, &timeout) {
		f.Code = kind.CodeStartTimeout
		f.Detail += " If it only takes longer there, raise connect_timeout."
	}
	f.Detail += exitText(e.Exit) + lastSaid(e.LastWords)
	return f
}

func lostFailure(e *transport.LostError) *planner.Failure {
	f := &planner.Failure{Code: kind.CodeLost, Summary: "Connection lost", Kind: planner.FailureLost}
	if e.Root != "" {
		f.Summary, f.Kind = "Unreachable", planner.FailureBehind
		f.Detail = fmt.Sprintf("%s was lost with %s.", e.Context, e.Root)
		return f
	}
	f.Phase = string(transport.PhaseRunning)
	f.Detail = fmt.Sprintf("%s%s %s; the next plan reads the host again.%s", prose.Capital(prose.Sentence(e.Cause)), exitText(e.Exit), aftermath(e.Exit), lastSaid(e.LastWords))
	return f
}

// aftermath says what became of the processes that a lost agent had started. If the
// agent only fell silent, they may still be running. If it has ended, its watcher ends
// them: see package process.
func aftermath(exit *transport.Exit) string {
	if exitText(exit) == "" {
		return "What was running there goes on until its agent finds that the connection is lost, and then ends"
	}
	return "The programs that it had started are ended with it, and what those have started, as far as its user may end them"
}

// exitText says how an agent ended, "" if it did not end, or ended by itself.
func exitText(exit *transport.Exit) string {
	if exit == nil || exit.Status == 0 && exit.Signal == "" || exit.String() == "connection lost" {
		return "" // The agent did not fail; the cause of the error says what did.
	}
	text := fmt.Sprintf(" It ended with %s.", exit)
	if exit.Signal == "KILL" {
		text += " The kernel does that when memory runs out, and says so in its log on the host."
	}
	return text
}

// lastSaid quotes the last output of an agent, for the end of a message.
func lastSaid(words string) string {
	if words = strings.TrimSpace(words); words == "" {
		return ""
	}
	return " It last said:\n" + words
}

func interrupted(err error) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Interrupted", Detail: fmt.Sprintf("Stopped before it was finished: %s. Nothing was changed.", err)}}
}
