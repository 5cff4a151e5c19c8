package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ReadFile reads a file of the controller that an argument names, as the
// function file() does: relative to the configuration's directory, recorded in
// Sources, and from the snapshot if there is one.
func (c *Config) ReadFile(path string) ([]byte, error) { return c.files.Read(path) }

// Source reads the file that an argument of a block names. The diagnostic of a
// file that cannot be read is at the argument.
func (c *Config) Source(b *Block, a kind.Attr, path string) ([]byte, hcl.Diagnostics) {
	content, err := c.ReadFile(path)
	if err != nil {
		return nil, hcl.Diagnostics{problem("Cannot read source", fmt.Sprintf("`%s` is a file of the machine that mitoplan runs on: %s.", a.Name, err), b.AttrRange(a.Name))}
	}
	return content, nil
}

// missingSources reads what a block that surely exists names in the configuration
// itself, as the function file does.
func (c *Config) missingSources(b *Block, s *Scope) (diags hcl.Diagnostics) {
	for _, a := range b.Def.Args.Attrs {
		if a.Sends != "" && b.Attrs[a.Name] != nil && (b.Enabled == nil || b.surelyEnabled(s)) {
			diags = append(diags, c.missingSource(b, a, s)...)
		}
	}
	return diags
}

func (c *Config) missingSource(b *Block, a kind.Attr, s *Scope) hcl.Diagnostics {
	as, diags := b.Eval(s)
	if diags.HasErrors() {
		return nil // it was told
	}
	wire, _, sensitive, err := as.ToWire()
	path, ok := textOf(wire[a.Name])
	if err != nil || !ok || slices.Contains(sensitive, a.Name) {
		return nil
	}
	_, diags = c.Source(b, a, path)
	return diags
}
