package view

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/manual"
)

// Kinds is what kinds -json writes: the definitions of all kinds, or of those that were
// asked for.
type Kinds struct {
	Format string           `json:"format_version"`
	Kinds  []kindDefinition `json:"kinds"`
}

// kindDefinition is the definition of one kind with the texts of its page.
type kindDefinition struct {
	Block      string          `json:"block"`
	Name       string          `json:"name"`
	Doc        string          `json:"description"`
	OtherNames []string        `json:"other_names,omitempty"`
	Opaque     bool            `json:"opaque"`
	ReadOnly   bool            `json:"read_only"`
	Arguments  []kindAttribute `json:"arguments"`
	Results    []kindAttribute `json:"results"`
	Traits     []string        `json:"traits,omitempty"`
	Example    string          `json:"example"`
	Reads      string          `json:"reads"`
	Drift      string          `json:"drift_means"`
	End        string          `json:"end,omitempty"`
	Ansible    string          `json:"ansible"`
	Pyinfra    string          `json:"pyinfra"`
	Limits     string          `json:"limits"`
}

// kindAttribute is one argument or result.
type kindAttribute struct {
	Name       string   `json:"name"`
	Type       string   `json:"value_type"`
	Doc        string   `json:"description"`
	Required   bool     `json:"required,omitempty"`
	Sensitive  bool     `json:"sensitive,omitempty"`
	Default    string   `json:"default,omitempty"`
	Allowed    []string `json:"allowed_values,omitempty"`
	Conflicts  []string `json:"conflicts_with,omitempty"`
	OtherNames []string `json:"other_names,omitempty"`
}

// NewKinds makes the document of some kinds, in the order of the manual.
func NewKinds(kinds []kind.Kind) Kinds {
	doc := Kinds{Format: FormatVersion, Kinds: []kindDefinition{}}
	for _, p := range manual.Index(kinds) {
		for _, k := range p.Kinds {
			doc.Kinds = append(doc.Kinds, newKindDefinition(k))
		}
	}
	return doc
}

func newKindDefinition(k kind.Kind) kindDefinition {
	block := string(k.Role)
	if k.Role == kind.RoleFunction {
		block = "call"
	}
	return kindDefinition{
		Block: block, Name: k.Name, Doc: k.Doc, OtherNames: k.OtherNames, Opaque: k.Opaque, ReadOnly: k.ReadOnly,
		Arguments: kindAttributes(manual.Arguments(k)), Results: kindAttributes(k.Results.Attrs), Traits: k.Page.Traits,
		Example: k.Page.Example, Reads: manual.Reads(k), Drift: manual.Drift(k), End: k.End,
		Ansible: k.Page.Ansible, Pyinfra: k.Page.Pyinfra, Limits: manual.Limits(k),
	}
}

func kindAttributes(attrs []kind.Attr) []kindAttribute {
	out := []kindAttribute{}
	for _, a := range attrs {
		out = append(out, kindAttribute{
			Name: a.Name, Type: a.Type.String(), Doc: a.Doc, Required: a.Required, Sensitive: a.Secret,
			Default: a.Default, Allowed: a.OneOf, Conflicts: a.Conflicts, OtherNames: a.OtherNames,
		})
	}
	return out
}
