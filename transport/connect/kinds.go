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

// Define makes the definition of a context kind. Its name is what the connector
// calls itself.
func Define(create func() transport.Connector) kind.Kind {
	return kind.Of(kind.RoleContext, create().Kind(), func() any { return create() }, facts{})
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

// facts are the results of every context kind: what its agent says when it
// comes up.
type facts struct{ transport.Greeting }

// Manual has the texts of these results.
func (facts) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"os":             {Doc: "Operating system, as Go names it: linux, freebsd, darwin."},
			"arch":           {Doc: "Processor architecture, as Go names it: amd64, arm64."},
			"hostname":       {Doc: "Name of the host, as its kernel knows it."},
			"distro":         {Doc: "Distribution: ID of os-release, such as debian."},
			"distro_version": {Doc: "Version of the distribution: VERSION_ID of os-release, such as 12."},
			"kernel":         {Doc: "Release of the kernel."},
			"user":           {Doc: "Name of the user that the context runs as."},
			"uid":            {Doc: "Number of that user."},
			"home":           {Doc: "Home directory of that user."},
			"cpus":           {Doc: "Number of processors that the context may use."},
			"memory":         {Doc: "Memory of the host in bytes."},
			"pid":            {Doc: "Process id of the agent."},
			"version":        {Doc: "Version of the agent."},
		},
	}
}
