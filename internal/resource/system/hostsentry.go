package system

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// hostsEntryArgs are what a block of the kind hosts_entry may set.
type hostsEntryArgs struct {
	Address string     `cbor:"address" mito:"required,end,shows=content"`
	Names   []string   `cbor:"names,omitempty" mito:"itself,shows=content"`
	Path    *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/hosts"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false,end"`
	InPlace bool       `cbor:"in_place,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (hostsEntryArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An address and its names, in /etc/hosts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "hosts_entry" "database" {
  on      = context.local.here
  address = "10.0.0.5"
  names = [
    "db.example.com",
    "db",
  ]
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Blocks of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The line of the address has other names, or another order of them, or is gone or there again. Blanks, remarks behind a number sign, and all other lines do not count.",
			Ansible: "There is no such module. Roles use lineinfile with a regexp for the address, or blockinfile. The line of an address is found here however the address and the blanks are written, and a remark behind its names stays.",
			Pyinfra: "files.line with an expression. There is no operation of its own.",
			Limits:  "All names of an address stand in one line: lines of the same address are made one. Other sources that nsswitch.conf names, such as DNS, are not looked at. What writes the file at each start of a machine, as cloud-init does with manage_etc_hosts, undoes the change: turn that off there. A file that is mounted by itself, as in a container, needs in_place.",
			Traits:  []string{"names", "content"},
		},
		End:        "the line that an apply added is taken out, if it has the names that the last apply left. An address that had a line before keeps it as it is; if backup was set when that was first changed, its former names are put back. A file that was made for the entry goes with it. What cannot be taken back: an entry that was removed, and lines of one address that became one.",
		OtherNames: "hosts host hostsfile_entry",
		Attrs: map[string]kind.Entry{
			"address":  {Doc: "The address, as 10.0.0.5 or fe80::1. Each has one block at most.", OtherNames: "ip ip_address host"},
			"names":    {Doc: "All names that the address has, the full one first: that is the name which others are told. localhost stays a name of 127.0.0.1 and ::1.", OtherNames: "name hostname hostnames aliases host_aliases", List: `names = ["db.example.com", "db"]`},
			"path":     {Doc: "The file, absolute. It is made if it is missing. A symbolic link is followed.", OtherNames: "dest file"},
			"state":    {Doc: "Whether the address should have a line. With absent, names do not count.", OtherNames: "ensure present", Values: resource.Presence()},
			"backup":   {Doc: "Keep what the file held, beside it, with the time in its name, before it is changed."},
			"in_place": {Doc: "Write into the file that is there instead of putting a new one in its place, as it is needed where /etc/hosts is mounted by itself. It is not done in one step; see docs/in-place.md."},
		},
	}
}

func hostsEntryKind() kind.Kind {
	return resource.Define("hosts_entry", func() resource.Resource { return &HostsEntry{} }, files.PartResults{})
}

// HostsEntry is the desired state of what /etc/hosts says of one address.
type HostsEntry struct{ hostsEntryArgs }

// Validate implements kind.Validator.
func (e *HostsEntry) Validate() []kind.Problem {
	out := append(checkTable(e.Path), resource.CheckState(e.State)...)
	addr, err := netip.ParseAddr(e.Address)
	if err != nil {
		return append(out, wrong("address", "No address", "address is %q. Write one address of a machine, as 10.0.0.5 or fe80::1, without the length of a network.", e.Address)...)
	}
	if e.State == "absent" {
		if ofLocalhost(addr) {
			out = append(out, e.loopback()...)
		}
		return out
	}
	return append(out, e.checkNames(addr)...)
}

// checkNames returns what is wrong with the names.
func (e *HostsEntry) checkNames(addr netip.Addr) []kind.Problem {
	if len(e.Names) == 0 {
		return wrong("names", "No name", "An address without a name is no entry. Name it in names, or set state to absent to take its line out.")
	}
	seen := map[string]bool{}
	for _, name := range e.Names {
		_, err := netip.ParseAddr(name)
		low := strings.ToLower(name)
		switch {
		case !hostName(name):
			return wrong("names", "No name of a machine", "%q cannot be a name in /etc/hosts: use letters, digits, dots, hyphens and underscores, 253 characters at most.", name)
		case err == nil:
			return wrong("names", "An address as a name", "%q is an address, and names are what people write instead of one.", name)
		case seen[low]:
			return wrong("names", "A name twice", "%q is in names twice. Remove one.", name)
		case low == "localhost" && !addr.IsLoopback():
			return wrong("names", "localhost is this machine", "%s is not this machine, and programs that ask for localhost would talk to another one. Remove the name.", e.Address)
		}
		seen[low] = true
	}
	localhost := seen["localhost"] || addr.Is6() && seen["ip6-localhost"]
	if ofLocalhost(addr) && !localhost {
		return e.loopback()
	}
	return nil
}

// ofLocalhost reports whether programs take an address for that of localhost.
func ofLocalhost(addr netip.Addr) bool {
	one := addr.Unmap().String()
	return one == "127.0.0.1" || one == "::1"
}

// loopback is the problem of a block that takes localhost its address.
func (e *HostsEntry) loopback() []kind.Problem {
	attr := "names"
	if e.State == "absent" {
		attr = "state"
	}
	return wrong(attr, "localhost would lose its address", "%s is the address of localhost, which programs rely on. Keep localhost among its names; for further names of this machine there is 127.0.1.1.", e.Address)
}

// Part implements Parted.
func (*HostsEntry) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	return part(edit.Hosts, "address", args, unknown, plainAddress)
}

// plainAddress is an address in the form that others of it have.
func plainAddress(s string) string {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String()
	}
	return s
}

// shared are the names that another address of the same sort has in a content, and that
// address.
func (e *HostsEntry) shared(content []byte) (names []string, other string) {
	mine, _ := netip.ParseAddr(e.Address)
	for _, row := range edit.RowsOf(content) {
		line, _, _ := strings.Cut(string(row.Text), "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		theirs, err := netip.ParseAddr(f[0])
		if err != nil || theirs == mine || theirs.Is4() != mine.Is4() || theirs.IsLoopback() && mine.IsLoopback() {
			continue
		}
		for _, name := range f[1:] {
			if slices.ContainsFunc(e.Names, func(n string) bool { return strings.EqualFold(n, name) }) && (other == "" || other == f[0]) {
				names, other = append(names, name), f[0]
			}
		}
	}
	return names, other
}
