package function

import (
	"context"
	"os/exec"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// WhichIn are the arguments of which.
type WhichIn struct {
	Program string `cbor:"program" mito:"required"`
}

// Manual says the texts of these arguments.
func (WhichIn) Manual() kind.Manual {
	return kind.Manual{
		Doc:   "Says where a program is that PATH leads to.",
		Attrs: map[string]kind.Entry{"program": {Doc: "Name of the program.", OtherNames: "command"}},
	}
}

// WhichOut are the results of which.
type WhichOut struct {
	Path kind.Text `cbor:"path" mito:"computed"`
}

// Manual says the texts of these results.
func (WhichOut) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"path": {Doc: "Where it is; empty if there is none."}}}
}

// whichKind is a function that only reads, so that it runs while planning.
func whichKind() kind.Kind {
	return reads("which", func() Function { return &WhichIn{} }, WhichOut{})
}

// Call implements Function.
func (in *WhichIn) Call(context.Context, Call) (any, error) {
	path, err := exec.LookPath(in.Program)
	if err != nil {
		return WhichOut{}, nil
	}
	return WhichOut{Path: kind.Text(path)}, nil
}
