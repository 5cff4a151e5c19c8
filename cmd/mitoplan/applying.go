package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// machineWait is the least time that an apply waits for the lock of a machine, which
// an apply of another project may hold. Most applies are short, and giving up at once
// would waste an approved plan.
const machineWait = 30 * time.Second

// apply does the plan, with the journal, and saves the state.
func (op *operation) apply(p planned) (executor.Summary, bool) {
	run, err := op.store.Begin(op.state)
	if err != nil {
		op.fail("Record not writable", err)
		return executor.Summary{}, false
	}
	op.flush = append(op.flush, run.Flush)
	summary, diags := op.session.Apply(op.ctx, p.Plan, executor.ApplyOptions{
		Journal: run, Holder: lockHolder(time.Now()), LockWait: max(op.opts.lockTimeout, machineWait),
	})
	op.mask.Add(op.session.Secrets()...)
	outputs, more := op.session.Outputs()
	diags = append(diags, more...)
	op.view.Flush()
	if !more.HasErrors() && len(op.opts.targets) == 0 { // with targets, outputs are not looked at
		diags = append(diags, recordOutputs(op.state, outputs)...)
	}
	err = run.Close()
	failed := op.diagnostics(diags)
	if err != nil {
		op.fail("Record not saved", err)
	}
	whole := op.applied(p, summary)
	op.showOutputs(outputs)
	return summary, whole && !failed && err == nil
}

// lockHolder says who holds the lock of a machine, to those who wait for it.
func lockHolder(now time.Time) string {
	return fmt.Sprintf("%s (since %s)", processName(), now.UTC().Format(time.RFC3339))
}

// applied says what an apply did. It returns false if a destroy left something that is in use.
func (op *operation) applied(p planned, s executor.Summary) bool {
	left := op.diagnostics(inUse(p.Plan))
	if op.json != nil {
		op.json.Applied(p.shown, s, op.failed)
	} else {
		fmt.Fprint(op.results, "\n"+op.human.Applied(p.shown, s, op.failed))
	}
	return !left
}

// inUse are errors about what a destroy was to take away and left, since it is in use. An
// apply leaves it to the next one.
func inUse(p *planner.Plan) (out hcl.Diagnostics) {
	for _, a := range p.Actions {
		if p.Destroy && a.Leaves && a.Op == planner.Defer {
			out = append(out, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Not taken away", Detail: a.Reason + " The record keeps it.",
				Extra: planner.Location{Address: a.Address, Code: kind.CodeUserBusy, Host: true},
			})
		}
	}
	return out
}

// lock takes the state for this run.
func (op *operation) lock() (unlock func(), ok bool) {
	store := state.Open(op.cfg.Settings.StatePath, toolVersion())
	h := state.Holder{Who: userName() + "@" + hostName(), PID: pid(), Host: hostName(), Since: time.Now().UTC()}
	l, err := store.Lock(op.ctx, h, 0)
	if held := (*state.LockedError)(nil); op.opts.lockTimeout > 0 && errors.As(err, &held) {
		op.diagnostics(hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Waits for the lock of the record",
			Detail: sentence(fmt.Errorf("%s. This goes on when that ends, and is given up after %s", held.Held(), op.opts.lockTimeout)),
		}})
		op.view.Flush()
		l, err = store.Lock(op.ctx, h, op.opts.lockTimeout)
	}
	if err != nil {
		op.fail(lockSummary(err), err)
		return nil, false
	}
	return func() {
		if err := l.Unlock(); err != nil {
			op.diagnostics(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Record not unlocked", Detail: sentence(err)}})
		}
	}, true
}

// lockSummary is the summary of an error in locking the state: somebody else holds
// the lock, or it cannot be taken at all.
func lockSummary(err error) string {
	if held := (*state.LockedError)(nil); errors.As(err, &held) {
		return "Record locked"
	}
	return "Record not lockable"
}

// unrecorded reports whether an apply changes the record although no host changes.
func (op *operation) unrecorded(p planned) bool {
	return len(op.state.Unanswered) > 0 || op.session.Unrecorded(p.Plan)
}
