package main

import (
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
)

// catalogue is everything that a configuration may name.
func catalogue() config.Catalogue {
	cat := config.Catalogue{Contexts: map[string]*kind.Kind{}, Resources: map[string]*kind.Kind{}, Functions: map[string]*kind.Kind{}, Validate: problems}
	for _, k := range append(connect.Kinds(), ssh.Kind()) {
		cat.Contexts[k.Name] = &k
	}
	for _, d := range resource.Kinds() {
		cat.Resources[d.Name] = &d.Kind
	}
	for _, d := range function.Kinds() {
		cat.Functions[d.Name] = &d.Kind
	}
	return cat
}

// connectors are the context kinds that the controller can start.
func connectors() []transport.ConnectorType {
	return append(connect.Types(), transport.ConnectorType{Kind: "ssh", New: func() transport.Connector { return &ssh.SSH{} }})
}
