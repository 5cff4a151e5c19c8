package connect

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Define makes the definition of a context kind. Its name is what the connector
// calls itself.
func Define(create func() transport.Connector) kind.Kind { return define(create).WithSchemas() }

// define is Define without the schemas, which Kinds adds.
func define(create func() transport.Connector) kind.Kind {
	return kind.Bare(kind.RoleContext, create().Kind(), func() any { return create() }, facts{})
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
