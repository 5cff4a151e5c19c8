package function

import "github.com/mitoplan/mitoplan/internal/kind"

// StatIn are the arguments of stat.
type StatIn struct {
	Path   kind.Text `cbor:"path" mito:"required" doc:"What to look at, absolute."`
	Follow bool      `cbor:"follow,omitempty" mito:"default=false" doc:"Look at what a symbolic link points to."`
}

// StatOut are the results of stat. Where nothing exists, the others are empty.
type StatOut struct {
	Exists   bool      `cbor:"exists" mito:"computed" doc:"Whether there is anything."`
	Type     string    `cbor:"type" mito:"computed" doc:"file, directory, link, or other."`
	Size     int64     `cbor:"size" mito:"computed" doc:"Size in bytes."`
	Mode     string    `cbor:"mode" mito:"computed" doc:"Permissions as four octal digits."`
	UID      int64     `cbor:"uid" mito:"computed" doc:"Number of the owner."`
	GID      int64     `cbor:"gid" mito:"computed" doc:"Number of the group."`
	Owner    string    `cbor:"owner" mito:"computed" doc:"Name of the owner, or its number where it has none."`
	Group    string    `cbor:"group" mito:"computed" doc:"Name of the group, or its number where it has none."`
	Modified string    `cbor:"modified" mito:"computed" doc:"When it was last changed, as in RFC 3339."`
	Target   kind.Text `cbor:"target" mito:"computed" doc:"Where a link points."`
}

func statKind() Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleFunction, Name: "stat", Doc: "Says what is at a path.",
			Args: kind.SchemaOf(StatIn{}), Results: kind.SchemaOf(StatOut{}),
		},
		ReadOnly: true,
		Aliases:  map[string]string{"dest": "path", "name": "path", "file": "path"},
	}
}
