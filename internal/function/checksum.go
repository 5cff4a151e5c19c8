package function

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// ChecksumIn are the arguments of checksum.
type ChecksumIn struct {
	Path      kind.Text `cbor:"path" mito:"required"`
	Algorithm string    `cbor:"algorithm,omitempty" mito:"oneof=sha256|sha512,default=sha256"`
}

// Manual says the texts of these arguments.
func (ChecksumIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says the checksum of a file.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "checksum" "passwd" {
  on   = context.local.here
  path = "/etc/passwd"
}
output "passwd" {
  value = call.checksum.passwd.checksum
}
`,
			Reads:   "The file, to its end, however long it is.",
			Ansible: "stat, which gives the checksum among other results and is none the wiser if the file is missing.",
			Pyinfra: "the facts files.Sha256File and files.Sha384File.",
			Limits:  "A file that is missing fails the call: to ask whether it is there, use stat with hash. For md5 and sha1, which can be forged, use a call of command with md5sum or sha1sum. A pipe, socket or device is refused.",
		},
		OtherNames: "sha256 sha512 sha256sum hash digest",
		Attrs: map[string]kind.Entry{
			"path":      {Doc: "The file to read, absolute. A link is followed, one of another user only to what that user owns.", OtherNames: "dest name file src destination"},
			"algorithm": {Doc: "How the checksum is computed.", OtherNames: "hash checksum_algorithm checksum", Instead: map[string]string{"md5": "For that, run md5sum in a call of command.", "sha1": "For that, run sha1sum in a call of command."}},
		},
	}
}

// ChecksumOut are the results of checksum.
type ChecksumOut struct {
	Checksum string `cbor:"checksum" mito:"computed"`
	Size     int64  `cbor:"size" mito:"computed"`
}

// Manual says the texts of these results.
func (ChecksumOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"checksum": {Doc: "The checksum of what the file holds, as hex.", OtherNames: "sha256 hash digest"},
			"size":     {Doc: "How many bytes were read."},
		},
	}
}

func checksumKind() kind.Kind {
	return reads("checksum", func() Function { return &ChecksumIn{} }, ChecksumOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *ChecksumIn) Validate() []kind.Problem {
	out := filesystem.CheckPath("path", in.Path)
	if newHash(cmp.Or(in.Algorithm, "sha256")) == nil {
		out = append(out, *kind.NewProblem("algorithm", kind.CodeHash, "Unknown hash", "algorithm is %q; it can be sha256 or sha512. For others use a call of command, such as with md5sum.", in.Algorithm))
	}
	return out
}

// Call implements Function.
func (in *ChecksumIn) Call(ctx context.Context, _ Call) (any, error) {
	f, err := openPlain(in.Path, true)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := newHash(cmp.Or(in.Algorithm, "sha256"))
	n, err := io.CopyBuffer(sum, advancing{ctx, f}, make([]byte, 128<<10))
	if err != nil {
		return nil, readFailure(ctx, in.Path, err)
	}
	return ChecksumOut{Checksum: hex.EncodeToString(sum.Sum(nil)), Size: n}, nil
}
