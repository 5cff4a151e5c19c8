package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// RefKind is what a Reference points at.
type RefKind string

// The words that a reference can begin with; a resource's begins with its kind.
const (
	RefVar      RefKind = "var"
	RefLocal    RefKind = "local"
	RefContext  RefKind = "context"
	RefResource RefKind = "resource"
	RefCall     RefKind = "call"
	RefOn       RefKind = "on"
	RefEach     RefKind = "each"
	RefCount    RefKind = "count"
	RefPath     RefKind = "path"
	RefSelf     RefKind = "self"
)

// Reference is one mention of a named thing.
type Reference struct {
	Kind RefKind
	// Address is what Scope.Set and Block.Address call the thing: "var.x",
	// "local.x", "context.ssh.web", "file.motd", "call.command.kernel", "on".
	Address string
	// Key is a literal instance key, a string or a number; cty.NilVal if
	// there is none.
	Key cty.Value
	// KeyExpr is the instance key if that is an expression, as in
	// file.motd[on.key]; nil otherwise.
	KeyExpr hcl.Expression
	// All is true for all(file.conf) in depends_on and the like.
	All bool
	// Attr is the attribute that follows, "" if none does.
	Attr  string
	Range hcl.Range
	// AttrRange is where Attr stands.
	AttrRange hcl.Range
	Traversal hcl.Traversal
}

// form is how a reference of one kind is written.
type form struct {
	kind  RefKind
	names int    // how many names follow the root
	shape string // for sentences
}

var forms = map[string]form{
	"var": {RefVar, 1, "var.NAME"}, "local": {RefLocal, 1, "local.NAME"},
	"context": {RefContext, 2, "context.KIND.NAME"}, "call": {RefCall, 2, "call.FUNCTION.NAME"},
	"on": {RefOn, 0, "on"}, "each": {RefEach, 0, "each.key or each.value"}, "count": {RefCount, 0, "count.index"},
	"path": {RefPath, 0, "path.module"}, "self": {RefSelf, 0, "self"},
}

// foreignRoots are first words of references in other tools.
var foreignRoots = map[string]string{
	"data":                 "To read something from a host, write a call and refer to its result, call.FUNCTION.NAME.",
	"vars":                 "Variables are read as var.NAME." + prose.DidYouMeanWord("var"),
	"locals":               "Locals are read as local.NAME." + prose.DidYouMeanWord("local"),
	"item":                 "In a block with for_each, the element is each.value.",
	"host":                 "The context that a block runs on is the word on.",
	"output":               "Outputs are results of the configuration and cannot be referred to. Refer to what the output refers to.",
	"module":               "This version of mitoplan does not know modules.",
	"resource":             "A resource is referred to by its kind and name alone: KIND.NAME, as in file.motd.path.",
	"variable":             "Variables are read as var.NAME.",
	"env":                  "To read the environment, declare a variable, set MITOPLAN_VAR_NAME, and refer to var.NAME.",
	"hostvars":             "The facts of a host are read as on.hostname, on.distro and so on, and on.key is its key.",
	"groups":               "Hosts are grouped by maps of contexts: see on and for_each.",
	"inventory_hostname":   "The key of the context that a block runs on is on.key, and its own name is on.hostname.",
	"ansible_hostname":     "The facts of a host are read as on.hostname, on.distro and so on.",
	"ansible_facts":        "The facts of a host are read as on.hostname, on.distro and so on.",
	"ansible_distribution": "The facts of a host are read as on.hostname, on.distro and so on.",
	"terraform":            "mitoplan has no workspaces. Use a directory with a record of its own instead.",
	"provider":             "The place where code runs is a context: context.KIND.NAME.",
	"this":                 "A block cannot refer to itself. Give the value a name in a locals block, and use that name in both places.",
}

// parseReference takes a traversal for a reference. It does not look whether
// the thing exists.
func (c *Config) parseReference(t hcl.Traversal) (Reference, *hcl.Diagnostic) {
	root := t.RootName()
	f, ok := forms[root]
	if !ok {
		if d := c.checkResourceRoot(t); d != nil {
			return Reference{}, d
		}
		f = form{RefResource, 1, root + ".NAME"}
	}
	ref := Reference{Kind: f.kind, Traversal: t, Range: t.SourceRange(), Key: cty.NilVal}
	names := []string{root}
	for i := 1; i <= f.names; i++ {
		if len(t) <= i || stepName(t[i]) == "" {
			return ref, problem("Invalid reference", fmt.Sprintf("%q is not a reference to one thing: write %s.%s", withoutKeys(t), f.shape, prose.DidYouMean(c.meant(t))), ref.Range)
		}
		names = append(names, stepName(t[i]))
	}
	ref.Address = strings.Join(names, ".")
	rest := t[1+f.names:]
	if len(rest) > 0 {
		if index, ok := rest[0].(hcl.TraverseIndex); ok {
			ref.Key, rest = index.Key, rest[1:]
		}
	}
	if len(rest) > 0 {
		if a, ok := rest[0].(hcl.TraverseAttr); ok {
			ref.Attr, ref.AttrRange = a.Name, a.SrcRange
		}
	}
	return ref, nil
}

// checkResourceRoot refuses a first word that is neither a root word nor a kind
// of resource.
func (c *Config) checkResourceRoot(t hcl.Traversal) *hcl.Diagnostic {
	root := t.RootName()
	if _, ok := c.catalogue.Resources[root]; ok {
		return nil
	}
	if len(t) > 1 && c.byAddress[root+"."+stepName(t[1])] != nil {
		return nil // its unknown kind has been reported where it is declared
	}
	rng := t[0].SourceRange()
	if d := c.missingWord(t); d != nil {
		return d
	}
	meant := c.meant(t)
	if advice := foreignRoots[root]; advice != "" && (root != string(ResourceBlock) || meant == "") {
		return problem("Unknown reference", fmt.Sprintf("Nothing is called %q here. %s", root, advice), rng)
	}
	names := slices.Concat(slices.Collect(maps.Keys(c.catalogue.Resources)), slices.Collect(maps.Keys(forms)))
	if len(t) == 1 {
		return problem("Unknown reference", fmt.Sprintf("Nothing is called %q here. %s%s", root, c.bareWord(t), cmp.Or(prose.DidYouMean(meant), prose.Suggest(root, names))), rng)
	}
	if meant != "" {
		return problem("Unknown reference", fmt.Sprintf("Nothing is called %q here.%s", root, prose.DidYouMean(meant)), rng)
	}
	detail := fmt.Sprintf("Nothing is called %q here: it is neither a word such as var or local nor a resource kind.", root)
	detail += prose.DidYouMeanWord(cmp.Or(kindMeant(root, c.catalogue.Resources), prose.Closest(root, names)))
	return problem("Unknown reference", detail, rng)
}

// missingWord finds a reference to a thing that is declared, but whose first
// words are missing or wrong: ssh.web, command.kernel.stdout, here.
func (c *Config) missingWord(t hcl.Traversal) *hcl.Diagnostic {
	root := t.RootName()
	given, address := root, ""
	if len(t) > 1 {
		given += "." + stepName(t[1])
	}
	switch b := c.withFirstWord(CallBlock, given); {
	case b != nil:
		address = b.Address()
	case len(t) == 1 || c.withFirstWord(ContextBlock, given) != nil:
		address = c.contextNamed(given)
	case root == "resource" && len(t) > 2:
		if b := c.byAddress[stepName(t[1])+"."+stepName(t[2])]; b != nil {
			address, given = b.Address(), root+"."+b.Address()
		}
	case c.catalogue.Functions[root] != nil && len(t) > 1:
		return problem("Unknown reference", fmt.Sprintf("Nothing is called %q here. The result of a call is read as call.%s.", root, given), t[0].SourceRange())
	}
	if address == "" {
		return nil
	}
	return problem("Unknown reference", fmt.Sprintf("Nothing is called %q here.%s", given, prose.DidYouMean(address)), t.SourceRange())
}

// bareWord says how a word that names nothing is written as a text: in a
// template, what a shell would replace.
func (c *Config) bareWord(t hcl.Traversal) string {
	root, at := t.RootName(), t.SourceRange()
	if f := c.Files[at.Filename]; f != nil && functions.Interpolated(string(f.Bytes), at) {
		return fmt.Sprintf("To write ${%s} itself, as a shell takes it, double the dollar sign: $${%s}.", root, root)
	}
	if is := foreignBools[strings.ToLower(root)]; is != "" {
		return fmt.Sprintf("A bool is written true or false: %s for %s. A string is written with quotes: %q.", is, root, root)
	}
	return fmt.Sprintf("A string is written with quotes: %q.", root)
}

// foreignBools are what other tools call true and false.
var foreignBools = map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false"}

// withoutKeys writes a traversal as it stands in a source, with a mark for each key.
func withoutKeys(t hcl.Traversal) string {
	return TraversalText(t, func(cty.Value) string { return "…" })
}

// TraversalText writes a traversal as it stands in a source, with what key says
// between the brackets.
func TraversalText(t hcl.Traversal, key func(cty.Value) string) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + key(s.Key) + "]")
		}
	}
	return b.String()
}

func ownWord(k RefKind) bool {
	switch k {
	case RefOn, RefEach, RefCount, RefPath, RefSelf:
		return true
	}
	return false
}

// path are the names after the root that lead to the thing.
func (r Reference) path() []string {
	n := 0
	switch r.Kind {
	case RefVar, RefLocal, RefResource:
		n = 1
	case RefContext, RefCall:
		n = 2
	}
	var names []string
	for _, step := range r.Traversal[1 : 1+n] {
		names = append(names, stepName(step))
	}
	return names
}
