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
	Purge   bool      `cbor:"purge,omitempty" mito:"default=false"`
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
			Reads:   "What is at the path: its type, owner, group and permissions. With recurse also those of everything below, and whether files have several names. With purge the names in it, and in those directories below that hold something declared.",
			Drift:   "The owner, group or mode is another one than the last apply left, as far as the block sets it, or the directory is gone. With recurse, so it is for what is below. With purge: something is in it that no block declares. What is in a directory does not count otherwise.",
			Ansible: "file with state directory. There, mode of recurse counts for directories and files alike unless X is used; here, too. Missing directories above get mode 0755 there and here, and are taken away with the directory here.",
			Pyinfra: "files.directory, whose argument recursive is recurse here.",
			Limits:  "Links below are never followed, and what is mounted below is gone into by recurse; purge refuses to remove it. purge knows what blocks of the same machine name in their arguments, not what a command makes without saying so in creates: that would be removed by the next apply. Contexts that are on one machine through sudo and the like, and those that lead to the same host and port, count as one. Blocks of a context that leads there by another name or address do not count: what they declare would be purged.",
			Traits:  []string{"owner", "group", "mode", "recurse", "purge"},
		},
		End:        "a directory that an apply made is removed if nothing is in it at that moment, and then those above it that were made along and are empty. One that holds something stays, whatever recurse says, and is forgotten: the plan names what is in it. What cannot be taken back: what was purged; owner and permissions of a directory that was there before, and of what is below.",
		OtherNames: "dir folder",
		Attrs: map[string]kind.Entry{
			"path":       {Doc: "Where the directory is, absolute. Missing directories above it are made with mode 0755.", OtherNames: "dest name destination filename file target_path"},
			"owner":      {Doc: "Name or number of the owner. Left alone when not set.", OtherNames: "user"},
			"group":      {Doc: "Name or number of the group. Left alone when not set."},
			"mode":       {Doc: "Permissions as four octal digits (0755) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new directory gets 0755.", OtherNames: "permissions perms file_permission"},
			"recurse":    {Doc: "Give owner, group and mode to everything below too; with state absent, remove what is inside, which is all that it does if none of these is set. Links are never followed.", OtherNames: "recursive"},
			"purge":      {Doc: "Remove what is in the directory and no block of its machine declares: what is at none of their paths and above none, and what none names, as with creates or home. Names are followed through links, and the homes of accounts that blocks declare stay, too. What is in a directory that is declared itself stays; and so do the backups of what is declared, and mitoplan's agents. What mitoplan uses itself is an error: the configuration and the record on the machine that it runs on, the home and the authorized keys of who logged in. Declare it, or purge another directory. What a block leaves that is gone from the configuration stays with that apply and goes with the next one, as the plan says. The plan lists what goes. If it leaves out a block that may declare something, or cannot know what that is about yet, nothing goes, and the plan says why.", OtherNames: "clean delete exclusive"},
			"hard_links": {Doc: "Only with recurse: change files that have several names even if others may write in their directory. Without it such a file is an error: it may be one from elsewhere."},
			"state":      {Doc: "Whether the directory should be there. With absent, who may use it does not count.", OtherNames: "ensure present", Values: resource.Presence(), Instead: map[string]string{"directory": "This is one already: leave state out.", "link": aLink, "hard": aHardLink}},
		},
	}
}

type directoryResults struct{}

func directoryKind() kind.Kind {
	k := resource.Define("directory", func() resource.Resource { return &Directory{} }, directoryResults{})
	k.AsksLoginWith = "declared"
	return k
}

// Directory is the desired state of a directory.
type Directory struct {
	directoryArgs
	// Declared are the paths in it that blocks declare, relative to it. It is nil as long as
	// not all of them are known. Waits is why they will not be with this plan.
	Declared []kind.Text `cbor:"declared" mito:"sent"`
	Waits    *string     `cbor:"purge_waits,omitempty" mito:"sent"`
	// Named are absolute paths that blocks name, Accounts the accounts that they declare. Own
	// are files that mitoplan uses itself. Later are paths that stay now, as blocks that are gone
	// from the configuration leave them, and that no block declares afterwards.
	Named    []kind.Text `cbor:"purge_named,omitempty" mito:"sent"`
	Accounts []kind.Text `cbor:"purge_accounts,omitempty" mito:"sent"`
	Own      []kind.Text `cbor:"purge_own,omitempty" mito:"sent"`
	Later    []kind.Text `cbor:"purge_later,omitempty" mito:"sent"`
}

// Validate implements Validator.
func (d *Directory) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", d.Path), resource.CheckState(d.State)...)
	out = append(out, resource.CheckMode(d.Mode)...)
	if path.Clean(string(d.Path)) == "/" && d.State == "absent" {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The root directory cannot be removed", "path is %q.", string(d.Path)))
	}
	if d.Purge && d.State == "absent" {
		out = append(out, resource.Excluding("purge", "state is absent, so that the directory goes, and purge is about what stays in it. Set recurse to remove what is inside, or remove purge.")...)
	}
	if d.Links && !d.Recurse {
		out = append(out, resource.Excluding("recurse", "hard_links is about the files that recurse reaches, and recurse is not set. Set recurse, or remove hard_links.")...)
	}
	return out
}
