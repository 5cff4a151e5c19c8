package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// archiveArgs are what a block of the kind archive may set.
type archiveArgs struct {
	Path   kind.Text `cbor:"path" mito:"required,claims=path"`
	Source kind.Text `cbor:"source" mito:"required,sends=source_manifest,tree=source_contents,except=exclude,strip=strip,end"`
	Strip  int64     `cbor:"strip,omitempty" mito:"default=0"`
	treeArgs
}

// Manual says the texts of these arguments.
func (archiveArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A directory that holds what an archive of the controller holds: a tar, alone or packed with gzip, bzip2, xz or zstd, or a zip.",
		Page: kind.Page{
			Example: `context "local" "here" {}
variable "release" {
  type    = string
  default = "/root/app-1.2.tar.gz"
}
resource "archive" "app" {
  on     = context.local.here
  path   = "/opt/app"
  source = var.release
  strip  = 1
  owner  = "root"
  group  = "root"
}
`,
			Reads:   "What is at each path that the archive has: its type, owner, group and permissions, where a link points, and the SHA-256 of what a file holds. With delete also the names of all that is in these directories. The archive is read on the controller, when the plan is made: what it holds goes to the host unpacked, and only what the host lacks.",
			Drift:   "A file holds something else than the last apply left, is gone, or has another owner, group or mode; a link points elsewhere; a directory is gone. With delete: something is there that the archive does not have. The plan names each of them. Other things in the directory do not count without delete, and times never do. Where the archive has other names since the last apply, all that differs is told as not yet applied: what that apply left says nothing of these names.",
			Ansible: "ansible.builtin.unarchive with an archive of the controller. It needs no tar or unzip on either side, and no creates: each file is compared with what the archive has. extra_opts with --strip-components is strip, and remote_src is missing. An entry that leads out of the directory is an error of the plan, before anything is written. Owners in the archive count for nothing: see owner.",
			Pyinfra: "There is no operation for it: files.put and server.shell with tar, which unpack the archive at each run.",
			Limits:  "At most 100,000 things and 8 GiB, unpacked. An archive on the host itself, or at a url, is not read. Unpacking one of xz or zstd takes about 128 MiB of memory at most, which is enough for those of xz -9 and of zstd without --long; one that needs more is refused before any is taken. Filters of xz for the code of programs, and archives of zstd that need a dictionary of their own, are not read. An error are: absolute paths and those with .. in them, links that lead out of the directory, what lies in a link, devices and pipes, encrypted files, and a path that is a directory once and something else later. If a file is there twice, the last one counts, as with tar. Set-user-ID and set-group-ID bits, owners, times, access lists and extended attributes in the archive are not taken. While a plan or an apply runs, what an archive of more than 1 MiB holds lies in a temporary file of the controller that has no name. Each file changes in one step, and the directory as a whole does not. What an apply put there and a later archive has no more stays without delete. The record and contexts of other users know of it what those of a directory_sync do.",
			Traits:  []string{"source", "owner", "group", "mode", "directory_mode", "delete"},
		},
		End:        "what the archive had at the last apply is removed where it is still as that left it, and then the directory and those above that were made along, if nothing else is in them. A file that was edited since stays, and so does what others put there or other blocks are about now; the plan names it. If the directory was there before, only what applies made in it is removed; of one apply the record keeps 900 paths, of all together 10,000, and what is beyond that stays. What cannot be taken back: what was replaced or deleted, and owner and permissions of what was there before.",
		OtherNames: "unarchive unpack extract unzip untar tar",
		Attrs: map[string]kind.Entry{
			"path":           {Doc: "The directory that it is unpacked into, absolute. It is made if it is missing, with those above it. Links on the way are followed, but not those of other users in a directory that they may write in; below it none is.", OtherNames: "dest name destination"},
			"source":         {Doc: "The archive, on the controller. What it is, its beginning says, and not its name. Contents of more than 1 MiB together are only named in a saved plan: see `-bundle` of `plan`.", OtherNames: "src source_path"},
			"strip":          {Doc: "How many parts are taken off the paths in the archive: with 1, app-1.2/bin/run becomes bin/run. What has no more parts is left out.", OtherNames: "strip_components"},
			"exclude":        {Doc: "What is left out, as patterns of the paths after strip: *.log is compared with the names in all directories, cache/*.tmp with the whole path, ** in that stands for any number of directories, and tmp/ means directories only, and for delete all of that name. It is not unpacked, and delete does not remove it.", OtherNames: "excludes ignore", List: `exclude = ["doc/", "*.bat"]`},
			"delete":         {Doc: "Remove what is in the directory and neither in the archive nor excluded, and what is in the way because it is of another type. The plan lists it. More than 100,000 things are an error. What another block declares there is an error, and so is what mitoplan or the login needs.", OtherNames: "purge clean"},
			"mode":           {Doc: "Permissions of the files, as four octal digits (0644) or symbolic as of chmod, which begins with those that they have otherwise. When not set they are 0755 if the archive says that the owner may run it, and 0644 if not; and nothing for group and others if others may not read it there.", OtherNames: "permissions perms file_mode"},
			"directory_mode": {Doc: "Permissions of the directories, in the same way. When not set, a new one has 0755, or 0700 if the archive says that others may not read the directory. A directory that is there keeps its own then, and only loses those of group and others if it is one of the latter.", OtherNames: "dir_mode dirmode"},
		},
	}
}

type archiveResults struct{}

func archiveKind() kind.Kind {
	k := resource.Define("archive", func() resource.Resource { return &Archive{} }, archiveResults{})
	k.AsksLoginWith = "delete"
	return k
}

// Archive is the desired state of a directory that is as an archive of the controller, which has
// unpacked it already.
type Archive struct {
	archiveArgs
	treeSent
}

// maxStrip is more than any path has parts.
const maxStrip = 2000

// Validate implements Validator.
func (a *Archive) Validate() []kind.Problem {
	out := a.directory().withoutSource()
	if a.Source == "" {
		out = append(out, *kind.NewProblem("source", kind.CodePath, "No archive is named", "source is empty. Name a file of the machine that mitoplan runs on."))
	}
	if a.Strip < 0 || a.Strip > maxStrip {
		out = append(out, *kind.NewProblem("strip", kind.ArgumentCode("strip"), "No number of parts", "strip is %d. It says how many parts are taken off the paths in the archive; write a number from 0 to %d.", a.Strip, maxStrip))
	}
	return out
}

// directory is the same as what is wanted of a directory of the controller.
func (a *Archive) directory() *DirectorySync {
	return &DirectorySync{directorySyncArgs{Path: a.Path, Source: a.Source, treeArgs: a.treeArgs}, a.treeSent}
}

// Covers implements resource.Covering.
func (*Archive) Covers(args map[string]any) func(rel string) bool {
	return (&DirectorySync{}).Covers(args)
}

// Thing implements Resource.
func (a *Archive) Thing() kind.Thing { return kind.PathThing(string(a.Path)) }

// Check implements Resource.
func (a *Archive) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	if err := resource.FirstProblem(h, a.Validate()); err != nil {
		return resource.Change{}, err
	}
	return a.directory().Check(ctx, h)
}

// Apply implements Resource.
func (a *Archive) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	if err := resource.FirstProblem(h, a.Validate()); err != nil {
		return resource.Change{}, err
	}
	return a.directory().Apply(ctx, h)
}

// End implements Resource.
func (a *Archive) End(e resource.End) (resource.Resource, error) { return a.directory().End(e) }
