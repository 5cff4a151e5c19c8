package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var rootBlocks = []hcl.BlockHeaderSchema{
	{Type: "mitoplan"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "context", LabelNames: []string{"kind", "name"}},
	{Type: "resource", LabelNames: []string{"kind", "name"}},
	{Type: "call", LabelNames: []string{"function", "name"}},
}

// laterBlocks are blocks of the language that this version cannot do.
var laterBlocks = []string{"module", "check", "moved", "removed"}

// foreignBlocks are words of other tools for a block.
var foreignBlocks = map[string]string{
	"terraform": `Settings stand in a block "mitoplan".`,
	"provider":  `What a provider is elsewhere, a block "context" is here: a place where code runs.`,
	"data":      `To read something from a host, write a block "call" with read_only = true.`,
	"task":      `Desired state is a block "resource", and a program to run is a block "call".`,
	"host":      `A host is a block "context".`,
}

// file decodes the top level of one file.
func (l *loader) file(f *hcl.File) {
	c, diags := content(f.Body, nil, rootBlocks)
	l.diags = append(l.diags, diags...)
	for _, a := range c.extra {
		l.strange(strangeBlock{a.Name, a.NameRange}, f)
	}
	for _, b := range c.strange {
		l.strange(b, f)
	}
	for _, b := range c.blocks {
		l.block(b)
	}
}

func (l *loader) strange(b strangeBlock, f *hcl.File) {
	_, native := f.Body.(*hclsyntax.Body)
	switch {
	case slices.Contains(laterBlocks, b.name):
		l.report(problem("Unsupported block", fmt.Sprintf("This version of mitoplan does not know the block %q.", b.name), b.rng))
	case foreignBlocks[b.name] != "":
		l.report(problem("Unsupported block", fmt.Sprintf("There is no block %q. %s", b.name, foreignBlocks[b.name]), b.rng))
	case native && isAttribute(f, b):
		l.report(problem("Unsupported argument", fmt.Sprintf("The argument %q stands outside of any block.%s", b.name, l.likeBlock(b.name)), b.rng))
	default:
		l.report(problem("Unsupported block", fmt.Sprintf("There is no block %q.%s", b.name, l.likeBlock(b.name)), b.rng))
	}
}

func isAttribute(f *hcl.File, b strangeBlock) bool {
	a, ok := f.Body.(*hclsyntax.Body).Attributes[b.name]
	return ok && a.NameRange == b.rng
}

func (l *loader) likeBlock(name string) string {
	var names []string
	for _, b := range rootBlocks {
		names = append(names, b.Type)
	}
	return didYouMean(name, names)
}

func (l *loader) block(b *hcl.Block) {
	for i, label := range b.Labels {
		if !hclsyntax.ValidIdentifier(label) {
			l.report(problem("Invalid name", fmt.Sprintf("%q cannot be a name: a name begins with a letter or an underscore, and goes on with letters, digits, underscores and dashes.", label), b.LabelRanges[i]))
			return
		}
	}
	switch b.Type {
	case "mitoplan":
		l.settings(b)
	case "variable":
		l.variable(b)
	case "locals":
		l.locals(b)
	case "output":
		l.output(b)
	default:
		l.runnable(b)
	}
}

// declare reports a second declaration of an address and whether this one is
// the first.
func (l *loader) declare(address string, rng hcl.Range) bool {
	first, dup := l.seen[address]
	if dup {
		l.report(problem("Duplicate declaration", fmt.Sprintf("%s was already declared at %s. Give this one another name, or remove it.", address, where(first)), rng))
		return false
	}
	l.seen[address] = rng
	return true
}

func where(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
