package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// refList decodes a list of references such as depends_on. Each element is the name
// of a block or an instance, or all(NAME).
func (l *loader) refList(a *hcl.Attribute, to, refs *[]Reference) {
	items, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		l.report(problem("Invalid list of references", fmt.Sprintf("The argument %q must be a list of references in brackets, such as %s.", a.Name, l.inBrackets(a.Expr)), a.Expr.Range()))
		return
	}
	l.later(func() {
		for _, item := range items {
			ref, d := l.listItem(a.Name, item)
			if d != nil {
				l.report(d)
				continue
			}
			*to = append(*to, ref)
			*refs = append(*refs, ref)
		}
	})
}

func (l *loader) listItem(arg string, item hcl.Expression) (Reference, *hcl.Diagnostic) {
	target, all := item, false
	if call, diags := hcl.ExprCall(item); !diags.HasErrors() {
		if call.Name != "all" || len(call.Arguments) != 1 {
			return Reference{}, problem("Invalid reference", fmt.Sprintf("In %q only the function all may be called, with one reference: all(file.conf).", arg), call.NameRange)
		}
		target, all = call.Arguments[0], true
	}
	t, diags := hcl.AbsTraversalForExpr(target)
	if diags.HasErrors() {
		if text, ok := literalText(target); ok {
			return Reference{}, problem("Invalid reference", fmt.Sprintf("Each element of %q must be a reference, not a string. Write %s, without quotes.", arg, l.likeReference(text)), target.Range())
		}
		return Reference{}, problem("Invalid reference", fmt.Sprintf("Each element of %q names a context, a resource or a call, such as file.conf, file.conf[\"a\"] or all(file.conf). It cannot be an expression.", arg), target.Range())
	}
	ref, d := l.cfg.parseReference(t)
	if d != nil {
		return ref, d
	}
	ref.All = all
	switch ref.Kind {
	case RefContext, RefResource, RefCall:
	default:
		return ref, problem("Invalid reference", fmt.Sprintf("Each element of %q names a context, a resource or a call, and %s is none of them.", arg, withoutKeys(t)), ref.Range)
	}
	if ref.Kind == RefContext && arg == "triggered_by" {
		return ref, problem("Invalid reference", fmt.Sprintf("%s is a context, and a context never changes: the call would never run. Name the resource or call to wait for.", ref.Address), ref.Range)
	}
	if ref.Attr != "" {
		return ref, problem("Invalid reference", fmt.Sprintf("Each element of %q names a whole block: leave out the attribute %q.", arg, ref.Attr), ref.AttrRange)
	}
	return ref, l.checkBlock(ref)
}

// inBrackets is the list that was probably meant, or an example of one.
func (l *loader) inBrackets(expr hcl.Expression) string {
	if m, ok := l.cfg.mentionOf(expr); ok {
		return "[" + m.ref.Address + "]"
	}
	if text, ok := literalText(expr); ok {
		return "[" + l.likeReference(text) + "]"
	}
	return "[file.conf]"
}

// likeReference is the address that a text probably means, or an example of one.
func (l *loader) likeReference(text string) string {
	text = withoutResource(text)
	if near := l.cfg.NearBlock(text); near != "" {
		return near
	}
	return "it as file.conf"
}
