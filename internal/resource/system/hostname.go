package system

import (
	"net/netip"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// hostnameArgs are what a block of the kind hostname may set.
type hostnameArgs struct {
	Name    string     `cbor:"name" mito:"required,itself,shows=content|running"`
	Path    *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/hostname"`
	Runtime *bool      `cbor:"runtime,omitempty" mito:"default=true,shows=running"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false,end"`
	InPlace bool       `cbor:"in_place,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (hostnameArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "The name that the machine has: now, and when it starts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "hostname" "here" {
  on         = context.local.here
  name       = "web1"
  runtime    = false
  depends_on = [hosts_entry.here]
}
resource "hosts_entry" "here" {
  on      = context.local.here
  address = "127.0.1.1"
  names = [
    "web1.example.com",
    "web1",
  ]
}
`,
			Reads:   "The name that the kernel has, all of /etc/hostname, with its owner, group and permissions, and of a name that changes whether /etc/hosts or nsswitch.conf finds its address. The attribute running of the difference is what the kernel has, content what the file holds.",
			Drift:   "The kernel has another name, or /etc/hostname says another one or none. Remarks and empty lines of the file do not count.",
			Ansible: "ansible.builtin.hostname. It asks no program, such as hostnamectl, and has no argument use: both names are compared and set here. It does not set the names for people and of DHCP that hostnamectl calls pretty and transient.",
			Pyinfra: "server.hostname, of which hostname is name and hostname_file is path.",
			Limits:  "Programs that run may keep the old name: restart them. What a machine calls itself when it starts may come from elsewhere: of cloud-init unless its file says preserve_hostname: true, on Gentoo of /etc/conf.d/hostname, in a container of what started it. In a container that may not set its name use runtime = false, and in_place where /etc/hostname is mounted by itself. The address of the name is no part of this kind: see hosts_entry. The name with a domain belongs into /etc/hosts, before the short one; the kernel takes either. What was tested: the name of a kernel of namespaces.",
			Traits:  []string{"name", "content"},
		},
		End:        "the line that an apply added to /etc/hostname is taken out, and a file that was made for it goes with it. A name that the file had before stays as it is; if backup was set when that was first changed, it is put back. What cannot be taken back: the name that the kernel has now, which stays until the machine starts anew.",
		OtherNames: "host_name",
		Attrs: map[string]kind.Entry{
			"name":     {Doc: "The name: letters, digits and hyphens, 64 characters at most. It may have a domain, as web1.example.com, but most programs expect the short one.", OtherNames: "hostname fqdn"},
			"path":     {Doc: "The file that keeps the name, absolute. It is made if it is missing, and only the line of the name is touched in it.", OtherNames: "hostname_file dest"},
			"runtime":  {Doc: "Give the kernel the name now.", OtherNames: "live now"},
			"backup":   {Doc: "Keep what the file held, beside it, with the time in its name, before it is changed."},
			"in_place": {Doc: "Write into the file that is there instead of putting a new one in its place, as it is needed where /etc/hostname is mounted by itself. It is not done in one step; see docs/in-place.md."},
		},
	}
}

func hostnameKind() kind.Kind {
	return resource.Define("hostname", func() resource.Resource { return &Hostname{} }, files.PartResults{})
}

// Hostname is the desired name of a machine.
type Hostname struct{ hostnameArgs }

// maxHostname is the length of the longest name that the kernel takes.
const maxHostname = 64

// Validate implements kind.Validator.
func (n *Hostname) Validate() []kind.Problem {
	out := checkTable(n.Path)
	_, err := netip.ParseAddr(n.Name)
	switch low := strings.ToLower(n.Name); {
	case err == nil:
		return append(out, wrong("name", "An address as a name", "name is %q, which is an address, and programs would take it for one. Write a name.", n.Name)...)
	case low == "localhost" || strings.HasPrefix(low, "localhost."):
		return append(out, wrong("name", "localhost is every machine", "Every machine is localhost to itself, so that this one could not be told from others. Write another name.")...)
	case !hostName(n.Name) || len(n.Name) > maxHostname || strings.Contains(n.Name, "_") || badLabel(n.Name):
		return append(out, wrong("name", "No name of a machine", "name is %q. Use letters, digits and hyphens, with dots between the parts; 63 characters in a part at most, and 64 in all.", n.Name)...)
	}
	return out
}

// badLabel reports whether a part of a name is too long, or has a hyphen at an end.
func badLabel(name string) bool {
	for _, label := range strings.Split(name, ".") {
		if len(label) > 63 || strings.Trim(label, "-") != label {
			return true
		}
	}
	return false
}

// Part implements Parted. A file has one name, whatever that is.
func (*Hostname) Part(*resource.Parts, map[string]any, []string) resource.Part {
	return resource.Part{Item: edit.Hostname + " " + edit.Hostname}
}

// item is the line in the file.
func (n *Hostname) item() *files.Item {
	return &files.Item{
		Item: edit.Item{Table: edit.Hostname, Key: edit.Hostname, Lines: []string{n.Name}},
		Path: wanted(n.Path, "/etc/hostname"), Attr: "name", Part: "this name", From: []string{"name"}, Create: true, Backup: n.Backup, InPlace: n.InPlace,
	}
}
