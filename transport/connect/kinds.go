package connect

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Main makes a program able to call its own functions in contexts of every kind, on
// other machines and as other users: the program is its own agent there. In a child it
// serves the functions and never returns; in the parent it returns at once. It is the
// first line of main, before transport.Run. The program should be built with
// CGO_ENABLED=0, so that it runs on any host of its platform.
func Main(functions ...transport.Function) {
	transport.MainWith(transport.ServeOptions{Functions: functions, Connectors: AgentTypes(), Agents: Self()})
}

// Kinds are the context kinds that every agent can start.
func Kinds() []kind.Kind { return kind.WithSchemas(kinds()) }

// AgentTypes are the types of Kinds, which an agent is made with: it needs no schemas.
func AgentTypes() []transport.ConnectorType { return Types(kinds()) }

// kinds lists them without their schemas: a new one is a line here, and a file of its
// own that makes the definition.
func kinds() []kind.Kind {
	return []kind.Kind{
		localKind(),
		sudoKind(),
		suKind(),
		doasKind(),
		chrootKind(),
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
