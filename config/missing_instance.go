package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// explain improves evaluation errors with what the evaluator cannot know: which
// instances there are, which are disabled and why, and how to write the one that is
// probably meant. told are the diagnostics of found, in the same order, without
// secrets.
func (s *Scope) explain(found, told hcl.Diagnostics) hcl.Diagnostics {
	for i, d := range found {
		if d.Expression == nil || d.EvalContext == nil {
			continue
		}
		if m, ok := s.env.config.mentionOf(d.Expression); ok {
			if better := s.absent(m, d.EvalContext); better != nil {
				told[i] = better
				continue
			}
		}
		s.sayIdle(d, told[i])
	}
	return told
}

// sayIdle adds to an error about null which call does not run in this plan, if the
// null is a result of that call.
func (s *Scope) sayIdle(found, told *hcl.Diagnostic) {
	if told.Detail == concealed || !strings.Contains(told.Detail, "null") {
		return
	}
	for _, t := range found.Expression.Variables() {
		call := calledBy(t)
		insts, _ := s.env.instances(call)
		if len(insts) > 0 && !slices.ContainsFunc(insts, func(i Instance) bool { return !i.Idle }) {
			told.Detail += fmt.Sprintf(" %s does not run this time.", call)
			return
		}
	}
}

// calledBy is the address of the call that a traversal begins with, or "" if it
// begins with something else.
func calledBy(t hcl.Traversal) string {
	if t.RootName() != string(RefCall) || len(t) < 3 {
		return ""
	}
	kind, isKind := t[1].(hcl.TraverseAttr)
	name, isName := t[2].(hcl.TraverseAttr)
	if !isKind || !isName {
		return ""
	}
	return t.RootName() + "." + kind.Name + "." + name.Name
}

// absent is what is wrong with the instance keys of a mention: one is missing, or
// there is no such instance. It is nil if the keys are right.
func (s *Scope) absent(m mention, ctx *hcl.EvalContext) *hcl.Diagnostic {
	c := s.env.config
	b := c.byAddress[m.ref.Address]
	if b == nil || b.Def == nil {
		return nil
	}
	insts, known := s.env.instances(m.ref.Address)
	if !known {
		return nil
	}
	axes, _ := b.axes(c)
	depth := len(axes)
	if len(insts) > 0 {
		depth = len(insts[0].Keys)
	}
	at := Address{Block: m.ref.Address}
	for n := range depth {
		if n == len(m.steps) || m.steps[n].splat {
			return nil
		}
		key, ok := m.steps[n].given(ctx)
		if !ok {
			return nil
		}
		under := insts
		insts = withKey(under, n, key.Text)
		if len(insts) == 0 && m.steps[n].name != "" && slices.Contains(b.attrNames(), m.steps[n].name) {
			return c.lacksKey(m, n, s.block(), keysAt(under, n))
		}
		if len(insts) == 0 {
			return problem(NoSuchInstance, lacksInstance(at, key, keysAt(under, n)), m.steps[n].rng)
		}
		at.Keys = append(at.Keys, insts[0].Keys[n])
	}
	return c.afterKeys(m, b, at, insts)
}

// afterKeys is what is wrong with the steps after the keys, or with an instance
// that is disabled.
func (c *Config) afterKeys(m mention, b *Block, at Address, insts []Instance) *hcl.Diagnostic {
	off := len(insts) > 0 && !slices.ContainsFunc(insts, func(i Instance) bool { return i.Off == nil })
	rest := m.steps[len(at.Keys):]
	switch {
	case off:
		return problem("Instance is disabled", fmt.Sprintf("%s does not exist, since %s. If that may happen, give a value to use instead, as in try(%s, null), or set the same enabled in the block that refers to it.", at, insts[0].Off(), c.sourceText(m.rng)), m.rng)
	case len(rest) == 0:
		return nil
	case len(at.Keys) == 0 && rest[0].name == "" && !rest[0].splat && b.hasNoKey(c, rest[0]):
		return problem(NoSuchInstance, tooManyKeys(at, c.tail(rest[1:])), rest[0].rng)
	case rest[0].name != "" && !slices.Contains(b.attrNames(), rest[0].name):
		return noAttribute(at.String(), b, rest[0].name, rest[0].rng)
	}
	return nil
}

// block is the block that the scope's instance belongs to, or nil for an expression
// outside of blocks.
func (s *Scope) block() *Block { return s.env.config.byAddress[BlockAddress(s.Instance)] }

// noAttribute is about an attribute that a block of that kind does not have.
func noAttribute(address string, b *Block, name string, rng hcl.Range) *hcl.Diagnostic {
	detail := fmt.Sprintf("%s has no attribute %q.", address, name)
	if best := cmp.Or(attrMeant(name, slices.Concat(b.Def.Results.Attrs, b.Def.Args.Attrs), b.attrNames()), prose.Closest(name, b.attrNames())); best != "" {
		detail += prose.DidYouMeanWord(best)
	} else {
		detail += " It has " + prose.List(b.attrNames(), maxKeys) + "."
	}
	return problem("Unknown attribute", detail, rng)
}

// lacksKey is the problem of an attribute that follows a block with several
// instances directly: after the first n keys, one is missing. from is the block that
// refers to it, or nil outside of blocks. keys are the keys that are possible there,
// if they are known.
func (c *Config) lacksKey(m mention, n int, from *Block, keys []Key) *hcl.Diagnostic {
	axes, _ := c.byAddress[m.ref.Address].axes(c)
	axes = axes[min(n, len(axes)):]
	head, tail := m.ref.Address+c.tail(m.steps[:n]), c.tail(m.steps[n:])
	why := "has several instances"
	if len(axes) > 0 {
		why = axes[0].meaning()
	}
	return problem("Key is missing", fmt.Sprintf("%s %s, so a key is needed before %q. %s", head, why, m.steps[n].name, c.rightForm(head, tail, axes, from, keys)), m.rng)
}

// rightForm says how to write the instance that is most likely meant. If both blocks
// expand by the same source, it is the instance with the same key.
func (c *Config) rightForm(head, tail string, axes []axis, from *Block, keys []Key) string {
	if from == nil {
		return fmt.Sprintf("Name one by its key, %s[%s]%s, or take all: { for key, it in %s : key => it%s }.", head, exampleKey(axes, keys), tail, head, tail)
	}
	own, _ := from.axes(c)
	form, meant := head, "To refer to one of them, write"
	for n, ax := range axes {
		word := ""
		for _, o := range own {
			if o.source == ax.source && o.source != "" || o.within == ax.source && o.within != "" {
				word = o.word
			}
		}
		switch {
		case word != "" && n == 0:
			meant = map[string]string{"on.key": "For the one in the same context write", "each.key": "For the one with the same key write", "count.index": "For the one with the same number write"}[word]
		case word == "" && n == 0:
			word = exampleKey(axes, keys)
		case word == "":
			word = exampleKey(axes[n:], nil)
		}
		form += "[" + word + "]"
	}
	return fmt.Sprintf("%s %s%s.", meant, form, tail)
}

// exampleKey is a key that could be meant, without its brackets.
func exampleKey(axes []axis, keys []Key) string {
	switch {
	case len(keys) > 0:
		return keys[0].name()
	case len(axes) > 0 && axes[0].word == "count.index":
		return "0"
	}
	return `"KEY"`
}

// hasNoKey reports whether a step must be an instance key. Otherwise it may be an
// attribute's name in brackets.
func (b *Block) hasNoKey(c *Config, s mentionStep) bool {
	if s.expr != nil {
		text := c.sourceText(s.expr.Range())
		return text == "on.key" || text == "count.index"
	}
	return s.key != cty.NilVal && !s.key.IsNull() && (s.key.Type() != cty.String || !slices.Contains(b.attrNames(), s.key.AsString()))
}
