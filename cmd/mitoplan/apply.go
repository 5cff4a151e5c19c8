package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
)

func (a *app) applyCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "apply", Usage: "make hosts as the configuration says", ArgsUsage: "[PLANFILE]",
		Description: "Plans, shows the plan, asks for yes and does it. With a plan file it does exactly that, without asking.",
		Flags:       slices.Concat(o.planFlags(), o.applyFlags(), []cli.Flag{o.destroyFlag()}),
		Action: func(ctx context.Context, c *cli.Command) error {
			file, err := oneArgument(c, "plan file")
			if err != nil {
				return err
			}
			if file == "" {
				return a.operate(ctx, o, (*operation).runApply)
			}
			if len(o.targets)+len(o.excludes) > 0 {
				return errors.New("-target and -exclude were decided when the plan was made: leave them out, or plan again")
			}
			if o.destroy {
				return errors.New("-destroy was decided when the plan was made: leave it out, or save a plan with mitoplan plan -destroy -out FILE")
			}
			return a.operate(ctx, o, func(op *operation) int { return op.runApplyFile(file) })
		},
	}
}

func (a *app) destroyCommand() *cli.Command {
	o := &options{destroy: true}
	return &cli.Command{
		Name: "destroy", Usage: "take away everything that earlier applies created",
		Description: "Plans that, shows the plan, asks for yes and does it. What was there before is forgotten, and no call is run.",
		Flags:       slices.Concat(o.planFlags(), o.applyFlags()),
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return a.operate(ctx, o, (*operation).runApply)
		},
	}
}

// runApply plans and applies. If an apply makes what other parts of the
// configuration need to be planned, it does so again, in waves.
func (op *operation) runApply() int {
	if !op.opts.autoApprove && !op.interactive() {
		err := errNotApproved
		if op.opts.destroy {
			err = errDestroyNotApproved
		}
		op.fail("Approval needed", err)
		return 1
	}
	if !op.load() || !op.variables(nil) {
		return 1
	}
	unlock, ok := op.lock()
	if !ok {
		return 1
	}
	defer unlock()
	if !op.readState() || !op.ready() || !op.open() {
		return 1
	}
	var before []string
	for {
		code, still := op.wave(before)
		if code != 0 || len(still) == 0 {
			return code
		}
		before = still
	}
}

// wave is one round of plan, question and apply. It returns the addresses that were
// deferred, if another wave may plan them. before are those that the last wave
// deferred. If they are the same ones, no further wave will plan them, and that is an
// error.
func (op *operation) wave(before []string) (code int, again []string) {
	p := op.plan()
	now := deferred(p.Plan)
	if (p.whole || p.rest) && len(before) > 0 && slices.Equal(before, now) {
		op.fail("Deferred for good", stillDeferred(now))
		return 1, nil
	}
	op.showPlan(p, "apply")
	if !p.whole && p.rest {
		p.diags = append(p.diags, leavesOut(p.Plan)...)
	}
	failed := op.diagnostics(p.diags)
	if !p.whole && !p.rest {
		if slices.ContainsFunc(p.Plan.Actions, (*planner.Action).Changes) {
			op.fail("Nothing is applied", errHeldBack)
		}
		return 1, nil
	}
	if p.Empty() && !op.unrecorded(p) {
		return worst(!op.applied(p, executor.Summary{}) || failed), nil
	}
	if !op.approved(p) {
		return 1, nil
	}
	summary, ok := op.apply(p)
	if op.onlyDeferred(p.Plan) {
		now = nil
	}
	return worst(failed || !ok || summary.Failed+summary.Interrupted+summary.Refused+summary.Skipped > 0), now
}

// deferred returns the addresses that a plan leaves to the next wave. What leaves the
// record and is in use waits for the next apply: it may be this one that uses it.
func deferred(p *planner.Plan) (out []string) {
	for _, a := range p.Actions {
		if a.Op == planner.Defer && !a.Leaves {
			out = append(out, a.Address)
		}
	}
	return out
}

func stillDeferred(addresses []string) error {
	return fmt.Errorf("everything else was applied, and still deferred is %s: it waits for what every apply does anew, such as a call that always runs. "+
		"Give that call triggers, triggered_by or creates, so that a later plan finds it done", prose.List(addresses, prose.All))
}

// errHeldBack is shown after a plan that is not applied because of errors.
var errHeldBack = errors.New("the errors above hold back everything that the plan would do: mend what they say, or leave it out with -exclude")

// leavesOut warns about the hosts on which nothing is applied, because something
// failed on the same machine.
func leavesOut(p *planner.Plan) hcl.Diagnostics {
	var contexts []string
	for _, a := range p.Actions {
		if a.LeftOut != "" && a.Changes() && !slices.Contains(contexts, a.Context) {
			contexts = append(contexts, a.Context)
		}
	}
	if len(contexts) == 0 {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Hosts are left out",
		Detail: fmt.Sprintf("Nothing is applied on %s, since something failed on the same machine while it was planned. Other machines are applied.", prose.List(contexts, prose.All)),
	}}
}

// onlyDeferred reports a plan that does nothing now: planning again would only
// show the same.
func (op *operation) onlyDeferred(p *planner.Plan) bool {
	return !slices.ContainsFunc(p.Actions, (*planner.Action).Changes)
}

// approved asks for yes. While nobody answers, contexts are closed.
func (op *operation) approved(p planned) bool {
	if op.opts.autoApprove || p.Empty() {
		return true
	}
	if op.onlyDeferred(p.Plan) && len(p.OutputsChanged) == 0 {
		return true
	}
	if err := op.undelivered(); err != nil {
		op.fail("Plan not shown", fmt.Errorf("%w. Nobody is asked to approve what could not be shown", err))
		return false
	}
	ask := op.prompter()
	ask.idle = op.session.Idle
	yes, err := ask.approve()
	switch {
	case err != nil && op.ctx.Err() == nil:
		op.fail("No answer", fmt.Errorf("%w: nothing is applied. Answer yes, or use -auto-approve if nobody is there to answer", err))
	case err == nil && !yes:
		op.note("Apply cancelled.")
	}
	return yes && err == nil
}
