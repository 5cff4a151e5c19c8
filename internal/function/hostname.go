package function

import (
	"context"
	"os"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// HostnameIn are the arguments of hostname. There are none.
type HostnameIn struct{}

// Manual returns the texts of these arguments.
func (HostnameIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says how the host is called.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "hostname" "it" {
  on = context.local.here
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Reads:   "The name that the kernel has, as uname -n prints it.",
			Ansible: "the fact ansible_nodename, which is gathered with all others. The module hostname sets a name; this function does not.",
			Pyinfra: "the fact server.Hostname.",
			Limits:  "It is the name of the kernel: neither the one in /etc/hostname nor one of the DNS.",
		},
	}
}

// HostnameOut are the results of hostname.
type HostnameOut struct {
	Hostname string `cbor:"hostname" mito:"computed"`
}

// Manual returns the texts of these results.
func (HostnameOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"hostname": {Doc: "Name of the host, as its kernel knows it."},
		},
	}
}

func hostnameKind() kind.Kind {
	return reads("hostname", func() Function { return &HostnameIn{} }, HostnameOut{})
}

// Call implements Function.
func (*HostnameIn) Call(context.Context, Call) (any, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, kind.NewProblem("", kind.CodeSystem, "The host does not say its name", "The kernel was asked for the name of the host, and gave an error: %v.", err)
	}
	return HostnameOut{Hostname: name}, nil
}
