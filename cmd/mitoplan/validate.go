package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
)

func (a *app) validateCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "validate", Usage: "check the configuration",
		Description: "Parses and checks everything without hosts, variables or a record.",
		Flags:       o.outputFlags(),
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return a.validate(o)
		},
	}
}

// validation is the document of validate -json.
type validation struct {
	Format      string             `json:"format_version"`
	Valid       bool               `json:"valid"`
	Errors      int                `json:"error_count"`
	Warnings    int                `json:"warning_count"`
	Diagnostics []*view.Diagnostic `json:"diagnostics"`
}

func (a *app) validate(o *options) error {
	cfg, diags := config.Load(".", controller.Catalogue())
	if !diags.HasErrors() {
		diags = append(diags, requiredVersion(cfg.Settings)...)
		diags = append(diags, cfg.Conflicts()...)
	}
	a.learn(cfg, diags, config.VariableInputs{Environ: a.environ})
	src := view.Sources{Files: cfg.Files, Bytes: cfg.Sources, Secret: cfg.SecretSpans, Literals: cfg.SecretLiterals, Word: cfg.Word}
	if o.json {
		if err := a.document(newValidation(diags, src, a.mask)); err != nil {
			return err
		}
		return status(worst(diags.HasErrors()))
	}
	u := a.ui(o)
	u.sources(src)
	if u.diagnostics(diags) {
		return exitError(1)
	}
	fmt.Fprintln(u.results, u.human.Good("Success!")+" The configuration is valid.")
	return nil
}

func newValidation(diags hcl.Diagnostics, src view.Sources, m *view.Masker) validation {
	v := validation{Format: view.FormatVersion, Valid: !diags.HasErrors(), Diagnostics: []*view.Diagnostic{}}
	for _, d := range view.NewDiagnostics(diags, src, m) {
		v.Diagnostics = append(v.Diagnostics, d)
		if d.Severity == "error" {
			v.Errors++
		} else {
			v.Warnings++
		}
	}
	return v
}
