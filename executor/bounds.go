package executor

import (
	"cmp"
	"fmt"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// Limits bound how long a host is waited for, even if it says that it is alive.
// A field that is zero stands for its default.
type Limits struct {
	// Progress is how long a check may run without any sign of progress.
	Progress time.Duration
	// Check is how long a check may take in total.
	Check time.Duration
	// Call is how long a read-only call, or a guard of a call, may run.
	Call time.Duration
	// Apply is how long one resource may take to be changed.
	Apply time.Duration
}

// The defaults of Limits, and bounds that nobody can set.
const (
	defaultProgress = time.Minute
	defaultCheck    = 10 * time.Minute
	defaultCall     = 5 * time.Minute
	defaultApply    = time.Hour
	// runBound is for a call that may change something and has no timeout of
	// its own. It is long because a migration may take hours, and cutting it
	// short may do damage.
	runBound = 24 * time.Hour
	// applyStall is how long a change may run without progress. It is longer
	// than for a check, because tools such as package managers do not report
	// their progress.
	applyStall = 10 * time.Minute
	// answerWait is how much longer this process waits than the agent, if the
	// agent enforces the bound. The agent waits 10 s for contents that are on their
	// way, has 8 s to end what runs, and has to say so.
	answerWait = 25 * time.Second
	// lockGrace is how much longer this process waits for the lock of a
	// machine than the agent does.
	lockGrace = time.Minute
)

// LimitsOf returns the limits that the block mitoplan sets.
func LimitsOf(s config.Settings) Limits {
	return Limits{Progress: s.ProgressTimeout, Check: s.CheckTimeout, Call: s.CallTimeout, Apply: s.ApplyTimeout}
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Progress: cmp.Or(l.Progress, defaultProgress), Check: cmp.Or(l.Check, defaultCheck),
		Call: cmp.Or(l.Call, defaultCall), Apply: cmp.Or(l.Apply, defaultApply),
	}
}

// limit is how long one call may take. The agent enforces timeout, which is 0
// for no limit. This process enforces bounds.
type limit struct {
	timeout time.Duration
	bounds  transport.Bounds
	// advice says what to do if more time is needed; "" for nothing.
	advice string
}

// timed is the limit of a call with a timeout, which the agent enforces. With
// inTurn, the time that a call waits for earlier ones in the agent does not count.
func timed(timeout time.Duration, inTurn bool, advice string) limit {
	return limit{timeout, transport.Bounds{Total: timeout + answerWait, InTurn: inTurn}, advice}
}

// raise is the advice to raise the timeout of a block that has one.
func raise(timeout time.Duration) string {
	return fmt.Sprintf(" If it may take longer, raise timeout in the block, which is %s.", short(timeout))
}

// setOr is the advice to set a timeout in a block that has none, or to raise the setting
// of the block mitoplan that bounds it.
func setOr(setting string, is time.Duration) string {
	return fmt.Sprintf(" If it may take longer, set timeout in the block, or raise %s in the mitoplan block, which is %s.", setting, short(is))
}

const setTimeout = " If it may take longer, set timeout in the block."

// step is the limit of a step of planning.
func (l Limits) step(s *planner.Step) limit {
	switch {
	case s.Timeout > 0:
		return timed(s.Timeout, false, raise(s.Timeout))
	case s.Type == planner.StepCheck:
		return limit{bounds: transport.Bounds{Stall: l.Progress, Total: l.Check}, advice: setOr("check_timeout", l.Check)}
	case s.Type == planner.StepProbe:
		// A probe runs up to two guards, and the agent bounds each of them.
		return limit{bounds: transport.Bounds{Total: 2*l.Call + answerWait}, advice: l.adviceOfCall()}
	}
	return timed(l.Call, false, l.adviceOfCall())
}

// action is the limit of a step of an apply.
func (l Limits) action(s *planner.Step) limit {
	switch {
	case s.Timeout > 0:
		return timed(s.Timeout, true, raise(s.Timeout))
	case s.Action.Op == planner.Read || s.Harmless:
		return timed(l.Call, true, l.adviceOfCall())
	case s.Type == planner.StepRun:
		return limit{bounds: transport.Bounds{Total: runBound, InTurn: true}, advice: setTimeout}
	}
	total := max(l.Apply, l.Progress)
	advice, together := setOr("apply_timeout", total), 1+len(s.Then)
	if together > 1 {
		advice += fmt.Sprintf(" Here %d blocks are made in one write, and have that time each.", together)
	}
	return limit{bounds: transport.Bounds{Stall: max(applyStall, l.Progress), Total: total * time.Duration(together), InTurn: true}, advice: advice}
}

func (l Limits) adviceOfCall() string { return setOr("call_timeout", l.Call) }

// guard is how long a guard of a call may run: the timeout of the call if it sets
// one, and otherwise the limit of calls.
func (l Limits) guard(timeout time.Duration) time.Duration { return cmp.Or(timeout, l.Call) }

// lockLimit is the limit of the call that waits for the lock of a machine.
func lockLimit(wait time.Duration) limit {
	return limit{bounds: transport.Bounds{Total: wait + lockGrace}}
}

func (l limit) options() []transport.CallOption {
	opts := []transport.CallOption{transport.Bounded(l.bounds)}
	if l.timeout > 0 {
		opts = append(opts, transport.Timeout(l.timeout))
	}
	return opts
}

// String says for people when a call is given up.
func (l limit) String() string {
	switch {
	case l.timeout > 0:
		return fmt.Sprintf("given up after %s", short(l.timeout))
	case l.bounds.Stall > 0:
		return fmt.Sprintf("given up after %s without progress or %s in all", short(l.bounds.Stall), short(l.bounds.Total))
	}
	return fmt.Sprintf("given up after %s", short(l.bounds.Total))
}

// short writes a duration without trailing parts that are zero: 10m, 1h, 1m30s.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(text) - len(zero) + 1; n > 1 && text[n-1:] == zero {
			text = text[:n]
		}
	}
	return text
}
