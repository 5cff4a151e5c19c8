package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// parseFile parses one file of either syntax. A file that nests too deeply is
// refused first.
func parseFile(name string, src []byte) (*hcl.File, hcl.Diagnostics) {
	isJSON := strings.HasSuffix(name, ".json")
	guard := guardNative
	if isJSON {
		guard = guardJSON
	}
	if d := guard(src, name); d != nil {
		return &hcl.File{Bytes: src, Body: hcl.EmptyBody()}, hcl.Diagnostics{d}
	}
	if isJSON {
		f, diags := hcljson.Parse(src, name)
		if len(diags) > 1 { // what is said of the root follows from the others
			diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return d.Summary == "Root value must be object" })
		}
		return f, diags
	}
	f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
		diags = syntaxProblems(src, tokens, diags)
	}
	return f, diags
}
