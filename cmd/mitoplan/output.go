package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v3"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/state"
)

func (a *app) outputCommand() *cli.Command {
	o := &options{}
	var raw bool
	return &cli.Command{
		Name: "output", Usage: "show outputs of the last apply", ArgsUsage: "[NAME]",
		Flags: append(o.outputFlags(), &cli.BoolFlag{Name: "raw", Usage: "write a string, number or bool as it is", Destination: &raw}),
		Action: func(_ context.Context, c *cli.Command) error {
			name, err := oneArgument(c, "name")
			if err != nil {
				return err
			}
			if raw && (name == "" || o.json) {
				return errors.New("-raw writes one output: name it, and leave out -json")
			}
			s, err := recordedState()
			if err != nil {
				return a.told(o, "Record not readable", err)
			}
			if name == "" {
				return a.told(o, "Outputs not shown", a.allOutputs(s, o))
			}
			return a.told(o, "Output not shown", a.oneOutput(s, name, o, raw))
		},
	}
}

// recordedState reads the state of the configuration in this directory. It uses the
// configuration only to find the state, so errors in the configuration do not matter.
func recordedState() (*state.State, error) {
	cfg, _ := config.Load(".", controller.Catalogue())
	return state.Open(cfg.Settings.StatePath, toolVersion()).Load()
}

func (a *app) allOutputs(s *state.State, o *options) error {
	outputs, err := shownOutputs(s)
	if err != nil {
		return err
	}
	if o.json {
		return a.document(outputs)
	}
	if len(outputs) == 0 {
		fmt.Fprintln(a.stderr, "There are no outputs: none is in the configuration, or nothing was applied yet.")
		return nil
	}
	fmt.Fprint(a.stdout, (&view.Human{}).Outputs(outputs))
	return nil
}

// maxNamed is how many names an error lists.
const maxNamed = 10

func (a *app) oneOutput(s *state.State, name string, o *options, raw bool) error {
	recorded, ok := s.Outputs[name]
	if !ok {
		names := slices.Sorted(maps.Keys(s.Outputs))
		hint := prose.DidYouMean(prose.Closest(name, names))
		if hint == "" && len(names) > 0 {
			hint = fmt.Sprintf(" There are %s.", prose.List(names, maxNamed))
		}
		return fmt.Errorf("there is no output %q in the record.%s An output is recorded by apply", name, hint)
	}
	if recorded.Sensitive {
		return fmt.Errorf("output %q is sensitive, and the record holds no secret: use its value where it is made", name)
	}
	shown, err := view.NewRecorded(false, recorded.Type, recorded.Value)
	switch {
	case err != nil:
		return fmt.Errorf("output %s: %w", name, err)
	case raw:
		return a.rawOutput(name, recorded)
	case o.json:
		_, err := fmt.Fprintf(a.stdout, "%s\n", shown.Value)
		return err
	}
	fmt.Fprintln(a.stdout, shown.Shown())
	return nil
}

// rawOutput writes the bytes of the value and nothing else.
func (a *app) rawOutput(name string, o state.Output) error {
	t, err := ctyjson.UnmarshalType(o.Type)
	if err != nil {
		return fmt.Errorf("output %s: %w", name, err)
	}
	v, err := ctyjson.Unmarshal(o.Value, t)
	if err == nil {
		v, err = convert.Convert(v, cty.String)
	}
	if err != nil || v.IsNull() {
		return fmt.Errorf("output %q is %s: -raw writes strings, numbers and bools only, use -json", name, config.Describe(v))
	}
	_, err = fmt.Fprint(a.stdout, v.AsString())
	return err
}
