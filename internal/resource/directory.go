package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// directoryArgs are what a block of the kind directory may set.
type directoryArgs struct {
	Path    kind.Text `cbor:"path" mito:"required,claims=path" doc:"Where the directory is, absolute. Missing directories above it are made with mode 0755."`
	Owner   *string   `cbor:"owner,omitempty" mito:"needs=user" doc:"Name or number of the owner. Left alone when not set."`
	Group   *string   `cbor:"group,omitempty" mito:"needs=group" doc:"Name or number of the group. Left alone when not set."`
	Mode    *string   `cbor:"mode,omitempty" doc:"Permissions as four octal digits (0755) or symbolic (u+rwX,go-w). Left alone when not set; a new directory gets 0755."`
	Recurse bool      `cbor:"recurse,omitempty" mito:"default=false" doc:"Give owner, group and mode to everything below too; with state absent, remove what is inside. Links are never followed."`
	State   string    `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the directory should be there."`
}

type directoryResults struct{}

func directoryKind() Definition {
	return define("directory", "A directory: its owner and permissions.", directoryArgs{}, directoryResults{},
		nil,
		map[string]string{
			"dest": "path", "name": "path", "ensure": "state", "user": "owner",
			"recursive": "recurse", "permissions": "mode", "present": "state",
		})
}
