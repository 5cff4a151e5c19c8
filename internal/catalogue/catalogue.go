// Package catalogue collects everything that can be named in a configuration:
// context kinds, resource kinds and functions, each with the one definition that
// planner, agent and manual read.
//
// Every agent links the packages of these lists. The package controller adds what only the
// controller links: ssh, and the texts of the manual. A new kind is added to the list
// of its own package; Kinds joins those lists.
package catalogue

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Kinds returns the kinds that every agent knows.
func Kinds() []kind.Kind {
	return slices.Concat(connect.Kinds(), kinds.Kinds(), function.Kinds())
}
