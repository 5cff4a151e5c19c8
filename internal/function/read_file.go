package function

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// ReadFileIn are the arguments of read_file.
type ReadFileIn struct {
	Path    kind.Text  `cbor:"path" mito:"required"`
	SaveAs  *kind.Text `cbor:"save_as,omitempty" mito:"saves=content"`
	MaxSize *int64     `cbor:"max_size,omitempty" mito:"default=4194304,most"`
}

// Manual says the texts of these arguments.
func (ReadFileIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Reads a file, or fetches it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "read_file" "release" {
  on   = context.local.here
  path = "/etc/os-release"
}
output "release" {
  value = call.read_file.release.content
}
`,
			Reads:   "The file, to its end, up to max_size. With save_as it is read when the plan is applied.",
			Ansible: "slurp, which gives base64 alone, and fetch, which is save_as here. Neither is bounded.",
			Pyinfra: "files.get, which is save_as here, and the fact files.FileContents.",
			Limits:  "A pipe, socket or device is refused. A file of /proc has no length of its own and is read all the same.",
		},
		OtherNames: "slurp cat get download",
		Attrs: map[string]kind.Entry{
			"path":     {Doc: "The file to read, absolute. A link is followed, one of another user only to what that user owns; a pipe, socket or device is refused.", OtherNames: "src source name file dest destination filename target_path"},
			"save_as":  {Doc: "A file on the controller that gets what the file holds, byte for byte, while it comes, so it may have any size. A relative path begins in the directory of the configuration. Files of the configuration, files that it reads, the record and the plan file are refused. So no block of the same configuration can take it as its source: for that, use the result content_base64. A link, pipe or device at that path is refused, too, already while planning: name the file that a link leads to. Links of its directory are followed. A file that is write-protected is replaced. The file is there whole when the call has succeeded, and what was there before until then. A new file has mode 0600, one that exists keeps its own; if the file on the host holds a secret, so does this one. With save_as the file is read at every apply, and not while planning, unless triggers or triggered_by says when.", OtherNames: "to fetch_to local_path save_to"},
			"max_size": {Doc: "The most bytes that the file may have: at most 12582912 (12 MiB), as its content is handed over in two forms. With save_as it may be any number; if it is not set, only the disk of the controller bounds what is saved: 5 % of its file system, at most 1 GiB, are left free."},
		},
	}
}

// ReadFileOut are the results of read_file.
type ReadFileOut struct {
	Content       *kind.Text `cbor:"content" mito:"computed,notwith=save_as"`
	ContentBase64 []byte     `cbor:"content_base64" mito:"computed,notwith=save_as"`
	Size          int64      `cbor:"size" mito:"computed,saved=size"`
	SHA256        string     `cbor:"sha256" mito:"computed,saved=sha256"`
}

// Manual says the texts of these results.
func (ReadFileOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"content":        {Doc: "What the file holds. Bytes that are not UTF-8 are shown as U+FFFD. Null with save_as.", OtherNames: "text data body"},
			"content_base64": {Doc: "What the file holds, byte for byte, as base64. Null with save_as."},
			"size":           {Doc: "Its size in bytes, as it was read."},
			"sha256":         {Doc: "Its SHA-256, as hex."},
		},
	}
}

func readFileKind() kind.Kind {
	return reads("read_file", func() Function { return &ReadFileIn{} }, ReadFileOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *ReadFileIn) Validate() []kind.Problem {
	return append(filesystem.CheckPath("path", in.Path), validBound("max_size", in.MaxSize, in.SaveAs != nil)...)
}

// readMax is the largest size that a file may have if max_size is not set.
const readMax = 4 << 20

// Call implements Function.
func (in *ReadFileIn) Call(ctx context.Context, c Call) (any, error) {
	if in.SaveAs != nil {
		return ReadFileOut{}, in.save(ctx, c.Pipe)
	}
	return in.read(ctx)
}

// save hands the file over as it is read.
func (in *ReadFileIn) save(ctx context.Context, to io.Writer) error {
	f, err := openPlain(in.Path, true)
	if err != nil {
		return err
	}
	defer f.Close()
	if in.MaxSize != nil && f.size > *in.MaxSize {
		return kind.NewProblem("max_size", kind.CodeTooLong, "The file is too long", "%s has %d bytes, and max_size is %d. Nothing was saved. Set max_size to as many or more, or leave it out.", string(in.Path), f.size, *in.MaxSize)
	}
	s := newSaving(to, "max_size", in.MaxSize, func(error) {})
	if _, err := io.Copy(s, advancing{ctx, f}); err != nil && s.failure() == nil {
		return readFailure(ctx, in.Path, err)
	}
	return s.failure()
}

func (in *ReadFileIn) read(ctx context.Context) (ReadFileOut, error) {
	var out ReadFileOut
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
	text := kind.Text(b)
	return ReadFileOut{Content: &text, ContentBase64: b, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, nil
}

func tooLong(p kind.Text, limit int64, has string) error {
	return kind.NewProblem("max_size", kind.CodeTooLong, "The file is too long", "%s %s, and max_size is %d. Set max_size, to at most %d, or read a part of it with a call of command, such as tail.", string(p), has, limit, MaxAnswer)
}

// readFailure returns why reading ended: the call was cancelled, or the system gave an
// error.
func readFailure(ctx context.Context, p kind.Text, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, syscall.EAGAIN):
		return kind.NewProblem("path", kind.CodeNotAFile, "Not a file", "%s is a stream of the kernel that has nothing to read now, and waiting for it might never end. If that is meant, use a call of command.", string(p))
	}
	return explain("path", "read", p, err)
}

// advancing is a reader for a call. Each read tells the watchdog of the call that the
// call makes progress, and fails once the call is cancelled.
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
