package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// fileArgs are what a block of the kind file may set.
type fileArgs struct {
	Path          kind.Text  `cbor:"path" mito:"required,claims=path" doc:"Where the file is, absolute."`
	Content       *kind.Text `cbor:"content,omitempty" mito:"diff,conflicts=content_base64|source" doc:"What the file holds. Without any content given, what it holds is left alone, and a missing file is made empty."`
	ContentBase64 []byte     `cbor:"content_base64,omitempty" mito:"conflicts=content|source" doc:"What the file holds, byte for byte, as base64."`
	Source        *kind.Text `cbor:"source,omitempty" mito:"conflicts=content|content_base64" doc:"A file on the controller to copy, byte for byte."`
	Owner         *string    `cbor:"owner,omitempty" mito:"needs=user" doc:"Name or number of the owner. Left alone when not set."`
	Group         *string    `cbor:"group,omitempty" mito:"needs=group" doc:"Name or number of the group. Left alone when not set."`
	Mode          *string    `cbor:"mode,omitempty" doc:"Permissions as four octal digits (0644) or symbolic (u+rwX,go-w). Left alone when not set; a new file gets 0644."`
	State         string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the file should be there."`
	Validate      *kind.Text `cbor:"validate,omitempty" doc:"Command that must succeed before new content is put in place; %s in it is the path of the new file."`
	Backup        bool       `cbor:"backup,omitempty" mito:"default=false" doc:"Keep what was there, beside the file, with the time in its name."`
	Force         bool       `cbor:"force,omitempty" mito:"default=false" doc:"Replace what is in the way though it is no file: a link, a pipe, an empty directory."`
	Follow        bool       `cbor:"follow,omitempty" mito:"default=false" doc:"Where path is a symbolic link, manage the file that it points to."`
}

type fileResults struct{}

func fileKind() Definition {
	return define("file", "A file: its content, owner and permissions.", fileArgs{}, fileResults{},
		nil,
		map[string]string{
			"dest": "path", "name": "path", "target": "path", "src": "source", "ensure": "state",
			"user": "owner", "perms": "mode", "permissions": "mode", "contents": "content",
			"present": "state", "unsafe_writes": "force", "template": "content",
		})
}
