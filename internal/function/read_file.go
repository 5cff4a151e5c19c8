package function

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

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
		run:      runs(readFile),
		ReadOnly: true,
		Aliases:  map[string]string{"src": "path", "source": "path", "name": "path", "file": "path"},
	}
}

// Validate finds what is wrong with the arguments before any machine is asked.
func (in *ReadFileIn) Validate() []kind.Problem { return validPath("path", in.Path) }

// readMax is the most that a file may have where max_size says nothing.
const readMax = 4 << 20

func readFile(ctx context.Context, in ReadFileIn) (ReadFileOut, error) {
	var out ReadFileOut
	if p := checkPath("path", in.Path); p != nil {
		return out, p
	}
	limit := int64(readMax)
	if in.MaxSize != nil {
		limit = *in.MaxSize
	}
	f, err := os.OpenFile(string(in.Path), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return out, explain("read", in.Path, err)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return out, problem("path", "not_a_file", "Not a file", "%s is no regular file.", string(in.Path))
	}
	b, err := io.ReadAll(io.LimitReader(advancing{ctx, f}, min(limit, math.MaxInt64-1)+1))
	if err != nil {
		return out, explain("read", in.Path, err)
	}
	if int64(len(b)) > limit {
		return out, problem("max_size", "too_long", "The file is too long", "%s has more than %d bytes. Raise max_size, or read less.", string(in.Path), limit)
	}
	sum := sha256.Sum256(b)
	return ReadFileOut{Content: kind.Text(b), ContentBase64: b, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, nil
}

// advancing reads for a call: it tells that the call goes on, and ends with it.
type advancing struct {
	ctx context.Context
	r   io.Reader
}

func (a advancing) Read(p []byte) (int, error) {
	if a.ctx.Err() != nil {
		return 0, context.Cause(a.ctx)
	}
	transport.Advance(a.ctx)
	return a.r.Read(p)
}
