package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// SourceArg is the argument of a resource that names a file of the controller.
const SourceArg = "source"

// Source reads the file that an argument of a resource names.
func (c *Config) Source(b *Block, path string) ([]byte, hcl.Diagnostics) {
	content, err := c.ReadFile(path)
	if err != nil {
		return nil, hcl.Diagnostics{problem("Cannot read source", fmt.Sprintf("`source` is a file of the machine that mitoplan runs on: %s.", err), b.AttrRange(SourceArg))}
	}
	return content, nil
}

// missingSource reads the source of a block that surely exists and names one in
// the configuration itself, as the function file does.
func (c *Config) missingSource(b *Block, s *Scope) hcl.Diagnostics {
	if a, ok := b.Def.Args.Attr(SourceArg); b.Type != ResourceBlock || !ok || a.Computed || b.Attrs[SourceArg] == nil || b.Enabled != nil && !b.surelyEnabled(s) {
		return nil
	}
	v, diags := b.Eval(s)
	if diags.HasErrors() {
		return nil // it was told
	}
	wire, _, sensitive, err := ToWire(b.Def.Args, v)
	path, ok := textOf(wire[SourceArg])
	if err != nil || !ok || slices.Contains(sensitive, SourceArg) {
		return nil
	}
	_, diags = c.Source(b, path)
	return diags
}
