package files

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/tree"
)

// directorySyncArgs are what a block of the kind directory_sync may set.
type directorySyncArgs struct {
	Path   kind.Text `cbor:"path" mito:"required,claims=path"`
	Source kind.Text `cbor:"source" mito:"required,sends=source_manifest,tree=source_contents,except=exclude,end"`
	treeArgs
}

// Manual says the texts of these arguments.
func (directorySyncArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A directory that holds what a directory on the controller holds: its files, directories and links.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "directory_sync" "site" {
  on      = context.local.here
  path    = "/srv/site"
  source  = "."
  exclude = ["*.hcl", ".mitoplan", "uploads/"]
  delete  = true
  owner   = "root"
  group   = "root"
}
`,
			Reads:   "What is at each path that the source has: its type, owner, group and permissions, where a link points, and the SHA-256 of what a file holds. With delete also the names of all that is in these directories. The source is read once: its list goes to the host with the plan if the host does not remember it, and only contents that the host lacks go there with the apply, all of them in one stream.",
			Drift:   "A file holds something else than the last apply left, is gone, or has another owner, group or mode; a link points elsewhere; a directory is gone. With delete: something is there that the source does not have. The plan names each of them. Other things in the directory do not count without delete, and times never do. Where the source has other names since the last apply, all that differs is told as not yet applied: what that apply left says nothing of these names.",
			Ansible: "ansible.posix.synchronize, and copy with a directory as src. It takes the way that the context leads, through sudo and other hosts, and needs no rsync on either side. A plan lists what would change, and what delete would remove. Permissions are not copied bit by bit: see mode. Files are compared by what they hold, never by their times, and one that is replaced stays until the new one is on disk.",
			Pyinfra: "files.sync, which asks for each file by itself. mode and dir_mode are mode and directory_mode, and exclude takes the place of exclude_dir, too.",
			Limits:  "At most 100,000 things, in any size. Devices, sockets and pipes in the source are an error. Hard links become files of their own; extended attributes, access lists and times are not copied, and stay as they are on files that are there. Each file changes in one step, and the directory as a whole does not: an apply that is cut short leaves some files new and others old, and the next one does the rest. The record keeps the list of what is in the source, some 50 bytes for each file. What an apply put there and the source has no more stays without delete. The paths of other blocks must not be in what the source has. Contexts of other users on the machine are told of the first 200 directories and files that change: a plan in which they read others of them has to be made after the apply.",
			Traits:  []string{"source", "owner", "group", "mode", "directory_mode", "delete"},
		},
		End:        "what the source had at the last apply is removed where it is still as that left it, and then the directory and those above that were made along, if nothing else is in them. A file that was edited since stays, and so does what others put there or other blocks are about now; the plan names it. If the directory was there before, only what applies made in it is removed; of one apply the record keeps 900 paths, of all together 10,000, and what is beyond that stays. What cannot be taken back: what was replaced or deleted, and owner and permissions of what was there before.",
		OtherNames: "sync synchronize rsync copy_directory",
		Attrs: map[string]kind.Entry{
			"path":           {Doc: "Where the directory is, absolute. It is made if it is missing, with those above it. Links on the way are followed, but not those of other users in a directory that they may write in; below it none is.", OtherNames: "dest name destination target_path"},
			"source":         {Doc: "A directory on the controller. Links in it are copied as links, whatever they lead to. Contents of more than 1 MiB together are only named in a saved plan: see `-bundle` of `plan`.", OtherNames: "src source_path"},
			"exclude":        {Doc: "What is left out, as patterns: *.log is compared with the names in all directories, cache/*.tmp with the whole path, ** in that stands for any number of directories, and tmp/ means directories only, and for delete all of that name. It is not copied, and delete does not remove it.", OtherNames: "exclude_dir excludes ignore", List: `exclude = [".git", "*.log"]`},
			"delete":         {Doc: "Remove what is in the directory and neither in the source nor excluded, and what is in the way because it is of another type. The plan lists it. More than 100,000 things are an error. What another block declares there is an error, and so is what mitoplan or the login needs.", OtherNames: "purge clean"},
			"mode":           {Doc: "Permissions of the files, as four octal digits (0644) or symbolic as of chmod, which begins with those that they have otherwise. When not set they are 0755 if the owner of the file in the source may run it, and 0644 if not; and nothing for group and others if others may not read it there.", OtherNames: "permissions perms file_mode"},
			"directory_mode": {Doc: "Permissions of the directories, in the same way. When not set, a new one has 0755, or 0700 if others may not read the directory in the source. A directory that is there keeps its own then, and only loses those of group and others if it is one of the latter.", OtherNames: "dir_mode dirmode"},
		},
	}
}

type directorySyncResults struct{}

func directorySyncKind() kind.Kind {
	k := resource.Define("directory_sync", func() resource.Resource { return &DirectorySync{} }, directorySyncResults{})
	k.AsksLoginWith = "delete"
	return k
}

// DirectorySync is the desired state of a directory that is as one of the controller.
type DirectorySync struct {
	directorySyncArgs
	treeSent
}

// Validate implements Validator.
func (d *DirectorySync) Validate() []kind.Problem {
	out := d.withoutSource()
	if d.Source == "" {
		out = append(out, *kind.NewProblem("source", kind.CodePath, "No directory is named", "source is empty. Name a directory of the machine that mitoplan runs on; \".\" is that of the configuration."))
	}
	return out
}

// withoutSource are the problems of all arguments but the source.
func (d *DirectorySync) withoutSource() []kind.Problem {
	out := filesystem.CheckPath("path", d.Path)
	out = append(out, resource.CheckMode(d.Mode)...)
	for _, p := range resource.CheckMode(d.DirectoryMode) {
		p.Attr = "directory_mode"
		out = append(out, p)
	}
	if path.Clean(string(d.Path)) == "/" && d.Delete {
		out = append(out, *kind.NewProblem("delete", kind.CodePath, "The root directory is not emptied", "path is %q, so delete would remove all of the system that is not in the source. Name a directory below it, or remove delete.", string(d.Path)))
	}
	if _, err := d.excluded(); err != nil {
		out = append(out, *kind.NewProblem("exclude", kind.ArgumentCode("exclude"), "Bad pattern", "In exclude, %v. Write a name such as *.log, or a path that begins in the directory, such as cache/**/*.tmp.", err))
	}
	return out
}

// excluded are the patterns of exclude.
func (d *DirectorySync) excluded() (tree.Exclude, error) {
	patterns := make([]string, len(d.Exclude))
	for k, p := range d.Exclude {
		patterns[k] = string(p)
	}
	return tree.ParseExclude(patterns)
}

// Covers implements resource.Covering: it manages what the source has and, with delete, all that
// is not excluded.
func (*DirectorySync) Covers(args map[string]any) func(rel string) bool {
	sent, _ := resource.WireText(args["source_manifest"])
	list, err := tree.Decode([]byte(sent))
	if err != nil {
		return nil
	}
	var patterns []string
	listed, _ := args["exclude"].([]any)
	for _, v := range listed {
		text, _ := resource.WireText(v)
		patterns = append(patterns, text)
	}
	exclude, err := tree.ParseExclude(patterns)
	if err != nil {
		return nil
	}
	sorts := make(map[string]tree.Sort, len(list.Entries))
	for _, e := range list.Entries {
		sorts[e.Path] = e.Sort
	}
	return func(rel string) bool {
		if args["delete"] == true && !exclude.Covers(rel, true) && !exclude.Covers(rel, false) {
			return true
		}
		for at := rel; at != "."; at = path.Dir(at) {
			// What is behind a file or a link of the source is not where the block says.
			if sort, has := sorts[at]; has && (at == rel || sort != tree.Directory) {
				return true
			}
		}
		return false
	}
}

// within reports whether a path is below a directory, both relative or both absolute.
func within(p, dir string) bool { return strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") }

// entryType is the type on a host of what is in a source.
func entryType(s tree.Sort) resource.EntryType {
	switch s {
	case tree.Directory:
		return resource.TypeDirectory
	case tree.Link:
		return resource.TypeLink
	}
	return resource.TypeFile
}

// dirOf is the directory of an entry, "" for the top.
func dirOf(rel string) string {
	if dir := path.Dir(rel); dir != "." {
		return dir
	}
	return ""
}
