// Package catalogue collects everything that can be named in a configuration:
// context kinds, resource kinds and functions, each with the one definition that
// planner, agent and manual read.
//
// What stands here every agent links. The package controller has that and what
// only the controller links: ssh, and the texts of the manual. A kind is added to
// the list of its own package, which Kinds names.
package catalogue

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Kinds are those that every agent knows.
func Kinds() []kind.Kind {
	return slices.Concat(connect.Kinds(), resource.Kinds(), function.Kinds())
}
