package files

import (
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// directoryArgs are what a block of the kind directory may set.
type directoryArgs struct {
	Path    kind.Text `cbor:"path" mito:"required,claims=path"`
	Owner   *string   `cbor:"owner,omitempty" mito:"needs=user,access"`
	Group   *string   `cbor:"group,omitempty" mito:"needs=group,access"`
	Mode    *string   `cbor:"mode,omitempty" mito:"form=mode,access"`
	Recurse bool      `cbor:"recurse,omitempty" mito:"default=false"`
	Links   bool      `cbor:"hard_links,omitempty" mito:"default=false"`
	State   string    `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (directoryArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A directory: its owner and permissions.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "directory" "site" {
  on    = context.local.here
  path  = "/srv/site"
  owner = "root"
  group = "root"
  mode  = "0755"
}
resource "directory" "cache" {
  on   = context.local.here
  path = "${directory.site.path}/cache"
  mode = "0700"
}
`,
			Reads:   "What is at the path: its type, owner, group and permissions. With recurse also those of everything below, and whether files have several names.",
			Drift:   "The owner, group or mode is another one than the last apply left, as far as the block sets it, or the directory is gone. With recurse, so it is for what is below. What is in a directory does not count otherwise.",
			Ansible: "file with state directory. There, mode of recurse counts for directories and files alike unless X is used; here, too. Missing directories above get mode 0755 there and here, and are taken away with the directory here.",
			Pyinfra: "files.directory, whose argument recursive is recurse here.",
			Limits:  "What nobody declares stays: there is no purge. Links below are never followed, and what is mounted below is gone into.",
			Traits:  []string{"owner", "group", "mode", "recurse"},
		},
		End:        "a directory that an apply made is removed if nothing is in it at that moment, and then those above it that were made along and are empty. One that holds something stays, whatever recurse says, and is forgotten: the plan names what is in it. What cannot be taken back: owner and permissions of a directory that was there before, and of what is below.",
		OtherNames: "dir folder",
		Attrs: map[string]kind.Entry{
			"path":       {Doc: "Where the directory is, absolute. Missing directories above it are made with mode 0755.", OtherNames: "dest name destination filename file target_path"},
			"owner":      {Doc: "Name or number of the owner. Left alone when not set.", OtherNames: "user"},
			"group":      {Doc: "Name or number of the group. Left alone when not set."},
			"mode":       {Doc: "Permissions as four octal digits (0755) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new directory gets 0755.", OtherNames: "permissions perms file_permission"},
			"recurse":    {Doc: "Give owner, group and mode to everything below too; with state absent, remove what is inside, which is all that it does if none of these is set. Links are never followed.", OtherNames: "recursive"},
			"hard_links": {Doc: "Only with recurse: change files that have several names even if others may write in their directory. Without it such a file is an error: it may be one from elsewhere."},
			"state":      {Doc: "Whether the directory should be there. With absent, who may use it does not count.", OtherNames: "ensure present", Values: resource.Presence(), Instead: map[string]string{"directory": "This is one already: leave state out.", "link": aLink, "hard": aHardLink}},
		},
	}
}

type directoryResults struct{}

func directoryKind() kind.Kind {
	return resource.Define("directory", func() resource.Resource { return &Directory{} }, directoryResults{})
}

// Directory is the desired state of a directory.
type Directory struct{ directoryArgs }

// Validate implements Validator.
func (d *Directory) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", d.Path), resource.CheckState(d.State)...)
	out = append(out, resource.CheckMode(d.Mode)...)
	if path.Clean(string(d.Path)) == "/" && d.State == "absent" {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The root directory cannot be removed", "path is %q.", string(d.Path)))
	}
	if d.Links && !d.Recurse {
		out = append(out, resource.Excluding("recurse", "hard_links is about the files that recurse reaches, and recurse is not set. Set recurse, or remove hard_links.")...)
	}
	return out
}
