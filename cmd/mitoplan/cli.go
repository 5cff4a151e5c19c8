package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
)

// command is the command line: one entry for each command.
func (a *app) command() *cli.Command {
	root := &cli.Command{
		Name:        "mitoplan",
		Usage:       "Terraform's way of working for the inside of machines",
		UsageText:   "mitoplan [-chdir=DIR] COMMAND [options]",
		HideVersion: true, HideHelpCommand: true,
		DisableSliceFlagSeparator: true,
		Writer:                    a.stdout, ErrWriter: a.stderr,
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
		OnUsageError:   usageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "chdir", Usage: "switch to `DIR` before doing anything"},
			&cli.BoolFlag{Name: "version", Usage: "show the version", Local: true},
		},
		Commands: []*cli.Command{
			a.validateCommand(), a.planCommand(), a.applyCommand(), a.driftCommand(),
			a.showCommand(), a.outputCommand(), a.versionCommand(),
		},
	}
	root.Action = func(ctx context.Context, c *cli.Command) error { return a.noCommand(ctx, c) }
	for _, sub := range root.Commands {
		sub.OnUsageError = usageError
		sub.DisableSliceFlagSeparator = true
		sub.HideHelpCommand = true
		sub.Before = changeDir
	}
	return root
}

// noCommand is what happens without a command that exists.
func (a *app) noCommand(ctx context.Context, c *cli.Command) error {
	if c.Bool("version") {
		return a.version(false)
	}
	name := c.Args().First()
	if name == "" {
		_ = cli.ShowRootCommandHelp(c)
		return exitError(1)
	}
	var names []string
	for _, sub := range c.Commands {
		names = append(names, sub.Name)
	}
	return fmt.Errorf("there is no command %q.%s Run mitoplan -help for all commands", name, didYouMean(name, names, ""))
}

// changeDir runs before a command does anything; paths in flags are relative to
// the new folder, as in Terraform.
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

// usageError makes the library's words ours and adds what may have been meant.
func usageError(_ context.Context, c *cli.Command, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return fmt.Errorf("%s. Run %s -help for all options", strings.TrimSuffix(err.Error(), "."), c.FullName())
	}
	var names []string
	for _, f := range c.VisibleFlags() {
		names = append(names, f.Names()...)
	}
	for _, f := range c.VisiblePersistentFlags() {
		names = append(names, f.Names()...)
	}
	return fmt.Errorf("there is no option -%s.%s Run %s -help for all options", name, didYouMean(name, names, "-"), c.FullName())
}

// oneArgument is the only argument, "" where there is none.
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
