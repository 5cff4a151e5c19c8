package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

func (a *app) driftCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "drift", Usage: "tell what differs from the configuration, and where that comes from",
		Description: "Reads the hosts, changes nothing, asks nothing, takes no lock. Exit status 2 is drift.",
		Flags:       o.planFlags(),
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			o.input = false
			return a.operate(ctx, o, (*operation).runDrift)
		},
	}
}

func (op *operation) runDrift() int {
	op.drift = true
	if !op.load() || !op.variables(nil) || !op.readState() || !op.open() {
		return 1
	}
	p := op.plan()
	drifts := p.shown.Differing()
	op.showDrift(p.shown, drifts)
	switch failed := op.diagnostics(p.diags); {
	case failed:
		return 1
	case len(drifts) > 0:
		return exitChanges
	}
	return 0
}

func (op *operation) showDrift(p *view.Plan, drifts []view.Drift) {
	if op.json != nil {
		op.json.Drift(p, drifts)
		return
	}
	fmt.Fprint(op.results, op.human.Drift(p, drifts))
}
