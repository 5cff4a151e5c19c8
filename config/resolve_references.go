package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/internal/prose"
)

func (l *loader) resolve() {
	for _, p := range l.pending {
		if p.step != nil {
			p.step()
			continue
		}
		l.resolveExpr(p)
		l.resolved = append(l.resolved, p)
	}
	l.pending = nil
}

func (l *loader) resolveExpr(p pendingExpr) {
	c, diags := l.cfg.compile(p.expr)
	l.diags = append(l.diags, diags...)
	l.cfg.compiled[p.expr] = c
	for _, call := range c.calls {
		if !functions.Is(call.Name) {
			l.report(problem("Unknown function", fmt.Sprintf("There is no function named %q.%s", call.Name, functionHint(call.Name)), call.NameRange))
		}
	}
	for _, ref := range c.refs {
		if d := l.check(ref, p.within); d != nil {
			l.report(d)
			continue
		}
		if !ownWord(ref.Kind) {
			*p.refs = append(*p.refs, ref)
		}
	}
}

// check reports a reference to something that does not exist or may not be named
// here.
func (l *loader) check(ref Reference, w within) *hcl.Diagnostic {
	if w.varsOnly && ref.Kind != RefVar && ref.Kind != RefPath {
		return problem("Invalid reference", "A validation may refer to variables only: it runs before anything else has a value.", ref.Range)
	}
	switch ref.Kind {
	case RefVar:
		return checkName(l, ref, "variable", l.cfg.Variables)
	case RefLocal:
		return checkName(l, ref, "local", l.cfg.Locals)
	case RefContext, RefResource, RefCall:
		return l.checkBlock(ref)
	case RefPath:
		return checkOneOf(ref, "path", []string{"module", "root", "cwd"})
	}
	return l.checkWord(ref, w)
}

func checkName[V any](l *loader, ref Reference, noun string, declared map[string]V) *hcl.Diagnostic {
	name := stepName(ref.Traversal[1])
	if _, ok := declared[name]; ok {
		return nil
	}
	if _, dup := l.seen[ref.Address]; dup {
		return nil // declared, and wrong in itself
	}
	hint := prose.Suggest(name, sortedNames(declared))
	if b := l.cfg.withFirstWord(ContextBlock, ref.Address); b != nil {
		hint = prose.DidYouMean(b.Address())
	}
	if hint == "" {
		hint = fmt.Sprintf(" Declare it with %s.", map[string]string{"variable": fmt.Sprintf("variable %q { … }", name), "local": fmt.Sprintf("locals { %s = … }", name)}[noun])
	}
	return problem("Unknown reference", fmt.Sprintf("There is no %s named %q.%s", noun, name, hint), ref.Range)
}

func (l *loader) checkBlock(ref Reference) *hcl.Diagnostic {
	b, ok := l.cfg.byAddress[ref.Address]
	if !ok {
		return l.unknownBlock(ref)
	}
	if b.Def == nil || ref.Attr == "" || b.mayExpand(l.cfg) && (ref.Key == cty.NilVal || b.mayPair(l.cfg)) {
		return nil
	}
	return checkAttr(ref, b)
}

func (l *loader) unknownBlock(ref Reference) *hcl.Diagnostic {
	var same, others []string
	prefix := ref.Address[:strings.LastIndexByte(ref.Address, '.')+1]
	for address := range l.cfg.byAddress {
		if strings.HasPrefix(address, prefix) {
			same = append(same, address)
		} else {
			others = append(others, address)
		}
	}
	hint := prose.Suggest(ref.Address, same)
	if hint == "" {
		hint = prose.Suggest(ref.Address, others)
	}
	if meant := l.cfg.meant(ref.Traversal); meant != "" && (hint == "" || ref.Kind != RefResource) {
		hint = prose.DidYouMean(meant)
	}
	if hint == "" && ref.Kind != RefResource {
		hint = l.unknownKindHint(ref)
	}
	if hint == "" && len(same) > 0 && len(same) <= 5 {
		slices.Sort(same)
		hint = fmt.Sprintf(" There is %s.", prose.List(same, prose.All))
	}
	return problem("Unknown reference", fmt.Sprintf("Nothing is declared as %s.%s", ref.Address, hint), ref.Range)
}

func (l *loader) unknownKindHint(ref Reference) string {
	known, name := l.cfg.catalogue.kinds(BlockType(ref.Kind)), stepName(ref.Traversal[1])
	if _, ok := known[name]; ok {
		return ""
	}
	return fmt.Sprintf(" There is no %s %q.%s", kindNoun[BlockType(ref.Kind)], name, prose.Suggest(name, slices.Collect(maps.Keys(known))))
}

// checkAttr reports an attribute that the block does not have.
func checkAttr(ref Reference, b *Block) *hcl.Diagnostic {
	names := b.attrNames()
	if slices.Contains(names, ref.Attr) || b.Type == ContextBlock && len(b.Def.Results.Attrs) == 0 {
		return nil
	}
	if a, ok := b.Def.Args.Attr(ref.Attr); ok && a.Secret {
		return problem("Secret not readable", fmt.Sprintf("The argument %q of %s is a secret, and a context never exposes its secrets. Refer to where the value comes from instead.", ref.Attr, b.Address()), ref.AttrRange)
	}
	return noAttribute(b.Address(), b, ref.Attr, ref.AttrRange)
}

func (l *loader) checkWord(ref Reference, w within) *hcl.Diagnostic {
	none := func(detail string) *hcl.Diagnostic { return problem("Invalid reference", detail, ref.Range) }
	b := w.block
	switch ref.Kind {
	case RefOn:
		if b == nil || b.Type == ContextBlock {
			return none("The word on is the context that a resource or call runs in. It has no meaning here." + insteadOfOn(b))
		}
		if !w.on {
			return none("The argument on decides what the word on means, so it cannot use that word.")
		}
		return l.checkOnAttr(ref, b)
	case RefEach:
		if b == nil || b.ForEach == nil {
			return none("The word each has a meaning only in a block that has for_each." + insteadOfKey(l.cfg, b, `for_each = toset(["a", "b"])`))
		}
		if !w.each {
			return none("The argument for_each decides what the word each means, so it cannot use that word.")
		}
		return checkOneOf(ref, "each", []string{"key", "value"})
	case RefCount:
		if b == nil || b.Count == nil {
			return none("The word count has a meaning only in a block that has count." + insteadOfKey(l.cfg, b, "count = 2"))
		}
		if !w.count {
			return none("The argument count decides what count.index means, so it cannot use that.")
		}
		return checkOneOf(ref, "count", []string{"index"})
	}
	if !w.self {
		return none("The word self has a meaning only in a postcondition, where it stands for the block. To use one value in two arguments, give it a name in a locals block.")
	}
	if ref.Attr != "" && b.Def != nil {
		return checkAttr(ref, b)
	}
	return nil
}

// insteadOfKey says which word gives the key of the block's instances, or which
// argument the block needs for one.
func insteadOfKey(c *Config, b *Block, argument string) string {
	switch {
	case b == nil:
		return ""
	case b.ForEach != nil:
		return " This one has for_each: write each.key or each.value."
	case b.Count != nil:
		return " This one has count: write count.index."
	case b.On != nil && b.onMayExpand(c):
		return " This one has an instance in each context of on: write on.key for the key of the context."
	}
	return fmt.Sprintf(" Give %s one, such as %s, or write the value itself.", b.describe(), argument)
}

// insteadOfOn says what to write instead of the word on outside of resources and
// calls.
func insteadOfOn(b *Block) string {
	if b == nil {
		return " Name a context, context.KIND.NAME."
	}
	return " To use a fact of another context, write context.KIND.NAME.hostname, for example."
}

func (l *loader) checkOnAttr(ref Reference, b *Block) *hcl.Diagnostic {
	if ref.Attr == "" || b.On == nil {
		return nil
	}
	target, _ := b.onContext(l.cfg)
	if target == nil || target.Def == nil {
		return nil
	}
	return checkAttr(ref, target)
}

func checkOneOf(ref Reference, root string, names []string) *hcl.Diagnostic {
	if slices.Contains(names, ref.Attr) {
		return nil
	}
	hint := prose.Suggest(ref.Attr, names)
	if hint == "" {
		be := "is"
		if len(names) > 1 {
			be = "are"
		}
		hint = fmt.Sprintf(" There %s %s.", be, prose.List(names, prose.All))
	}
	return problem("Unknown attribute", fmt.Sprintf("The word %s has no attribute %q.%s", root, ref.Attr, hint), ref.Range)
}
