package function

import "github.com/mitoplan/mitoplan/internal/kind"

// ReadFileIn are the arguments of read_file.
type ReadFileIn struct {
	Path    kind.Text `cbor:"path" mito:"required" doc:"The file to read, absolute."`
	MaxSize *int64    `cbor:"max_size,omitempty" mito:"default=4194304" doc:"The most bytes that the file may have."`
}

// ReadFileOut are the results of read_file.
type ReadFileOut struct {
	Content       kind.Text `cbor:"content" mito:"computed" doc:"What the file holds. Bytes that are not UTF-8 are shown as U+FFFD."`
	ContentBase64 []byte    `cbor:"content_base64" mito:"computed" doc:"What the file holds, byte for byte, as base64."`
	Size          int64     `cbor:"size" mito:"computed" doc:"Its size in bytes."`
	SHA256        string    `cbor:"sha256" mito:"computed" doc:"Its SHA-256, as hex."`
}

func readFileKind() Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleFunction, Name: "read_file", Doc: "Reads a file.",
			Args: kind.SchemaOf(ReadFileIn{}), Results: kind.SchemaOf(ReadFileOut{}),
		},
		ReadOnly: true,
		Aliases:  map[string]string{"src": "path", "source": "path", "name": "path", "file": "path"},
	}
}
