package kind_test

import (
	"fmt"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// greeting is what a block of the kind greeting may set. Its tags are the definition.
type greeting struct {
	Name string `cbor:"name" mito:"required"`
	Tone string `cbor:"tone" mito:"oneof=warm|cool,default=warm"`
}

// Manual returns the texts, which only the controller has.
func (greeting) Manual() kind.Manual {
	return kind.Manual{
		Doc:   "Greets somebody.",
		Attrs: map[string]kind.Entry{"name": {Doc: "Whom to greet."}, "tone": {Doc: "How to greet."}},
	}
}

// greeted is what the kind exposes besides its arguments.
type greeted struct {
	Said string `cbor:"said" mito:"computed"`
}

// Manual returns the texts of the results.
func (greeted) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"said": {Doc: "The words that were said."}}}
}

// A kind is defined once, from two structs. Configuration, planner, manual and agent all
// use the same definition.
func ExampleKind() {
	def := kind.WithManual(kind.Of(kind.RoleFunction, "greeting", func() any { return &greeting{} }, greeted{}))
	fmt.Println(def.Name, "-", def.Doc)
	for _, a := range def.Args.Attrs {
		fmt.Println(a.Name, a.Type, a.Required, a.OneOf, "-", a.Doc)
	}
	for _, a := range def.Results.Attrs {
		fmt.Println(a.Name, a.Type, "-", a.Doc)
	}
	// Output:
	// greeting - Greets somebody.
	// name string true [] - Whom to greet.
	// tone string false [warm cool] - How to greet.
	// said string - The words that were said.
}
