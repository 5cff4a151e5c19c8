package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/config"
)

// options are the flags of plan, apply and drift.
type options struct {
	vars        []config.VariableArg
	json        bool
	noColor     bool
	input       bool
	unreachable bool
	paranoid    bool
	targets     []string
	excludes    []string
	parallelism int64
	lockTimeout time.Duration
	autoApprove bool
	detailed    bool
	out         string
	bundle      bool
	destroy     bool
}

// variableFlag collects -var and -var-file in one list: the later one wins,
// whichever of the two it is.
type variableFlag struct {
	list *[]config.VariableArg
	file bool
}

func (f variableFlag) Set(s string) error {
	arg := config.VariableArg{Var: s}
	if f.file {
		arg = config.VariableArg{File: s}
	}
	*f.list = append(*f.list, arg)
	return nil
}

func (f variableFlag) String() string { return "" }
func (f variableFlag) Get() any       { return nil }

func (o *options) outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "json", Usage: "write JSON instead of text", Destination: &o.json},
		&cli.BoolFlag{Name: "no-color", Usage: "write without colour", Destination: &o.noColor},
	}
}

func (o *options) variableFlags() []cli.Flag {
	return []cli.Flag{
		&cli.GenericFlag{Name: "var", Usage: "set a variable: `NAME=VALUE`", Value: variableFlag{list: &o.vars}},
		&cli.GenericFlag{Name: "var-file", Usage: "read variables from `FILE`", Value: variableFlag{list: &o.vars, file: true}},
		&cli.BoolFlag{Name: "input", Usage: "ask for what is missing", Value: true, Destination: &o.input},
	}
}

func atLeastOne(n int64) error {
	if n < 1 {
		return fmt.Errorf("it is %d, and at least 1 call runs at once", n)
	}
	return nil
}

// planFlags are those of every command that reads hosts.
func (o *options) planFlags() []cli.Flag {
	return slices.Concat(o.outputFlags(), o.variableFlags(), []cli.Flag{
		&cli.StringSliceFlag{Name: "target", Usage: "only `ADDRESS` and what it depends on", Destination: &o.targets},
		&cli.StringSliceFlag{Name: "exclude", Usage: "all but `ADDRESS` and what depends on it", Destination: &o.excludes},
		&cli.Int64Flag{Name: "parallelism", Usage: "at most `N` calls, and starts of contexts, at once", DefaultText: "what the configuration says, or no bound", Destination: &o.parallelism, Validator: atLeastOne},
		&cli.BoolFlag{Name: "allow-unreachable", Usage: "an unreachable context is a warning", Destination: &o.unreachable},
		&cli.BoolFlag{Name: "paranoid", Usage: "read large files again that have not changed", Destination: &o.paranoid},
	})
}

// applyFlags are those of every command that applies, besides planFlags.
func (o *options) applyFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask for yes", Destination: &o.autoApprove},
		&cli.DurationFlag{Name: "lock-timeout", Usage: "wait at most `DURATION`, such as 5m, for another apply to end", Destination: &o.lockTimeout},
	}
}

// destroyFlag has everything go that is recorded.
func (o *options) destroyFlag() cli.Flag {
	return &cli.BoolFlag{Name: "destroy", Usage: "take away everything that earlier applies created", Destination: &o.destroy}
}

// oneArgument is the only argument, "" if there is none.
func oneArgument(c *cli.Command, what string) (string, error) {
	if c.NArg() > 1 {
		return "", errors.New("too many arguments: " + c.Name + " takes one " + what + ", got " + strings.Join(c.Args().Slice(), " "))
	}
	return c.Args().First(), nil
}

func noArguments(c *cli.Command) error {
	if c.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments, got %s. Options begin with a dash", c.Name, strings.Join(c.Args().Slice(), " "))
	}
	return nil
}
