package function

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// ReadFileIn are the arguments of read_file.
type ReadFileIn struct {
	Path    kind.Text `cbor:"path" mito:"required" doc:"The file to read, absolute. A link is followed; a pipe, socket or device is refused."`
	MaxSize *int64    `cbor:"max_size,omitempty" mito:"default=4194304" doc:"The most bytes that the file may have: at most 12582912 (12 MiB), as its content is handed over in two forms."`
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
func (in *ReadFileIn) Validate() []kind.Problem {
	return append(validPath("path", in.Path), validBound("max_size", in.MaxSize)...)
}

// readMax is the most that a file may have where max_size says nothing.
const readMax = 4 << 20

func readFile(ctx context.Context, in ReadFileIn) (ReadFileOut, error) {
	var out ReadFileOut
	if problems := in.Validate(); len(problems) > 0 {
		return out, &problems[0]
	}
	limit := int64(readMax)
	if in.MaxSize != nil {
		limit = *in.MaxSize
	}
	f, err := openPlain(in.Path, true)
	if err != nil {
		return out, err
	}
	defer f.Close()
	if f.size > limit {
		return out, tooLong(in.Path, limit, fmt.Sprintf("has %d bytes", f.size))
	}
	b, err := io.ReadAll(io.LimitReader(advancing{ctx, f}, limit+1))
	if err != nil {
		return out, readFailure(ctx, in.Path, err)
	}
	if int64(len(b)) > limit {
		return out, tooLong(in.Path, limit, "has more bytes than its file system says")
	}
	sum := sha256.Sum256(b)
	return ReadFileOut{Content: kind.Text(b), ContentBase64: b, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, nil
}

func tooLong(p kind.Text, limit int64, has string) error {
	return problem("max_size", "too_long", "The file is too long", "%s %s, and max_size is %d. Set max_size, to at most %d, or read a part of it with a call of command, such as tail.", string(p), has, limit, MaxAnswer)
}

// readFailure is why reading ended: that the call ended, or what the system
// says.
func readFailure(ctx context.Context, p kind.Text, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, syscall.EAGAIN):
		return problem("path", "not_a_file", "Not a file", "%s is a stream of the kernel that has nothing to read now, and waiting for it might never end. Where that is meant, use a call of command.", string(p))
	}
	return explain("path", "read", p, err)
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
