// Package controller is the catalogue of the controller. It has what every agent knows,
// what only the controller links (ssh), and the texts of the manual. No agent imports
// it.
package controller

import (
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
)

// kinds returns the kinds that only the controller knows.
func kinds() []kind.Kind {
	return []kind.Kind{
		ssh.Kind(),
	}
}

// Kinds returns all kinds, with the texts of their manuals.
func Kinds() []kind.Kind {
	all := append(catalogue.Kinds(), kinds()...)
	for i := range all {
		all[i] = kind.WithManual(all[i])
	}
	return all
}

// Catalogue returns everything that a configuration may name.
func Catalogue() config.Catalogue { return config.NewCatalogue(Kinds()) }

// Connectors returns the context kinds that the controller can start.
func Connectors() []transport.ConnectorType {
	return connect.Types(append(catalogue.Kinds(), kinds()...))
}
