package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/manual"
	"github.com/mitoplan/mitoplan/internal/prose"
)

func (a *app) kindsCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "kinds", Usage: "show the manual of kinds", ArgsUsage: "[NAME]",
		Description: "Lists every context kind, resource kind and function, or shows the page of one. " +
			"NAME may also be what another tool calls it, such as lineinfile or files.line.",
		Flags: o.outputFlags(),
		Action: func(_ context.Context, c *cli.Command) error {
			name, err := oneArgument(c, "name")
			if err != nil {
				return err
			}
			return a.told(o, "No such kind", a.kinds(name, o))
		},
	}
}

func (a *app) kinds(name string, o *options) error {
	all := controller.Kinds()
	chosen := all
	if name != "" {
		var err error
		if chosen, err = a.chosenKinds(all, name, o); err != nil {
			return err
		}
	}
	if o.json {
		return a.document(view.NewKinds(chosen))
	}
	h := a.viewFor(o, a.outTTY)
	if name == "" {
		_, err := fmt.Fprint(a.stdout, h.Kinds(all))
		return err
	}
	for i, k := range chosen {
		between := ""
		if i > 0 {
			between = "\n\n"
		}
		if _, err := fmt.Fprint(a.stdout, between+h.Kind(manual.Of(k))); err != nil {
			return err
		}
	}
	return nil
}

// chosenKinds returns the kinds that a name means. If it is the word of another tool, a remark
// says what it is called here.
func (a *app) chosenKinds(all []kind.Kind, name string, o *options) ([]kind.Kind, error) {
	if found := manual.Named(all, name); len(found) > 0 {
		return found, nil
	}
	if found := manual.Meant(all, name); len(found) > 0 {
		var is []string
		for _, k := range found {
			is = append(is, string(k.Role)+" "+k.Name)
		}
		if !o.json { // a document is all that is printed
			a.ui(o).note("%s is %s here.", name, strings.Join(is, " and "))
		}
		return found, nil
	}
	if advice := config.KindAdvice(name); advice != "" {
		return nil, fmt.Errorf("there is no kind %q. %s", name, strings.TrimSuffix(advice, "."))
	}
	var names []string
	for _, k := range all {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	if like := prose.DidYouMean(prose.Closest(name, names)); like != "" {
		return nil, fmt.Errorf("there is no kind %q.%s", name, like)
	}
	return nil, fmt.Errorf("there is no kind %q. Run mitoplan kinds for all", name)
}
