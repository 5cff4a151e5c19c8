package files

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// ownerArgs are the arguments of the kinds that write a file, on who may use it.
type ownerArgs struct {
	Owner *string `cbor:"owner,omitempty" mito:"needs=user,access"`
	Group *string `cbor:"group,omitempty" mito:"needs=group,access"`
	Mode  *string `cbor:"mode,omitempty" mito:"form=mode,access"`
}

// Manual says the texts of these arguments.
func (ownerArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"owner": {Doc: "Name or number of the owner. Left alone when not set.", OtherNames: "user"},
			"group": {Doc: "Name or number of the group. Left alone when not set."},
			"mode":  {Doc: "Permissions as four octal digits (0644) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new file gets 0644.", OtherNames: "perms permissions file_permission"},
		},
	}
}

// writeArgs are the arguments of these kinds on how a file is put in place.
type writeArgs struct {
	Command *kind.Text `cbor:"validate,omitempty" mito:"end"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false,end"`
	Links   bool       `cbor:"hard_links,omitempty" mito:"default=false,end"`
	InPlace bool       `cbor:"in_place,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (writeArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"validate":   {Doc: "Command that must succeed before new content is put in place; %s in it is the path of the new file, which is complete. Blocks that edit one path and follow each other in one context are written at once: the command sees what the last of them leaves, and runs once if several have the same. docs/language.md says which are written by themselves. It does not run if only owner, group or mode change: that is done to the file that is there. As root, if others can write in it or in its directory, a new file with the same content gets them, as theirs could be there meanwhile."},
			"backup":     {Doc: "Keep what was there, beside the file, with the time in its name, before it is replaced or removed; not if only owner, group or mode change, nor of content that an apply made and that goes with its block. Of several blocks that write one path, what was there before the first of them is kept, once."},
			"hard_links": {Doc: "Change owner, group and mode of a file that has several names even if others may write in its directory: all of its names are meant. Without it that is an error, as the file may be one from elsewhere. If content changes too the file is replaced, and its other names keep what they have; with in_place all of them get the new content."},
			"in_place":   {Doc: "Write new content into the file that is there, instead of putting a complete new file in its place. It is for files that no other can take the place of: one that is mounted by itself, as /etc/hosts in a container; those of the kernel, in /proc/sys and /sys; one of another owner that this user may write. Owner, permissions, access lists and all names stay. It is not done in one step; see docs/in-place.md. A missing file is made as always."},
		},
	}
}

func (o *ownerArgs) ownership(h resource.Host) (ownership, error) {
	return ownershipOf(h, o.Owner, o.Group, o.Mode)
}

// checkWriteArgs returns what is wrong with these arguments, as far as that can be
// told without a machine.
func checkWriteArgs(o ownerArgs, a writeArgs) []kind.Problem {
	out := resource.CheckMode(o.Mode)
	if a.Command != nil && !strings.Contains(string(*a.Command), "%s") {
		out = append(out, *kind.NewProblem("validate", kind.CodeValidate, "The command does not name the file", "validate needs %%s where the path of the new file belongs."))
	}
	return out
}

// elsewhere says of values that other tools give to the state of a file which
// kind there is for them.
func elsewhere() map[string]string {
	return map[string]string{"directory": `A directory is a resource "directory".`, "link": aLink, "hard": aHardLink}
}

const (
	aLink     = `A symbolic link is a resource "link".`
	aHardLink = `A hard link is a resource "link" with hard = true.`
)
