package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// checkMentions reports references whose instance keys are missing or superfluous.
// That follows from what each block expands by, even if no key is known yet.
func (l *loader) checkMentions(s *Scope) {
	for _, p := range l.resolved {
		if !l.cfg.compiled[p.expr].namesBlocks() {
			continue
		}
		for _, m := range l.cfg.mentionsIn(p.expr) {
			if d := l.checkMention(m, p.within.block, s); d != nil {
				l.report(d)
				l.told = append(l.told, m.rng)
			}
		}
	}
}

// namesBlocks reports an expression that refers to blocks.
func (c *compiled) namesBlocks() bool {
	return c != nil && slices.ContainsFunc(c.refs, func(r Reference) bool { return !ownWord(r.Kind) && r.Kind != RefVar && r.Kind != RefLocal })
}

func (l *loader) checkMention(m mention, from *Block, s *Scope) *hcl.Diagnostic {
	b := l.cfg.byAddress[m.ref.Address]
	if b == nil || b.Def == nil {
		return nil
	}
	axes, sure := b.axes(l.cfg)
	if !sure {
		return nil
	}
	insts, _ := s.env.instances(m.ref.Address)
	for n, ax := range axes {
		if n == len(m.steps) {
			return nil
		}
		switch step := m.steps[n]; {
		case step.splat && ax.word != "count.index":
			return l.cfg.splatOfKeys(m, n)
		case step.splat:
			return nil
		case step.name != "" && slices.Contains(b.attrNames(), step.name) && !isKey(insts, n, step.name):
			return l.cfg.lacksKey(m, n, from, keysAt(insts, n))
		}
	}
	if len(m.steps) == len(axes) {
		return nil
	}
	switch next := m.steps[len(axes)]; {
	case next.name != "":
		return checkAttr(Reference{Attr: next.name, AttrRange: next.rng}, b)
	case len(axes) == 0 && !next.splat && b.hasNoKey(l.cfg, next):
		return problem(NoSuchInstance, tooManyKeys(Address{Block: m.ref.Address}, l.cfg.tail(m.steps[1:])), next.rng)
	}
	return nil
}

// isKey reports whether a name may be the key that instances have at a place.
func isKey(insts []Instance, at int, name string) bool {
	return slices.ContainsFunc(insts, func(i Instance) bool { return i.Keys[at].Text == name })
}

// splatOfKeys is the problem of [*] after a block whose instances have keys: a
// splat goes through lists only.
func (c *Config) splatOfKeys(m mention, n int) *hcl.Diagnostic {
	head := m.ref.Address + c.tail(m.steps[:n])
	return problem("Key is missing", fmt.Sprintf("The instances of %s have keys, and [*] works on lists only. Write values(%s)[*]%s, or, to keep the keys, { for key, it in %s : key => it%s }.", head, head, c.tail(m.steps[n+1:]), head, c.tail(m.steps[n+1:])), m.rng)
}
