package accounts

import (
	"context"
	"errors"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// run runs the program that makes the change: one of the shadow tools or, if that is not
// there, the one of busybox that does the same.
func (g *Group) run(ctx context.Context, h resource.Host, op resource.Op) error {
	argv, other := g.tools(op)
	err := h.Run(ctx, resource.Tool{Argv: argv, Explain: explainGroup})
	var missing *kind.Problem
	if other == nil || !errors.As(err, &missing) || missing.Code != kind.CodeToolMissing {
		return err
	}
	err = h.Run(ctx, resource.Tool{Argv: other})
	if errors.As(err, &missing) && missing.Code == kind.CodeToolMissing {
		return kind.NewProblem("", kind.CodeToolMissing, "A program is missing", "Neither %s nor %s is installed on this machine, or in the PATH of the agent.", argv[0], other[0])
	}
	return err
}

// tools are the command line that makes a change, and that of busybox, which has none that
// gives a group another number.
func (g *Group) tools(op resource.Op) (argv, busybox []string) {
	if op == resource.Delete {
		return []string{"groupdel", "--", g.Name}, []string{"delgroup", "--", g.Name}
	}
	var number []string
	if g.GID != nil {
		number = []string{"-g", strconv.FormatInt(*g.GID, 10)}
	}
	if op == resource.Update {
		return append(append([]string{"groupmod"}, number...), "--", g.Name), nil
	}
	argv, busybox = append([]string{"groupadd"}, number...), append([]string{"addgroup"}, number...)
	if g.System {
		argv, busybox = append(argv, "-r"), append(busybox, "-S")
	}
	return append(argv, "--", g.Name), append(busybox, "--", g.Name)
}
