package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v3"
)

func (a *app) planCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "plan", Usage: "show what would change",
		Description: "Reads the hosts and shows what apply would change. It changes nothing and takes no lock.",
		Flags: slices.Concat(o.planFlags(), []cli.Flag{
			o.destroyFlag(),
			&cli.StringFlag{Name: "out", Usage: "save the plan to `FILE`", Destination: &o.out},
			&cli.BoolFlag{Name: "bundle", Usage: "save the sources of more than 1 MiB with it, too", Destination: &o.bundle},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 2 if the plan is not empty", Destination: &o.detailed},
		}),
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.IsSet("out") && o.out == "" {
				return errors.New("-out names no file to save the plan to")
			}
			if o.bundle && o.out == "" {
				return errors.New("-bundle says what is saved in a plan file: name that with -out FILE")
			}
			return a.operate(ctx, o, (*operation).runPlan)
		},
	}
}

// runPlan runs the command plan. A plan with an error is not saved. An error also wins
// over the status of -detailed-exitcode.
func (op *operation) runPlan() int {
	if !op.load() || !op.variables(nil) || !op.readState() || !op.savable() || !op.open() {
		return 1
	}
	p := op.plan()
	op.showPlan(p, "plan")
	failed := op.diagnostics(p.diags)
	switch {
	case failed && op.opts.out != "":
		op.note("\nThe plan was not saved: it has errors, and is not the whole.%s", lacking(p))
		return 1
	case failed:
		return 1
	case op.opts.out != "" && !op.save(p):
		return 1
	case op.opts.detailed && !p.Empty():
		return exitChanges
	}
	return 0
}

// lacking says how a plan is saved all the same, if its only errors are those of contexts
// that cannot be reached.
func lacking(p planned) string {
	if !p.away {
		return ""
	}
	return " With -allow-unreachable a plan is saved that lacks contexts."
}

func (op *operation) showPlan(p planned, operation string) {
	if op.json != nil {
		op.json.Plan(p.shown, operation)
		return
	}
	fmt.Fprint(op.results, op.human.Plan(p.shown))
}

// save writes the plan file. It is only called for a plan without an error, because any
// other would be refused when it is applied.
func (op *operation) save(p planned) bool {
	err := op.outFree() // the sources are known only now
	if err == nil {
		err = op.writePlanFile(p)
	}
	op.view.Flush()
	if err != nil {
		op.fail("Plan not saved", fmt.Errorf("save plan to %s: %w", op.opts.out, err))
		return false
	}
	lacks := ""
	if !op.opts.bundle {
		lacks = op.human.NotHeld(op.session.SentSources(p.Plan))
	}
	lacks += op.human.Withheld(op.session.SecretFiles())
	next := fmt.Sprintf("To perform exactly these actions, run:\n    mitoplan apply %q", op.opts.out)
	if p.Empty() {
		next = "It has no actions."
	}
	op.note("\nSaved the plan to: %s\n%s\n%s", op.opts.out, lacks, next)
	return true
}

// writePlanFile puts the whole plan file in place of an older one, or leaves that.
func (op *operation) writePlanFile(p planned) error {
	out, err := renameio.NewPendingFile(op.opts.out, renameio.WithTempDir(filepath.Dir(op.opts.out)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer out.Cleanup()
	if err := op.session.WritePlanFile(op.ctx, out, p.Plan, op.opts.bundle); err != nil {
		return err
	}
	return out.CloseAtomicallyReplace()
}
