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
	s.planner.ConcealFailure(f)
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
		return failed(planner.FailureSkipped, "", "Skipped", "%s", Words(skipped))
	case errors.As(err, &cancelled):
		f := failed(planner.FailureStopped, kind.CodeCancelled, "Cancelled", "%s", Words(cancelled))
		f.Phase, f.NotBegun = string(cancelled.Phase), notBegun(cancelled)
		return f
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
	return failed(planner.FailureOwn, "", "Unexpected error", "%s", prose.Sentence(err.Error()))
}

// failed is a failure whose detail is formatted as that of a kind.Problem.
func failed(what planner.FailureKind, code kind.Code, summary, detail string, args ...any) *planner.Failure {
	f := problemFailure(kind.NewProblem("", code, summary, detail, args...))
	f.Kind = what
	return f
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
	return &planner.Failure{Code: p.Code, Attr: p.Attr, Summary: p.Summary, Detail: p.Detail, Own: p.Own, Said: p.Said}
}

func remoteFailure(e *transport.RemoteError, l limit) *planner.Failure {
	switch {
	case e.Problem != nil:
		p := *e.Problem
		if p.Code == kind.CodeTimeout {
			p.Add("%s", kind.Rule(l.advice))
		}
		return problemFailure(&p)
	case e.Stack != "":
		return failed(planner.FailureOwn, kind.CodePanic, "Agent panicked", "%s. This is a bug in mitoplan; please report it with these lines:\n%s", e.Message, e.Stack)
	}
	return failed(planner.FailureOwn, "", "Function failed", "%s", prose.Sentence(e.Message))
}

func timeoutFailure(e *transport.TimeoutError, l limit) *planner.Failure {
	p := kind.NewProblem("", kind.CodeTimeout, "Timed out", "")
	moved := notCounting(e.Moved, "contents moved")
	switch {
	case e.Phase == transport.PhaseStalled:
		p.Summary = "Host makes no progress"
		p.Add("The host answers that it is alive, but for %s nothing that is waited for went on there, so it was given up. Something on it hangs, such as a disk or a network file system. If it only takes longer, raise progress_timeout in the mitoplan block, or set timeout in this one.", short(e.After))
		return problemFailure(p)
	case e.Phase == transport.PhaseEndless && l.timeout > 0:
		p.Add("It was not done after %s%s. The host, which answers that it is alive, did not end it within %s more, so it was given up.", short(l.timeout), moved, short(e.After-l.timeout))
	case e.Phase == transport.PhaseEndless:
		p.Add("It was not done after %s%s, and was given up, though the host answers that it is alive.", short(e.After), moved)
	case e.Phase == "" || e.Phase == transport.PhaseRunning:
		p.Add("It took longer than %s%s, and was cancelled on the host.", short(e.After), moved)
	default:
		p.Add("It took longer than %s%s, and was cancelled on the host; it was %s.", short(e.After), moved, e.Phase)
	}
	p.Add("%s", kind.Rule(l.advice))
	return problemFailure(p)
}

// connectFailure says in which phase the start of a context failed, and why.
func connectFailure(e *transport.ConnectError) *planner.Failure {
	if e.Root != nil {
		f := failed(planner.FailureBehind, "", "Unreachable", "%s", Words(e.Root))
		f.NotBegun = true
		return f
	}
	p := e.Problem
	if p == nil {
		p = notStarted(e)
	}
	f := problemFailure(p)
	f.Phase, f.Kind, f.NotBegun, f.Said = string(e.Phase), planner.FailureLost, true, ""
	return f
}

// notStarted is the problem of a start that ended without one.
func notStarted(e *transport.ConnectError) *kind.Problem {
	p := kind.NewProblem("", kind.CodeConnect, "Context did not start", "%s", kind.Unquoted(prose.Capital(prose.Sentence(e.Cause)), nil))
	var timeout *transport.TimeoutError
	if errors.As(e, &timeout) {
		p.Code = kind.CodeStartTimeout
		p.Add(" If it only takes longer there, raise connect_timeout.")
	}
	p.Add("%s%s", exitText(e.Exit), lastSaid(e.LastWords))
	return p
}

func lostFailure(e *transport.LostError) *planner.Failure {
	if e.Root != "" {
		return failed(planner.FailureBehind, kind.CodeLost, "Unreachable", "%s was lost with %s.", e.Context, e.Root)
	}
	f := failed(planner.FailureLost, kind.CodeLost, "Connection lost", "%s%s %s; the next plan reads the host again.%s",
		kind.Unquoted(prose.Capital(prose.Sentence(e.Cause)), nil), exitText(e.Exit), kind.Rule(aftermath(e.Exit)), lastSaid(e.LastWords))
	f.Phase = string(transport.PhaseRunning)
	return f
}

// aftermath says what became of the processes that a lost agent had started. If the
// agent only fell silent, they may still be running. If it has ended, its watcher ends
// them: see package process.
func aftermath(exit *transport.Exit) string {
	if exitText(exit).String() == "" {
		return "What was running there goes on until its agent finds that the connection is lost, and then ends"
	}
	return "The programs that it had started are ended with it, and what those have started, as far as its user may end them"
}

// exitText says how an agent ended, "" if it did not end, or ended by itself.
func exitText(exit *transport.Exit) kind.Wording {
	if exit == nil || exit.Status == 0 && exit.Signal == "" || exit.String() == "connection lost" {
		return kind.Wording{} // The agent did not fail; the cause of the error says what did.
	}
	text := kind.Say(" It ended with %s.", exit)
	if exit.Signal == "KILL" {
		text.Add(" The kernel does that when memory runs out, and says so in its log on the host.")
	}
	return text
}

// lastSaid quotes the last output of an agent, for the end of a message.
func lastSaid(words string) kind.Wording {
	if words = strings.TrimSpace(words); words == "" {
		return kind.Wording{}
	}
	return kind.Say(" It last said:\n%s", words)
}

func interrupted(err error) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Interrupted", Detail: fmt.Sprintf("Stopped before it was finished: %s. Nothing was changed.", err)}}
}
