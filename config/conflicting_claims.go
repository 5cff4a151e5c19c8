package config

import (
	"fmt"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Conflicts reports pairs of blocks that manage the same thing in the same context,
// whatever the values of variables are. A plan finds more of them, but needs the
// hosts.
func (c *Config) Conflicts() (diags hcl.Diagnostics) {
	s := NewScope(c, c.unknownVariables())
	owners, told := map[string]*Block{}, map[[2]*Block]bool{}
	for _, b := range c.Resources {
		on := c.soleContext(b, s)
		if on == "" {
			continue
		}
		for _, thing := range b.literalClaims(s) {
			first := owners[on+" "+thing[0]+" "+thing[1]]
			if first == nil {
				owners[on+" "+thing[0]+" "+thing[1]] = b
			} else if pair := [2]*Block{first, b}; !told[pair] {
				told[pair] = true
				diags = append(diags, problem("Two claims on one thing", fmt.Sprintf("%s (%s:%d) and %s (%s:%d) both manage %s %q on %s. Each would undo what the other did at every apply. Remove one, or put both into one block.",
					first.Address(), first.Range.Filename, first.Range.Start.Line, b.Address(), b.Range.Filename, b.Range.Start.Line, thing[0], thing[1], on), b.Range))
			}
		}
	}
	return diags
}

// soleContext is the address of the context that a block runs in, if the block and
// the context surely have one instance each. Otherwise it is "".
func (c *Config) soleContext(b *Block, s *Scope) string {
	if b.On == nil || !b.single(c, s) {
		return ""
	}
	t, diags := hcl.AbsTraversalForExpr(b.On)
	if diags.HasErrors() {
		return ""
	}
	ref, d := c.parseReference(t)
	on := c.byAddress[ref.Address]
	if d != nil || ref.Kind != RefContext || ref.Key != cty.NilVal || on == nil || !on.single(c, s) {
		return ""
	}
	return ref.Address
}

// single reports whether a block surely has one instance, without a key.
func (b *Block) single(c *Config, s *Scope) bool {
	axes, sure := b.axes(c)
	return sure && len(axes) == 0 && (b.Enabled == nil || b.surelyEnabled(s))
}

// literalClaims are the things that a block owns as a whole: each is a sort, such as
// path, and a name. Those that are unknown or secret are left out.
func (b *Block) literalClaims(outer *Scope) (out [][2]string) {
	s := outer.Child()
	s.On, s.Self, s.Instance = &cty.DynamicVal, &cty.DynamicVal, b.Address()
	as, diags := b.Eval(s)
	if diags.HasErrors() {
		return nil
	}
	wire, _, sensitive, err := as.ToWire()
	if err != nil {
		return nil
	}
	for _, a := range b.Def.Args.Attrs {
		text, ok := textOf(wire[a.Name])
		if a.Claims == "" || !ok || text == "" || slices.Contains(sensitive, a.Name) {
			continue
		}
		if a.Claims == "path" {
			text = path.Clean(text)
		}
		out = append(out, [2]string{a.Claims, text})
	}
	return out
}
