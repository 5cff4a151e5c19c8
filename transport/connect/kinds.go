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
	EndIfOpen()
	transport.MainWith(transport.ServeOptions{Functions: functions, Connectors: AgentTypes(), Agents: Self()})
}

// Kinds are all context kinds but ssh.
func Kinds() []kind.Kind { return kind.WithSchemas(append(agentKinds(), sentKinds()...)) }

// AgentTypes are what a process needs to start contexts of all Kinds when it is asked from
// above. It needs no schemas.
func AgentTypes() []transport.ConnectorType { return Types(agentKinds()) }

// sentKinds are those that are sent as data; see prefixed. They are listed without their
// schemas, as agentKinds are: a new kind is a line in one of the lists, and a file of its
// own that makes the definition.
func sentKinds() []kind.Kind {
	return []kind.Kind{
		chrootKind(),
		nsenterKind(),
		execKind(),
		dockerKind(),
		podmanKind(),
		kubectlKind(),
		lxcKind(),
		incusKind(),
		machinectlKind(),
	}
}

// agentKinds are those that a process needs the code of, to start them when it is asked
// from above.
func agentKinds() []kind.Kind {
	return []kind.Kind{
		localKind(),
		sudoKind(),
		suKind(),
		doasKind(),
	}
}

// Types are the context kinds among the kinds, as a process starts them when it is asked
// from above, and the one that transport.SentConnectors of this package are sent as.
func Types(kinds []kind.Kind) []transport.ConnectorType {
	out := []transport.ConnectorType{prefixedType()}
	for _, k := range kinds {
		if k.Role == kind.RoleContext {
			out = append(out, transport.ConnectorType{Kind: k.Name, New: func() transport.Connector { return k.New().(transport.Connector) }})
		}
	}
	return out
}
