package connect

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Kinds are the context kinds that every agent can start: a new one is a line
// here, and a file of its own that makes the definition.
func Kinds() []kind.Kind {
	return []kind.Kind{
		localKind(),
		sudoKind(),
	}
}

// Types are the context kinds among the kinds, as a process starts them when it
// is asked from above.
func Types(kinds []kind.Kind) []transport.ConnectorType {
	var out []transport.ConnectorType
	for _, k := range kinds {
		if k.Role == kind.RoleContext {
			out = append(out, transport.ConnectorType{Kind: k.Name, New: func() transport.Connector { return k.New().(transport.Connector) }})
		}
	}
	return out
}
