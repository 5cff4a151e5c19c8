package system

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// sysctlArgs are what a block of the kind sysctl may set.
type sysctlArgs struct {
	Name    string     `cbor:"name" mito:"required,end,shows=content|value"`
	Value   *string    `cbor:"value,omitempty" mito:"itself,shows=content"`
	Path    *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/sysctl.d/99-zz-mitoplan.conf"`
	Persist *bool      `cbor:"persist,omitempty" mito:"end,default=true,shows=content"`
	Runtime *bool      `cbor:"runtime,omitempty" mito:"default=true,shows=value"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (sysctlArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A setting of the kernel: the value that counts now, and the one that is set when the machine starts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "sysctl" "forward" {
  on    = context.local.here
  name  = "net.ipv4.ip_forward"
  value = "1"
}
resource "sysctl" "ports" {
  on    = context.local.here
  name  = "net.ipv4.ip_local_port_range"
  value = "20000 60999"
}
`,
			Reads:   "The value in /proc/sys, all of the file that keeps it, with its owner, group and permissions, and of the other files that are read when the machine starts those that may win over it. The attribute value of the difference is what the kernel has, content what the file holds.",
			Drift:   "The kernel has another value, or the line of the setting says another one, or is gone or there again. Blanks, and other lines and files, do not count; that another file wins is a warning of each plan.",
			Ansible: "ansible.posix.sysctl, of which sysctl_file is path here. There the value that counts now is changed only with sysctl_set, or by reading the whole file again. Here it is compared and set by itself, and no other setting of the file is touched. The file is one of /etc/sysctl.d and not /etc/sysctl.conf, which systemd does not read everywhere. Blanks in a value need not be as the kernel writes them. ignoreerrors has no counterpart.",
			Pyinfra: "server.sysctl, of which key is name and persist_file is path. It keeps nothing unless persist is set.",
			Limits:  "A setting that can only be written, such as net.ipv4.route.flush, is an event and no state: run sysctl in a call. The kernel sets some values anew where another is written: net.ipv4.ip_forward and net.ipv4.conf.all.forwarding set net.ipv4.conf.* as for a host or for a router. Name such a block in depends_on of the others, or the next plan shows what it set. Lines with globs, as systemd takes them, and files of an initramfs are not looked at. In a container most settings are read-only, or are those of the host. What was tested: settings of a network and of the name of the machine, with a kernel of namespaces; others by the files alone.",
			Traits:  []string{"value", "content"},
		},
		End:        "the line that an apply added is taken out of its file, if it says what the last apply left, and a file that was made for it goes with it. What cannot be taken back: the value that the kernel has now, which stays until the machine starts anew, as no record holds what it was before; and a line that was there before.",
		OtherNames: "sysctl_set kernel_parameter",
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "The setting, as net.ipv4.ip_forward. Slashes may stand for the dots: then a dot belongs to a name, as in net/ipv4/conf/eth0.100/rp_filter.", OtherNames: "key setting"},
			"value":   {Doc: "The value, in any form that the kernel takes. Several numbers are separated by blanks.", OtherNames: "val"},
			"path":    {Doc: "The file that keeps the value, absolute. It is made if it is missing, and only the line of this setting is touched in it.", OtherNames: "sysctl_file persist_file file dest"},
			"persist": {Doc: "Keep the value in that file, so that it counts when the machine starts anew."},
			"runtime": {Doc: "Set the value that the kernel has now.", OtherNames: "sysctl_set reload live"},
			"state":   {Doc: "Whether the file should set it. With absent its line is taken out, the value that the kernel has now stays, and value does not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

func sysctlKind() kind.Kind {
	return resource.Define("sysctl", func() resource.Resource { return &Sysctl{} }, files.PartResults{})
}

// Sysctl is the desired state of a setting of the kernel.
type Sysctl struct{ sysctlArgs }

// Validate implements kind.Validator.
func (s *Sysctl) Validate() []kind.Problem {
	out := append(checkTable(s.Path), resource.CheckState(s.State)...)
	if !settingName(s.Name) {
		out = append(out, wrong("name", "No name of a setting", "name is %q. Write it as net.ipv4.ip_forward, the path below /proc/sys with dots.", s.Name)...)
	}
	switch {
	case s.State == "absent" && !s.persists():
		out = append(out, resource.Excluding("persist", "state is absent, which takes the setting out of its file, and persist is false, which leaves that alone. Remove one of them.")...)
	case s.State == "absent":
	case !s.persists() && !s.runs():
		out = append(out, resource.Excluding("runtime", "persist and runtime are both false, so that nothing would be set. Remove one of them.")...)
	case s.Value == nil:
		out = append(out, wrong("value", "No value", "Nothing says what the setting should be. Set value, or set state to absent to take it out of its file.")...)
	case strings.TrimSpace(*s.Value) == "" || !oneLine(strings.ReplaceAll(*s.Value, "\t", " ")):
		out = append(out, wrong("value", "No value of a setting", "value is empty or has more than one line, and a setting is one line. Write it as the kernel shows it in /proc/sys.")...)
	}
	return out
}

// settingName reports whether a text leads to a file below /proc/sys.
func settingName(s string) bool {
	name := edit.SettingName(s)
	return strings.ContainsRune(name, '.') && !strings.ContainsAny(name, "=#;*?[ \t") && oneLine(name) && name[0] != '-' &&
		!strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..") && !strings.Contains(name, "./") && !strings.Contains(name, "/.") && !strings.HasSuffix(name, "/")
}

// Part implements Parted.
func (*Sysctl) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if args["persist"] == false {
		return resource.Part{}
	}
	return part(edit.Settings, "name", args, unknown, edit.SettingName)
}

func (s *Sysctl) persists() bool { return s.Persist == nil || *s.Persist }

func (s *Sysctl) runs() bool { return (s.Runtime == nil || *s.Runtime) && s.State != "absent" }

// inProc is the file in which the kernel shows and takes the value.
func (s *Sysctl) inProc() string {
	swapped := strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, edit.SettingName(s.Name))
	return "/proc/sys/" + swapped
}
