package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// metaArgs says on which blocks each meta-argument may stand.
var metaArgs = map[string][]BlockType{
	"via":          {ContextBlock},
	"on":           {ResourceBlock, CallBlock},
	"for_each":     {ContextBlock, ResourceBlock, CallBlock},
	"count":        {ContextBlock, ResourceBlock, CallBlock},
	"enabled":      {ContextBlock, ResourceBlock, CallBlock},
	"depends_on":   {ContextBlock, ResourceBlock, CallBlock},
	"timeout":      {ResourceBlock, CallBlock},
	"triggered_by": {CallBlock},
	"triggers":     {CallBlock},
}

// laterArgs are arguments of the language that this version cannot do.
var laterArgs = []string{"retry", "on_failure", "rollout"}

// misplaced says what to do about a meta-argument on the wrong block.
var misplaced = map[string]string{
	"via":          "A context is reached through the context that via names. The argument on is for resources and calls.",
	"on":           "A resource or call runs in the context that on names. The argument via is for contexts.",
	"timeout":      "How long a context may take to come up is its argument connect_timeout. The argument timeout is for resources and calls.",
	"triggered_by": "Only a call can be triggered by a change. A resource is checked in every plan anyway.",
	"triggers":     "Only a call can be triggered by a change of values. A resource is checked in every plan anyway.",
}

// runnable decodes a context, resource or call.
func (l *loader) runnable(hb *hcl.Block) {
	b := &Block{Type: BlockType(hb.Type), Kind: hb.Labels[0], Name: hb.Labels[1],
		Range: hb.DefRange, KindRange: hb.LabelRanges[0], Attrs: map[string]*hcl.Attribute{}}
	if !l.declare(b.Address(), b.Range) {
		return
	}
	l.cfg.byAddress[b.Address()] = b
	known := l.cfg.catalogue.kinds(b.Type)
	def, ok := known[b.Kind]
	if !ok {
		l.unknownKind(b, known)
		return
	}
	b.Def = def
	switch b.Type {
	case ContextBlock:
		l.cfg.Contexts = append(l.cfg.Contexts, b)
	case ResourceBlock:
		l.cfg.Resources = append(l.cfg.Resources, b)
	case CallBlock:
		l.cfg.Calls = append(l.cfg.Calls, b)
	}
	l.body(b, hb.Body)
}

// kindNoun is what the first label of a block is called in sentences.
var kindNoun = map[BlockType]string{ContextBlock: "context kind", ResourceBlock: "resource kind", CallBlock: "function"}

func (l *loader) unknownKind(b *Block, known map[string]*kind.Kind) {
	names := slices.Sorted(maps.Keys(known))
	detail := fmt.Sprintf("There is no %s %q.", kindNoun[b.Type], b.Kind)
	word, advice, like := kindMeant(b.Kind, known), kindAdvice[b.Kind], prose.Closest(b.Kind, names)
	switch {
	case word == "" && advice != "" && b.Type == ResourceBlock:
		detail += " " + advice
	case word != "" || like != "":
		detail += prose.DidYouMeanWord(cmp.Or(word, like))
	default:
		detail += fmt.Sprintf(" There are %s.", prose.List(names, prose.All))
	}
	l.report(problem("Unknown kind", detail, b.KindRange))
}

func (l *loader) body(b *Block, body hcl.Body) {
	names := b.argumentNames()
	var blocks []hcl.BlockHeaderSchema
	if b.Type != ContextBlock {
		blocks = append(blocks, hcl.BlockHeaderSchema{Type: "lifecycle"})
	}
	c, diags := content(body, names, blocks)
	l.diags = append(l.diags, diags...)
	for _, a := range c.extra {
		l.unexpectedArgument(b, a, names)
	}
	for _, s := range c.strange {
		l.unexpectedBlock(b, s)
	}
	w := within{block: b, on: true, each: true, count: true}
	l.meta(b, c, w)
	l.arguments(b, c, w)
	l.lifecycles(b, c.blocks, w)
}

// argumentNames are the arguments that may stand in the block.
func (b *Block) argumentNames() []string {
	var names []string
	for name, on := range metaArgs {
		if slices.Contains(on, b.Type) {
			names = append(names, name)
		}
	}
	for _, a := range b.Def.Args.Attrs {
		if !a.Computed && !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	return names
}

func (l *loader) unexpectedArgument(b *Block, a *hcl.Attribute, names []string) {
	summary := "Unsupported argument"
	detail := fmt.Sprintf("There is no argument %q in %s.", a.Name, b.describe())
	attr, isAttr := b.Def.Attr(a.Name)
	_, isMeta := metaArgs[a.Name]
	switch {
	case slices.Contains(laterArgs, a.Name):
		detail = notKnownYet("argument", a.Name)
	case isMeta:
		detail = fmt.Sprintf("The argument %q does not belong on a %s. %s", a.Name, b.Type, misplaced[a.Name])
	case isAttr && attr.Name != "":
		detail = fmt.Sprintf("%q is a result of %s: it can be read but not set.", a.Name, b.describe())
		detail += prose.DidYouMeanWord(attrMeant(a.Name, b.Def.Args.Attrs, names))
	case a.Name == "lifecycle":
		detail = lifecycleDetail(b)
	case b.Def.ReadOnly && (a.Name == "read_only" || a.Name == "changed_when"):
		detail += fmt.Sprintf(" The function %s never changes anything: leave %s out.", b.Kind, a.Name)
	case foreignAdvice[a.Name] != "":
		detail += " " + foreignAdvice[a.Name]
	case slices.Contains(names, foreignMetaArgs[a.Name]):
		detail += prose.DidYouMeanWord(foreignMetaArgs[a.Name])
	default:
		detail += b.argumentHint(a.Name, names)
	}
	l.report(problem(summary, detail, a.NameRange))
}

// argumentHint says which argument was probably meant.
func (b *Block) argumentHint(given string, names []string) string {
	if hint := b.Def.Hints[given]; hint != "" {
		return " " + hint
	}
	if meant := cmp.Or(attrMeant(given, b.Def.Args.Attrs, names), prose.Closest(given, names)); meant != "" {
		return prose.DidYouMeanWord(meant)
	}
	if len(names) == 0 {
		return " It has none: remove it."
	}
	return " Its arguments are " + prose.List(b.nearest(given), argumentsListed) + "."
}

// argumentsListed is how many arguments a message names.
const argumentsListed = 8

// nearest are the arguments of the block's kind, the most similar to a name first.
func (b *Block) nearest(given string) []string {
	var names []string
	for _, a := range b.Def.Args.Attrs {
		if !a.Computed {
			names = append(names, a.Name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(prose.Mistakes(given, a), prose.Mistakes(given, b))
	})
	return names
}

func lifecycleDetail(b *Block) string {
	if b.Type == ContextBlock {
		return "A lifecycle block belongs on a resource or a call, not on a context."
	}
	return "In " + b.describe() + ", lifecycle is a block: write lifecycle { … }, without an equals sign."
}

func (l *loader) unexpectedBlock(b *Block, s strangeBlock) {
	detail := fmt.Sprintf("There is no block %q in %s.", s.name, b.describe())
	_, isMeta := metaArgs[s.name]
	_, isAttr := b.Def.Args.Attr(s.name)
	switch {
	case slices.Contains(laterArgs, s.name):
		detail = notKnownYet("argument", s.name)
	case s.name == "lifecycle":
		detail = lifecycleDetail(b)
	case isMeta || isAttr:
		detail = fmt.Sprintf("In %s, %q is an argument: write %s = …, with an equals sign.", b.describe(), s.name, s.name)
	case foreignAdvice[s.name] != "":
		detail += " " + foreignAdvice[s.name]
	}
	l.report(problem("Unsupported block", detail, s.rng))
}

func (l *loader) meta(b *Block, c bodyContent, w within) {
	outer := within{block: b, on: true}
	for _, m := range []struct {
		name string
		to   *hcl.Expression
		w    within
	}{
		{"via", &b.Via, w}, {"on", &b.On, within{block: b, each: true, count: true}},
		{"for_each", &b.ForEach, outer}, {"count", &b.Count, outer},
		{"enabled", &b.Enabled, w}, {"timeout", &b.Timeout, w}, {"triggers", &b.Triggers, w},
	} {
		if a, ok := c.attrs[m.name]; ok && b.allows(m.name) {
			*m.to = a.Expr
			l.expr(a.Expr, m.w, &b.refs)
		}
	}
	if a, ok := c.attrs["count"]; ok && b.ForEach != nil {
		l.report(problem("Conflicting arguments", fmt.Sprintf("%s has both for_each and count. Keep one of them.", b.describe()), a.NameRange))
	}
	if a, ok := c.attrs["depends_on"]; ok {
		l.refList(a, &b.DependsOn, &b.refs)
	}
	if a, ok := c.attrs["triggered_by"]; ok && b.Type == CallBlock {
		l.refList(a, &b.TriggeredBy, &b.refs)
	}
	if b.Type != ContextBlock && b.On == nil {
		l.report(problem("Missing argument", fmt.Sprintf("The argument \"on\" is required in %s: it names the context that the %s runs in.", b.describe(), b.Type), b.Range))
	}
}

func (b *Block) allows(meta string) bool { return slices.Contains(metaArgs[meta], b.Type) }

// arguments takes the kind's own arguments.
func (l *loader) arguments(b *Block, c bodyContent, w within) {
	for i := range b.Def.Args.Attrs {
		schema := &b.Def.Args.Attrs[i]
		if _, isMeta := metaArgs[schema.Name]; schema.Computed || isMeta && b.allows(schema.Name) {
			continue
		}
		a, ok := c.attrs[schema.Name]
		switch {
		case !ok && schema.Required:
			l.report(problem("Missing argument", fmt.Sprintf("The argument %q is required in %s.%s", schema.Name, b.describe(), docSentence(schema.Doc)), b.Range))
		case !ok:
		case schema.Blocks:
			if b.RefLists == nil {
				b.RefLists = map[string][]Reference{}
			}
			var refs []Reference
			l.refList(a, &refs, &b.refs)
			l.later(func() { b.RefLists[schema.Name] = refs })
		default:
			b.Attrs[schema.Name] = a
			l.expr(a.Expr, w, &b.refs)
		}
	}
}

func (l *loader) lifecycles(b *Block, blocks hcl.Blocks, w within) {
	for i, hb := range blocks {
		if i > 0 {
			l.report(problem("Duplicate declaration", fmt.Sprintf("%s already has a lifecycle block.", b.describe()), hb.DefRange))
			continue
		}
		c, diags := content(hb.Body, nil, []hcl.BlockHeaderSchema{{Type: "precondition"}, {Type: "postcondition"}})
		l.diags = append(l.diags, diags...)
		l.laterLifecycle(&c)
		l.diags = append(l.diags, c.unexpected("a lifecycle block", nil, []string{"precondition", "postcondition"})...)
		for _, block := range c.blocks {
			l.lifecycleCondition(b, block, w)
		}
	}
}

func (l *loader) lifecycleCondition(b *Block, block *hcl.Block, w within) {
	if block.Type == "postcondition" {
		w.self = true
		if cond, ok := l.condition(block, w, &b.refs); ok {
			b.Lifecycle.Postconditions = append(b.Lifecycle.Postconditions, cond)
		}
		return
	}
	if cond, ok := l.condition(block, w, &b.refs); ok {
		b.Lifecycle.Preconditions = append(b.Lifecycle.Preconditions, cond)
	}
}

// laterLifecycle reports what this version cannot do in a lifecycle block.
func (l *loader) laterLifecycle(c *bodyContent) {
	c.extra = slices.DeleteFunc(c.extra, func(a *hcl.Attribute) bool {
		if a.Name != "ignore_changes" && a.Name != "prevent_destroy" && a.Name != "create_before_destroy" {
			return false
		}
		l.report(problem("Unsupported argument", notKnownYet("argument", a.Name), a.NameRange))
		return true
	})
}
