package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/state"
)

func (a *app) showCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "show", Usage: "show a saved plan, or the record", ArgsUsage: "[PLANFILE]",
		Description: "Needs no host and, for a plan file, no configuration.",
		Flags:       o.outputFlags(),
		Action: func(_ context.Context, c *cli.Command) error {
			file, err := oneArgument(c, "plan file")
			if err != nil {
				return err
			}
			if file != "" {
				return a.told(o, "Plan file not shown", a.showPlanFile(file, o))
			}
			s, err := recordedState()
			if err != nil {
				return a.told(o, "Record not readable", err)
			}
			return a.told(o, "Record not shown", a.showState(s, o))
		},
	}
}

func (a *app) showPlanFile(path string, o *options) error {
	f, closeFile, err := readPlanFile(path)
	if err != nil {
		return err
	}
	defer closeFile()
	p, err := f.Plan()
	if err != nil {
		return fmt.Errorf("read plan file %s: %w", path, err)
	}
	shown := view.NewPlan(p, controller.Catalogue(), f.Tool, a.mask)
	shown.SetSources(f.Large)
	shown.SecretFiles = f.SecretFiles()
	if o.json {
		return a.document(shown)
	}
	fmt.Fprint(a.stdout, a.resultsView(o).Plan(shown))
	return nil
}

func (a *app) resultsView(o *options) *view.Human {
	return a.viewFor(o, a.outTTY)
}

func (a *app) showState(s *state.State, o *options) error {
	outputs, err := shownOutputs(s)
	if err != nil {
		return err
	}
	if o.json {
		return a.document(view.NewStateDocument(s, outputs))
	}
	if !s.Found() {
		fmt.Fprintln(a.stderr, "There is no record: nothing was applied yet.")
		return nil
	}
	fmt.Fprint(a.stdout, a.resultsView(o).State(s, outputs))
	return nil
}
