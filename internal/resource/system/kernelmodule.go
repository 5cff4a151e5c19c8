package system

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// The files that keep a module and its parameters.
const (
	modulesFile  = "/etc/modules-load.d/mitoplan.conf"
	modprobeFile = "/etc/modprobe.d/mitoplan.conf"
)

// kernelModuleArgs are what a block of the kind kernel_module may set.
type kernelModuleArgs struct {
	Name   string     `cbor:"name" mito:"required,end,public,shows=content|options|loaded"`
	Params *string    `cbor:"params,omitempty" mito:"end,shows=options|content"`
	Path   *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/modules-load.d/mitoplan.conf"`
	// OptionsPath names no thing: a block is about the file in Path alone.
	OptionsPath *kind.Text `cbor:"options_path,omitempty" mito:"end,public,default=/etc/modprobe.d/mitoplan.conf"`
	Persist     *bool      `cbor:"persist,omitempty" mito:"end,default=true,shows=content|options"`
	Runtime     *bool      `cbor:"runtime,omitempty" mito:"default=true,shows=loaded"`
	State       string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (kernelModuleArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A module of the kernel: loaded now, and when the machine starts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "kernel_module" "bridge" {
  on      = context.local.here
  name    = "br_netfilter"
  runtime = false
}
resource "directory" "modprobe" {
  on   = context.local.here
  path = "/etc/modprobe.d"
}
resource "kernel_module" "dummy" {
  on         = context.local.here
  name       = "dummy"
  params     = "numdummies=2"
  runtime    = false
  depends_on = [directory.modprobe]
}
`,
			Reads:   "What the kernel shows of the module in /sys/module, the list of those that are built into it, whether modprobe finds the module, and the two files that keep it. The attribute loaded of the difference is whether the kernel has it, content what the file of /etc/modules-load.d holds, options the line in that of /etc/modprobe.d.",
			Drift:   "The module is not loaded any more, or is; or a line that keeps it says something else, or is gone or there again. Hyphens and underscores in names are the same. With which parameters a module was loaded does not count.",
			Ansible: "community.general.modprobe, whose persistent is persist here. It makes a file for each module, and this kind a line in one file. kernel_blacklist is a resource \"line\" in a file of /etc/modprobe.d, as \"blacklist NAME\" or \"install NAME /bin/false\".",
			Pyinfra: "server.modprobe, of which module is name. It keeps nothing.",
			Limits:  "If options_path changes, the line in the former file stays. A module that is loaded is not loaded anew if params changes: what it does now may stop then. Load it anew by hand, or start the machine anew. Modules that an initramfs loads get their parameters from there: make that anew. In a container the modules are those of the host. On machines without /etc/modules-load.d, as Alpine, name /etc/modules in path. What was tested: the files, and loading with a program that speaks for modprobe, as the kernels of the tests have no modules.",
			Traits:  []string{"name", "params", "content"},
		},
		End:        "the lines that an apply added are taken out of their files, if they say what the last apply left, and files that were made for them go with them. If one of the two lines was there before, both stay. What cannot be taken back: a module that was loaded stays so until the machine starts anew, and one that was unloaded is not loaded.",
		OtherNames: "modprobe module kmod",
		Attrs: map[string]kind.Entry{
			"name":         {Doc: "The module. Hyphens and underscores are the same.", OtherNames: "module"},
			"params":       {Doc: "The parameters that it is loaded with, separated by blanks, as numdummies=2. Left alone when not set; an empty text takes those away that the file has.", OtherNames: "options parameters args"},
			"path":         {Doc: "The file with the names of modules that are loaded when the machine starts, absolute. It is made if it is missing."},
			"options_path": {Doc: "The file that keeps params, absolute. It is made if it is missing."},
			"persist":      {Doc: "Keep it in these files, so that it is loaded when the machine starts.", OtherNames: "persistent boot"},
			"runtime":      {Doc: "Load it now; with state absent, unload it.", OtherNames: "live now"},
			"state":        {Doc: "Whether it should be loaded. With absent it is unloaded unless something uses it, and its lines are taken out; params does not count.", OtherNames: "ensure present", Values: resource.Presence(), Instead: map[string]string{"loaded": "That is what present does.", "unloaded": "Set state to absent.", "blacklisted": `Use a resource "line" in a file of /etc/modprobe.d.`}},
		},
	}
}

func kernelModuleKind() kind.Kind {
	return resource.Define("kernel_module", func() resource.Resource { return &KernelModule{} }, files.PartResults{})
}

// KernelModule is the desired state of a module of the kernel.
type KernelModule struct{ kernelModuleArgs }

// Validate implements kind.Validator.
func (k *KernelModule) Validate() []kind.Problem {
	out := append(checkTable(k.Path), resource.CheckState(k.State)...)
	if k.OptionsPath != nil {
		out = append(out, filesystem.CheckPath("options_path", *k.OptionsPath)...)
	}
	if path.Clean(string(k.loads().Path)) == path.Clean(string(wanted(k.OptionsPath, modprobeFile))) {
		out = append(out, resource.Excluding("options_path", "path and options_path name one file. The names of modules and their parameters are in files of two forms.")...)
	}
	if len(k.Name) > 55 || !word(k.Name, "-_") {
		out = append(out, wrong("name", "No name of a module", "name is %q. Write it as lsmod shows it, without a path and without .ko.", k.Name)...)
	}
	switch {
	case !k.persists() && !k.runs():
		out = append(out, resource.Excluding("runtime", "persist and runtime are both false, so that nothing would be done. Remove one of them.")...)
	case k.gone() || k.Params == nil:
	case !oneLine(*k.Params) || strings.ContainsAny(*k.Params, "#\\"):
		out = append(out, wrong("params", "No parameters of a module", "params has a line end, a number sign, a backslash or a character that nobody sees. Separate parameters by blanks, as in numdummies=2.")...)
	default:
		for _, p := range strings.Fields(*k.Params) {
			if p[0] == '-' || p[0] == '=' {
				out = append(out, wrong("params", "No parameters of a module", "A parameter begins with %q. Write each as name=value.", p[:1])...)
				break
			}
		}
	}
	return out
}

// Part implements Parted.
func (*KernelModule) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if args["persist"] == false {
		return resource.Part{}
	}
	return part(edit.Modules, "name", args, unknown, edit.ModuleName)
}

func (k *KernelModule) persists() bool { return k.Persist == nil || *k.Persist }

func (k *KernelModule) runs() bool { return k.Runtime == nil || *k.Runtime }

func (k *KernelModule) gone() bool { return k.State == "absent" }

// params are the parameters, each after one blank.
func (k *KernelModule) params() string {
	if k.Params == nil {
		return ""
	}
	return strings.Join(strings.Fields(*k.Params), " ")
}

// loads is the line that has it loaded.
func (k *KernelModule) loads() *files.Item {
	r := &files.Item{
		Item: edit.Item{Table: edit.Modules, Key: edit.ModuleName(k.Name)},
		Path: wanted(k.Path, modulesFile), Attr: "name", Part: "this module",
		From: []string{"name", "state"}, Gone: k.gone(), Create: true,
	}
	if !r.Gone {
		r.Lines = []string{k.Name}
	}
	return r
}

// options is the line with its parameters; nil if that is left alone. unknown is whether there
// are some that are not known yet.
func (k *KernelModule) options(unknown bool) *files.Item {
	if k.Params == nil && !k.gone() && !unknown {
		return nil
	}
	r := &files.Item{
		Item: edit.Item{Table: edit.ModuleOptions, Key: edit.ModuleName(k.Name)},
		Path: wanted(k.OptionsPath, modprobeFile), Attr: "params", Part: "this module",
		From: []string{"name", "state"}, Gone: k.gone() || k.params() == "" && !unknown, Create: true,
	}
	if !k.gone() {
		r.From = append(r.From, "params")
	}
	if !r.Gone {
		r.Lines = []string{"options " + k.Name + " " + k.params()}
	}
	return r
}
