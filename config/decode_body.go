package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// bodyContent is what a body contains: what the schema has, and what it lacks.
type bodyContent struct {
	attrs  map[string]*hcl.Attribute
	blocks hcl.Blocks
	// extra are arguments, and strange are blocks, that the schema lacks.
	extra   []*hcl.Attribute
	strange []strangeBlock
}

type strangeBlock struct {
	name string
	rng  hcl.Range
}

// content sorts what a body contains by whether the schema has it. Unlike
// hcl.Body.Content it does not report the rest: the caller does, with better words.
func content(body hcl.Body, attrs []string, blocks []hcl.BlockHeaderSchema) (bodyContent, hcl.Diagnostics) {
	schema := &hcl.BodySchema{Blocks: blocks}
	for _, name := range attrs {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	got, remain, diags := body.PartialContent(schema)
	for _, d := range diags {
		d.Detail += blockForm(d.Summary, blocks)
	}
	c := bodyContent{attrs: got.Attributes, blocks: got.Blocks}
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		rest, more := remain.JustAttributes()
		diags = append(diags, more...)
		for _, a := range rest {
			if a.Name != "//" {
				c.extra = append(c.extra, a)
			}
		}
		c.sort()
		return c, diags
	}
	for name, a := range native.Attributes {
		if _, known := c.attrs[name]; !known {
			c.extra = append(c.extra, a.AsHCLAttribute())
		}
	}
	for _, b := range native.Blocks {
		if !slices.ContainsFunc(blocks, func(h hcl.BlockHeaderSchema) bool { return h.Type == b.Type }) {
			c.strange = append(c.strange, strangeBlock{b.Type, b.TypeRange})
		}
	}
	c.sort()
	return c, diags
}

// blockForm says how the labels of a block are written, if the summary is about too
// few or too many of them.
func blockForm(summary string, blocks []hcl.BlockHeaderSchema) string {
	if !strings.HasPrefix(summary, "Missing ") && !strings.HasPrefix(summary, "Extraneous label") {
		return ""
	}
	for _, b := range blocks {
		if !strings.HasSuffix(summary, " for "+b.Type) {
			continue
		}
		form := b.Type
		for _, label := range b.LabelNames {
			form += fmt.Sprintf(" %q", strings.ToUpper(label))
		}
		return fmt.Sprintf(" Write %s { … }.", form)
	}
	return ""
}

func (c *bodyContent) sort() {
	slices.SortFunc(c.extra, func(a, b *hcl.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
}

// unexpected reports the arguments and blocks that the schema lacks. where names
// the block in messages.
func (c *bodyContent) unexpected(where string, attrs, blocks []string) (diags hcl.Diagnostics) {
	for _, a := range c.extra {
		detail := lacking("argument", a.Name, where, attrs, blocks)
		if slices.Contains(blocks, a.Name) {
			detail = fmt.Sprintf("In %s, %q is a block: write %s { … }, without an equals sign.", where, a.Name, a.Name)
		}
		diags = append(diags, problem("Unsupported argument", detail, a.NameRange))
	}
	for _, b := range c.strange {
		detail := lacking("block", b.name, where, attrs, blocks)
		if slices.Contains(attrs, b.name) {
			detail = fmt.Sprintf("In %s, %q is an argument: write %s = …, with an equals sign.", where, b.name, b.name)
		}
		diags = append(diags, problem("Unsupported block", detail, b.rng))
	}
	return diags
}

// lacking says of an argument or block that there is none of that name, and what to
// write instead.
func lacking(noun, name, where string, attrs, blocks []string) string {
	detail := fmt.Sprintf("There is no %s %q in %s.", noun, name, where)
	if advice := fixedNames[name]; advice != "" {
		return detail + " " + advice
	}
	return detail + prose.Suggest(name, slices.Concat(attrs, blocks))
}

// fixedNames are arguments and blocks that other tools have in blocks such as
// variable and mitoplan. The text says what to write instead.
var fixedNames = map[string]string{
	"required_providers": "There are no providers: all kinds are a part of mitoplan.",
	"backend":            "To choose where the record is kept, write state \"local\" { path = … }.",
	"cloud":              "To choose where the record is kept, write state \"local\" { path = … }.",
	"required_mitoplan":  "Require a version with required_version.",
	"forks":              "Set the number of simultaneous calls with parallelism.",
	"prompt":             "The text that asks for the value of a variable is its description.",
	"private":            "To hide a value, set sensitive = true.",
	"secret":             "To hide a value, set sensitive = true.",
	"required":           "A variable without a default is required.",
	"deprecated":         "This version of mitoplan does not know deprecated variables.",
}

// fixed decodes a body whose schema does not depend on a kind.
func (l *loader) fixed(body hcl.Body, where string, attrs []string, blocks ...hcl.BlockHeaderSchema) bodyContent {
	c, diags := content(body, attrs, blocks)
	var names []string
	for _, b := range blocks {
		names = append(names, b.Type)
	}
	l.diags = append(l.diags, diags...)
	l.diags = append(l.diags, c.unexpected(where, attrs, names)...)
	return c
}

// required returns an argument, and reports it if it is missing.
func (l *loader) required(c bodyContent, where, name string, rng hcl.Range) (*hcl.Attribute, bool) {
	a, ok := c.attrs[name]
	if !ok {
		l.report(problem("Missing argument", fmt.Sprintf("The argument %q is required in %s.", name, where), rng))
	}
	return a, ok
}

var conditionBlock = []string{"condition", "error_message"}

// condition decodes a precondition, postcondition or validation block.
func (l *loader) condition(b *hcl.Block, w within, refs *[]Reference) (Condition, bool) {
	where := fmt.Sprintf("a %s block", b.Type)
	c := l.fixed(b.Body, where, conditionBlock)
	cond, ok1 := l.required(c, where, "condition", b.DefRange)
	message, ok2 := l.required(c, where, "error_message", b.DefRange)
	if !ok1 || !ok2 {
		return Condition{}, false
	}
	l.expr(cond.Expr, w, refs)
	l.expr(message.Expr, w, refs)
	return Condition{Condition: cond.Expr, ErrorMessage: message.Expr}, true
}

// literalText is the text of a string without template sequences.
func literalText(expr hcl.Expression) (string, bool) {
	if template, ok := expr.(*hclsyntax.TemplateExpr); !ok || !template.IsStringLiteral() {
		return "", false
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.Type() != cty.String || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}
