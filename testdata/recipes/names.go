package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
)

func (a *app) namesCommand() *cli.Command {
	return &cli.Command{
		Name: "names", Usage: "name all kinds",
		Description: "Names every context kind, resource kind and function, one a line.",
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			for _, k := range controller.Kinds() {
				fmt.Fprintf(a.stdout, "%s %s: %s\n", k.Role, k.Name, k.Doc)
			}
			return nil
		},
	}
}
