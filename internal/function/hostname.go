package function

import (
	"context"
	"os"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// HostnameIn are the arguments of hostname: none.
type HostnameIn struct{}

// HostnameOut are the results of hostname.
type HostnameOut struct {
	Hostname string `cbor:"hostname" mito:"computed" doc:"Name of the host, as its kernel knows it."`
}

func hostnameKind() Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleFunction, Name: "hostname", Doc: "Says how the host is called.",
			Args: kind.SchemaOf(HostnameIn{}), Results: kind.SchemaOf(HostnameOut{}),
		},
		run:      runs(hostname),
		ReadOnly: true,
	}
}

func hostname(context.Context, HostnameIn) (HostnameOut, error) {
	name, err := os.Hostname()
	if err != nil {
		return HostnameOut{}, problem("", "system", "The host does not say its name", "The kernel was asked for the name of the host, and gave an error: %v.", err)
	}
	return HostnameOut{Hostname: name}, nil
}
