package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// commands returns all commands, in the order of the help. A new one is a line here
// and a file of its own.
func (a *app) commands() []*cli.Command {
	return []*cli.Command{
		a.validateCommand(),
		a.planCommand(),
		a.applyCommand(),
		a.destroyCommand(),
		a.driftCommand(),
		a.showCommand(),
		a.outputCommand(),
		a.kindsCommand(),
		a.versionCommand(),
	}
}

// command is the command line.
func (a *app) command() *cli.Command {
	root := &cli.Command{
		Name:        "mitoplan",
		Usage:       "Terraform's way of working for the inside of machines",
		UsageText:   "mitoplan [-chdir=DIR] COMMAND [options]",
		HideVersion: true, HideHelpCommand: true,
		DisableSliceFlagSeparator: true,
		Writer:                    a.stdout, ErrWriter: a.stderr,
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
		OnUsageError:   a.rootUsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "chdir", Usage: "switch to `DIR` before doing anything"},
			&cli.BoolFlag{Name: "version", Usage: "show the version", Local: true},
		},
		Commands: a.commands(),
	}
	root.Action = func(_ context.Context, c *cli.Command) error { return a.noCommand(c) }
	for _, sub := range root.Commands {
		sub.OnUsageError = usageError
		sub.DisableSliceFlagSeparator = true
		sub.HideHelpCommand = true
		sub.Before = changeDir
	}
	return root
}

// noCommand is called if the first argument names no command, or there is none.
func (a *app) noCommand(c *cli.Command) error {
	if c.Bool("version") {
		return a.version(false)
	}
	name := c.Args().First()
	if name == "" {
		_ = cli.ShowRootCommandHelp(c)
		return exitError(1)
	}
	return unknownCommand(c, name)
}

// rootUsageError explains an option that stands before the command and is not known
// there. The library also calls it for an option after a name that is no command;
// then the name is the mistake.
func (a *app) rootUsageError(ctx context.Context, c *cli.Command, err error, sub bool) error {
	for i, arg := range a.args[1:] {
		if strings.HasPrefix(arg, "-") || strings.TrimLeft(a.args[i], "-") == "chdir" {
			continue
		}
		if c.Command(arg) == nil && !sub {
			return unknownCommand(c, arg)
		}
		if hint := behind(c.Command(arg), err); hint != "" && !sub {
			return errors.New(hint)
		}
		break
	}
	return usageError(ctx, c, err, sub)
}

func unknownCommand(c *cli.Command, name string) error {
	var names []string
	for _, sub := range c.Commands {
		names = append(names, sub.Name)
	}
	hint := foreignCommands[name]
	if hint == "" {
		hint = prose.DidYouMean(prose.Closest(name, names))
	}
	return fmt.Errorf("there is no command %q.%s Run mitoplan -help for all commands", name, hint)
}

// changeDir runs before a command does anything; paths in flags are relative to
// the new directory, as in Terraform.
func changeDir(ctx context.Context, c *cli.Command) (context.Context, error) {
	dir := c.String("chdir")
	if dir == "" {
		return ctx, nil
	}
	if err := os.Chdir(dir); err != nil {
		return ctx, fmt.Errorf("-chdir: %w", err)
	}
	return ctx, nil
}

// usageError turns an error of the library into one in mitoplan's words, and says
// which option may have been meant.
func usageError(_ context.Context, c *cli.Command, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return fmt.Errorf("%s. Run %s -help for all options", strings.TrimSuffix(optionError(err), "."), c.FullName())
	}
	var names []string
	for _, f := range c.VisibleFlags() {
		names = append(names, f.Names()...)
	}
	for _, f := range c.VisiblePersistentFlags() {
		names = append(names, f.Names()...)
	}
	hint := optionHint(name)
	if best := prose.Closest(name, names); hint == "" && best != "" {
		hint = prose.DidYouMean("-" + best)
	}
	return fmt.Errorf("there is no option -%s.%s Run %s -help for all options", name, hint, c.FullName())
}

// badValue matches the library's error about a value that an option cannot have.
var badValue = regexp.MustCompile(`(?s)^invalid value (".*") for flag (-[a-z-]+): (.*)$`)

// optionError says what is wrong with the value of an option that exists. It leaves
// out the names of Go functions.
func optionError(err error) string {
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: "); ok {
		return "option " + name + " needs a value"
	}
	m := badValue.FindStringSubmatch(err.Error())
	switch {
	case m == nil:
		return err.Error()
	case m[3] == "parse error", strings.Contains(m[3], "strconv."):
		return fmt.Sprintf("option %s cannot be %s", m[2], m[1])
	case strings.HasPrefix(m[3], "time: "):
		return fmt.Sprintf("option %s cannot be %s: write a number and a unit, such as 90s or 5m", m[2], m[1])
	}
	return fmt.Sprintf("option %s: %s", m[2], m[3])
}
