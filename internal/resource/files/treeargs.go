package files

import "github.com/mitoplan/mitoplan/internal/kind"

// treeArgs are the arguments of the kinds that make a directory as a tree of the controller, on
// what of it and how.
type treeArgs struct {
	Exclude       []kind.Text `cbor:"exclude,omitempty"`
	Delete        bool        `cbor:"delete,omitempty" mito:"default=false"`
	Owner         *string     `cbor:"owner,omitempty" mito:"needs=user,access"`
	Group         *string     `cbor:"group,omitempty" mito:"needs=group,access"`
	Mode          *string     `cbor:"mode,omitempty" mito:"form=mode,access"`
	DirectoryMode *string     `cbor:"directory_mode,omitempty" mito:"form=mode,access"`
}

// Manual says the texts of those arguments that are the same for all of these kinds.
func (treeArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"owner": {Doc: "Name or number of the owner of all of it. Left alone when not set.", OtherNames: "user"},
			"group": {Doc: "Name or number of the group of all of it. Left alone when not set."},
		},
	}
}

// treeSent is what the controller sends along with such a block.
type treeSent struct {
	// Manifest is what is in the source, in the form of the package tree, and Contents what its
	// files hold, one after the other.
	Manifest *kind.Content `cbor:"source_manifest,omitempty" mito:"sent"`
	Contents *kind.Content `cbor:"source_contents,omitempty" mito:"sent"`
	// Own are files that mitoplan uses itself, and the source if it is on this machine.
	Own []kind.Text `cbor:"purge_own,omitempty" mito:"sent"`
}
