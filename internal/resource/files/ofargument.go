package files

import (
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ofArgument has the problem of a path, if an error is one, be that of the argument that
// names it.
func ofArgument(arg string, err error) error {
	var why *kind.Problem
	if !errors.As(err, &why) || why.Attr != "path" {
		return err
	}
	of := *why
	of.Attr = arg
	return &of
}
