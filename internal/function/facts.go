package function

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// factGroups are the groups that facts has.
var factGroups = []string{"os", "hardware", "network", "mounts", "users", "virtualisation", "packages", "services"}

// FactsIn are the arguments of facts.
type FactsIn struct {
	Groups []string `cbor:"groups" mito:"required"`
}

// Manual says the texts of these arguments.
func (FactsIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says what a host is: its system, hardware, network, mounts, users, packages and services, and whether it is virtual.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "facts" "here" {
  on     = context.local.here
  groups = ["os", "mounts"]
}
output "system" {
  value = call.facts.here.os.pretty_name
}
output "root" {
  value = [for m in call.facts.here.mounts : m.type if m.path == "/"]
}
`,
			Reads:   "Files of /etc, /proc and /sys, those of the groups that are named alone. No name is looked up in a network. packages are the lists of dpkg, apk and pacman, and what rpm prints, and services what systemctl prints, where systemd runs, or the files of OpenRC or SysV. No other program is run.",
			Ansible: "setup, which gathers all its facts at the beginning of each play unless told not to, with programs. The groups are its subsets; what is in them has types and names of its own. packages and services are package_facts and service_facts.",
			Pyinfra: "the facts server.*, hardware.* and files of /etc, each of which runs a command.",
			Limits:  "Linux alone: elsewhere most is empty. What belongs to a context in any case, such as its distribution and its memory, is on on.distro and on.memory without a call. A service that a package yet to be installed brings is not among services. packages and services can be long: name these groups where they are needed. What systemd, rpm, apk, pacman, OpenRC and SysV say was tried with programs and files that speak for real ones. Users and groups are those of /etc/passwd and /etc/group, not those of a directory service.",
		},
		OtherNames: "setup gather_facts ansible_facts package_facts service_facts",
		Attrs: map[string]kind.Entry{
			"groups": {Doc: "What to read: os, hardware, network, mounts, users, virtualisation, packages, services. The results of the others are null.", OtherNames: "gather_subset subset filter"},
		},
	}
}

// FactsOut are the results of facts. Those of groups that were not asked for are nil.
type FactsOut struct {
	OS             *FactsOS       `cbor:"os" mito:"computed"`
	Hardware       *FactsHardware `cbor:"hardware" mito:"computed"`
	Network        *FactsNetwork  `cbor:"network" mito:"computed"`
	Mounts         []FactsMount   `cbor:"mounts" mito:"computed"`
	Users          []FactsUser    `cbor:"users" mito:"computed"`
	Groups         []FactsGroup   `cbor:"user_groups" mito:"computed"`
	Virtualisation *FactsVirtual  `cbor:"virtualisation" mito:"computed"`
	Packages       []FactsPackage `cbor:"packages" mito:"computed"`
	Services       []FactsService `cbor:"services" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"os":             {Doc: "The system. Null unless groups names os."},
			"hardware":       {Doc: "Processors, memory, disks and the maker. Null unless groups names hardware."},
			"network":        {Doc: "Interfaces, routes and resolvers. Null unless groups names network."},
			"mounts":         {Doc: "What is mounted, in the order of the kernel. Null unless groups names mounts."},
			"packages":       {Doc: "What is installed, in the order of its list. Null unless groups names packages.", OtherNames: "installed"},
			"services":       {Doc: "What can be started, in the order of its names. Null unless groups names services."},
			"users":          {Doc: "The accounts of /etc/passwd, in its order. Null unless groups names users.", OtherNames: "passwd getent_passwd"},
			"user_groups":    {Doc: "The groups of /etc/group, in its order. Null unless groups names users.", OtherNames: "group getent_group"},
			"virtualisation": {Doc: "Whether the host is a virtual machine or a container. Null unless groups names virtualisation.", OtherNames: "virtualization virtualization_type"},
		},
	}
}

func factsKind() kind.Kind {
	return reads("facts", func() Function { return &FactsIn{} }, FactsOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *FactsIn) Validate() []kind.Problem {
	if len(in.Groups) == 0 {
		return bad("groups", "No group", "groups is empty, so nothing is read. It can name %s.", strings.Join(factGroups, ", "))
	}
	for _, g := range in.Groups {
		if !slices.Contains(factGroups, g) {
			return bad("groups", "Unknown group", "groups names %q. There are: %s.", g, strings.Join(factGroups, ", "))
		}
	}
	return nil
}

// Call implements Function.
func (in *FactsIn) Call(ctx context.Context, _ Call) (any, error) {
	return here("/").facts(ctx, in.Groups)
}

// here is a directory that a machine's files are in: the root, but in tests.
type here string

func (h here) facts(ctx context.Context, groups []string) (any, error) {
	var out FactsOut
	for _, g := range groups {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		switch g {
		case "os":
			out.OS = h.system()
		case "hardware":
			out.Hardware = h.hardware()
		case "network":
			out.Network = h.network()
		case "mounts":
			out.Mounts = h.mounts()
		case "users":
			out.Users, out.Groups = h.users(), h.groups()
		case "virtualisation":
			out.Virtualisation = h.virtualisation()
		case "packages":
			var err error
			if out.Packages, err = h.packages(ctx, "groups"); err != nil {
				return nil, err
			}
		case "services":
			var err error
			if out.Services, err = h.services(ctx, "groups"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
