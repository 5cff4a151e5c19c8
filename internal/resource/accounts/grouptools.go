package accounts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// run runs the programs that make the change of a group; was is nil for a new one.
func (g *Group) run(ctx context.Context, h resource.Host, op resource.Op, was *resource.Group) error {
	shadow, busybox := g.chosen(op, was)
	if err := either(ctx, h, shadow, busybox); err != nil || op == resource.Delete || g.Members == nil {
		return err
	}
	now, err := h.LookupGroup(g.Name)
	if err != nil || now == nil {
		return err
	}
	shadow, busybox = g.memberTools(sorted(now.Members))
	return either(ctx, h, shadow, busybox)
}

// chosen are the command lines that make the group, remove it, or give it another number.
func (g *Group) chosen(op resource.Op, was *resource.Group) (shadow, busybox [][]string) {
	if op == resource.Update && (g.GID == nil || *g.GID == was.GID) {
		return nil, nil
	}
	argv, other := g.tools(op)
	if other == nil {
		return [][]string{argv}, nil
	}
	return [][]string{argv}, [][]string{other}
}

// foreseeTools warns of a program that is not there, if no other does the same. A call in between
// may install it.
func foreseeTools(h resource.Host, c *resource.Change, argvs, others [][]string) {
	for k, argv := range argvs {
		if h.HasProgram(argv[0]) || k < len(others) && h.HasProgram(others[k][0]) {
			continue
		}
		c.Warnings = append(c.Warnings, *kind.NewProblem("", kind.CodeToolMissing, "A program is missing",
			"%s is not on this machine now, or not in the PATH of the agent. If nothing before this block installs it, the apply refuses.", argv[0]))
		return
	}
}

// memberTools are the command lines that give a group its members. Who is in it already is
// not named again: it may be an account that is gone, which gpasswd would refuse.
func (g *Group) memberTools(have []string) (shadow, busybox [][]string) {
	want := sorted(g.Members)
	for _, name := range want {
		if !slices.Contains(have, name) {
			shadow = append(shadow, []string{"gpasswd", "-a", name, "--", g.Name})
			busybox = append(busybox, []string{"addgroup", "--", name, g.Name})
		}
	}
	if g.Append || slices.Equal(want, have) {
		return shadow, busybox
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			busybox = append(busybox, []string{"delgroup", "--", name, g.Name})
		}
	}
	return [][]string{{"gpasswd", "-M", strings.Join(want, ","), "--", g.Name}}, busybox
}

// either runs the shadow tools or, if the first of them is not there, those of busybox that do
// the same, if there are any.
func either(ctx context.Context, h resource.Host, shadow, busybox [][]string) error {
	for k, argv := range shadow {
		err := h.Run(ctx, resource.Tool{Argv: argv, Explain: explainGroup})
		switch {
		case err == nil:
		case k > 0 || len(busybox) == 0 || !toolMissing(err):
			return err
		default:
			return runAll(ctx, h, argv[0], busybox)
		}
	}
	return nil
}

// runAll runs the programs of busybox in place of one that is missing.
func runAll(ctx context.Context, h resource.Host, missing string, busybox [][]string) error {
	for _, argv := range busybox {
		err := h.Run(ctx, resource.Tool{Argv: argv})
		if toolMissing(err) {
			return kind.NewProblem("", kind.CodeToolMissing, "A program is missing", "Neither %s nor %s is installed on this machine, or in the PATH of the agent.", missing, argv[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func toolMissing(err error) bool {
	var missing *kind.Problem
	return errors.As(err, &missing) && missing.Code == kind.CodeToolMissing
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
