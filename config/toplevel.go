package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/mitoplan/mitoplan/internal/prose"
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
	"terraform":   `Settings belong in a block "mitoplan".`,
	"provider":    `Write a block "context" for each place where code runs.`,
	"data":        `To read something from a host, write a call of a function that only reads, such as call "read_file", or call "command" with read_only = true.`,
	"task":        `Write desired state as a block "resource", and a program to run as a block "call".`,
	"host":        `A host is a block "context".`,
	"hosts":       `Each host, or map of hosts, is a block "context", and on says which of them a block is for.`,
	"tasks":       `Write desired state as a block "resource", and a program to run as a block "call".`,
	"play":        `There are no plays: each block names its context in on.`,
	"role":        `There are no roles: a directory is one configuration.`,
	"roles":       `There are no roles: a directory is one configuration.`,
	"handler":     `To run something after a change, write a block "call" with triggered_by.`,
	"handlers":    `To run something after a change, write a block "call" with triggered_by.`,
	"vars":        `Inputs are blocks "variable", and names for expressions belong in a block "locals".`,
	"variables":   `Each input has a block of its own: variable "NAME" { … }.`,
	"outputs":     `Each output has a block of its own: output "NAME" { … }.`,
	"import":      `Nothing has to be imported: a thing that is already as its block describes is not changed.`,
	"provisioner": `To run a program on a host, write a block "call".`,
	"local":       `Names for expressions belong in a block "locals". A context needs a name: context "local" "NAME" { … }.`,
	"inventory":   `Each host, or map of hosts, is a block "context".`,
	"function":    `A function of a host is run by a block "call".`,
	"command":     `A program is run by a block "call", as in call "command" "NAME" { … }.`,
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
		l.report(problem("Unsupported block", notKnownYet("block", b.name), b.rng))
	case native && isAttribute(f, b) && foreignBlocks[b.name] != "":
		l.report(problem("Unsupported argument", fmt.Sprintf("The argument %q is outside of all blocks. %s", b.name, foreignBlocks[b.name]), b.rng))
	case foreignBlocks[b.name] != "":
		l.report(problem("Unsupported block", fmt.Sprintf("There is no block %q. %s", b.name, foreignBlocks[b.name]), b.rng))
	case native && isAttribute(f, b):
		l.report(problem("Unsupported argument", fmt.Sprintf("The argument %q is outside of all blocks.%s", b.name, l.likeBlock(b.name)), b.rng))
	default:
		l.report(problem("Unsupported block", fmt.Sprintf("There is no block %q.%s", b.name, l.blockHint(b.name)), b.rng))
	}
}

// blockHint is likeBlock, and what a kind is the first word of.
func (l *loader) blockHint(name string) string {
	cat := l.cfg.catalogue
	for _, t := range []BlockType{ResourceBlock, CallBlock, ContextBlock} {
		if _, ok := cat.kinds(t)[name]; ok {
			return fmt.Sprintf(" It is a kind of %s: write %s %q \"NAME\" { … }.", t, t, name)
		}
	}
	if like := l.likeBlock(name); like != "" {
		return like
	}
	var names []string
	for _, b := range rootBlocks {
		names = append(names, b.Type)
	}
	return fmt.Sprintf(" There are %s.", prose.List(names, prose.All))
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
	return prose.Suggest(name, names)
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
