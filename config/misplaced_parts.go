package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// meant is how the block is written that a reference can only mean of which a part is
// missing, or stands in the wrong place: context.ssh.web["a"] for context.web["a"],
// web["a"], context.web.ssh, context["ssh"]["web"]["a"] and call.ssh.web["a"]. It is
// "" if no block, or more than one, can be meant.
func (c *Config) meant(t hcl.Traversal) string {
	written, indexed := readParts(t, false), readParts(t, true)
	for _, p := range []parts{written, indexed} {
		if len(p.words) < 2 {
			continue
		}
		x, y := p.words[0], p.words[1]
		for _, is := range []func(*Block) bool{
			func(b *Block) bool { return b.Kind == x && b.Name == y },
			func(b *Block) bool { return b.Kind == y && b.Name == x },
		} {
			if b := c.only(is); b != nil {
				return b.Address() + p.keyAfter(2)
			}
		}
	}
	for _, p := range []parts{written, indexed} {
		if len(p.words) == 0 {
			continue
		}
		x := p.words[0]
		if b := c.only(func(b *Block) bool { return b.Name == x && p.mayBe(b) }); b != nil {
			return b.Address() + p.keyAfter(1)
		}
		if b := c.only(func(b *Block) bool { return b.Kind == x && p.mayBe(b) }); b != nil && len(p.words) == 1 && p.first != "" {
			return b.Address() + p.keyAfter(1)
		}
	}
	return ""
}

// parts are what a reference to a block is made of.
type parts struct {
	first BlockType // the word of a type that it begins with, or ""
	words []string  // the names that follow
	key   string    // the key in brackets behind them, or ""
}

// readParts reads the parts of a traversal. If bracketed is true, names that were put
// into brackets are read as names, and what follows the name as the key.
func readParts(t hcl.Traversal, bracketed bool) (p parts) {
	p.words = []string{t.RootName()}
	for _, step := range t[1:] {
		name := stepName(step)
		if index, ok := step.(hcl.TraverseIndex); ok {
			if !bracketed || index.Key.Type() != cty.String {
				if key, ok := keyOfValue(index.Key); ok {
					p.key = key.String()
				}
				break
			}
			if len(p.words) > 1 || !isBlockType(t.RootName()) {
				bracketed = false // but for the kind in context["ssh"], which the name follows
			}
			name = index.Key.AsString()
		}
		p.words = append(p.words, name)
	}
	if isBlockType(p.words[0]) {
		p.first, p.words = BlockType(p.words[0]), p.words[1:]
	}
	return p
}

func isBlockType(word string) bool {
	switch BlockType(word) {
	case ContextBlock, ResourceBlock, CallBlock:
		return true
	}
	return false
}

// keyAfter is the key, if it stands behind exactly that many names.
func (p parts) keyAfter(names int) string {
	if len(p.words) != names {
		return ""
	}
	return p.key
}

// mayBe reports whether the block is of the type that the reference begins with, if
// it begins with one.
func (p parts) mayBe(b *Block) bool { return p.first == "" || p.first == b.Type }

// only is the one block of which that is true, or nil if there are none or several.
func (c *Config) only(is func(*Block) bool) (found *Block) {
	for _, b := range c.byAddress {
		if !is(b) {
			continue
		}
		if found != nil {
			return nil
		}
		found = b
	}
	return found
}

func stepName(step hcl.Traverser) string {
	if a, ok := step.(hcl.TraverseAttr); ok {
		return a.Name
	}
	return ""
}
