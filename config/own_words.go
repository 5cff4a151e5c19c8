package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/functions"
)

// Word reports whether a word is one of the language, which every configuration may have: a
// type of block, a kind, an argument, an attribute or a function. It is no secret, whatever
// is spelt like it.
func (c *Config) Word(word string) bool {
	_, meta := metaArgs[word]
	return meta || ofLanguage(word) || c.catalogue.word(word) || slices.Contains(functions.Names(), word)
}

func ofLanguage(word string) bool {
	for _, words := range [][]string{settingsArgs, variableArgs, outputArgs, conditionBlock, contextNames, reservedVariables, laterArgs, laterBlocks, {"validation", "precondition", "postcondition"}} {
		if slices.Contains(words, word) {
			return true
		}
	}
	return slices.ContainsFunc(rootBlocks, func(b hcl.BlockHeaderSchema) bool { return b.Type == word })
}

// word reports whether a word is the name of a kind, or of an argument or attribute of one.
func (c *Catalogue) word(word string) bool {
	for _, t := range []BlockType{ContextBlock, ResourceBlock, CallBlock} {
		kinds := c.kinds(t)
		if _, is := kinds[word]; is {
			return true
		}
		for _, k := range kinds {
			_, argument := k.Args.Attr(word)
			if _, result := k.Results.Attr(word); argument || result {
				return true
			}
		}
	}
	return false
}
