package files

import (
	"bytes"
	"context"
	"encoding/hex"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// copied is the content of the file of the machine that copy_from names. The bytes of a long
// one are copied from there when the new file is made.
func (f *File) copied(ctx context.Context, h resource.Host) (resource.Content, error) {
	from, err := h.Resolve(string(*f.CopyFrom), true)
	if err != nil {
		return resource.Content{}, ofCopyFrom(err)
	}
	is, err := h.Lstat(from)
	if err != nil {
		return resource.Content{}, ofCopyFrom(err)
	}
	switch is.Type {
	case resource.TypeFile:
	case resource.TypeAbsent:
		if from != path.Clean(string(*f.CopyFrom)) {
			return resource.Content{}, kind.NewProblem("copy_from", kind.CodeMissing, "There is nothing to copy",
				"copy_from leads to %s, which does not exist, and no resource that this one comes after makes it. If another one does, name it in depends_on, or write its path: through a link no order is known by itself. Otherwise correct the path.", from)
		}
		return resource.Content{}, kind.NewProblem("copy_from", kind.CodeMissing, "There is nothing to copy",
			"%s does not exist, and no resource before this one makes it on this machine. Make it first, or correct the path. A file of the machine that mitoplan runs on is named with source.", from)
	default:
		return resource.Content{}, kind.NewProblem("copy_from", kind.CodeNotAFile, "Only a file can be copied",
			"%s is a %s and no file. Name a file.", from, is.Type.Noun())
	}
	now, err := h.Read(ctx, from, resource.ShownContent)
	// Whatever else is known of it is about that file, and no argument of this block.
	return resource.Content{Unknown: now.Unknown, SHA256: now.SHA256, Size: now.Size, Data: now.Data, Whole: now.Whole}, ofCopyFrom(err)
}

// notMoreOpen has a new copy be open to nobody who may not read what is copied, unless mode says
// so, and its content be private if not everybody may read that.
func (f *File) notMoreOpen(h resource.Host, p *writePlan, base, before resource.Entry) (resource.Entry, error) {
	from, err := h.Resolve(string(*f.CopyFrom), true)
	if err != nil {
		return base, ofCopyFrom(err)
	}
	is, err := h.Lstat(from)
	if err != nil || is.Type != resource.TypeFile {
		return base, ofCopyFrom(err) // copied says what is wrong
	}
	if is.Mode&0o004 == 0 {
		p.private = true
	}
	if before.Type != resource.TypeFile {
		base.Mode &= is.Mode & 0o777
	}
	return base, nil
}

// ofCopyFrom has a problem that is about a path be one of copy_from.
func ofCopyFrom(err error) error { return resource.OfArgument("copy_from", err) }

// joined is what fragments make together. Each but the last ends with a line end.
func (f *File) joined() []byte {
	var out []byte
	for k := range f.Fragments {
		out = append(out, f.fragment(k)...)
	}
	return out
}

// fragment is one of them as it is in the file: what follows begins with a line of its own.
func (f *File) fragment(k int) []byte {
	part := []byte(f.Fragments[k])
	if k < len(f.Fragments)-1 && len(part) > 0 && !bytes.HasSuffix(part, []byte("\n")) {
		part = append(part, '\n')
	}
	return part
}

// checkFrom returns what is wrong with the arguments that say where content comes from.
func (f *File) checkFrom() (out []kind.Problem) {
	if f.CopyFrom != nil {
		out = append(out, filesystem.CheckPath("copy_from", *f.CopyFrom)...)
		if len(out) == 0 && path.Clean(string(*f.CopyFrom)) == path.Clean(string(f.Path)) {
			out = append(out, *kind.NewProblem("copy_from", kind.CodeConflict, "The file would be copied to itself", "copy_from and path are the same file. Name another file, or remove copy_from."))
		}
	}
	if f.Fragments != nil && len(f.Fragments) == 0 {
		out = append(out, *kind.NewProblem("fragments", kind.ArgumentCode("fragments"), "There are no fragments", "fragments is an empty list, so that nothing says what the file holds. Add an element; for an empty file set content to \"\"."))
	}
	if len(f.joined()) > resource.Editable {
		out = append(out, *kind.NewProblem("fragments", kind.CodeTooLong, "The fragments are too long", "Together they have more than %d bytes. Use source for a file that long.", resource.Editable))
	}
	if f.Checksum != nil {
		out = append(out, checkChecksum(*f.Checksum)...)
	}
	return out
}

// checkChecksum returns what is wrong with an expected SHA-256.
func checkChecksum(text string) []kind.Problem {
	if _, ok := sumOf(text); ok {
		return nil
	}
	return []kind.Problem{*kind.NewProblem("checksum", kind.CodeChecksum, "Not a SHA-256", "checksum is \"sha256:\" and 64 hexadecimal digits, as sha256sum prints them. Shorter sums, such as MD5 and SHA-1, are not taken: somebody can make another file of the same sum.")}
}

// sumOf is the SHA-256 that a text names.
func sumOf(text string) (sum []byte, ok bool) {
	sum, err := hex.DecodeString(strings.TrimPrefix(text, "sha256:"))
	return sum, err == nil && len(sum) == 32
}

// checked returns the problem that content is not what checksum says, or nil. It does not name
// the sum of the content: who knows that of a short secret finds the secret by trying.
func (f *File) checked(want *resource.Content) error {
	if f.Checksum == nil {
		return nil
	}
	if want == nil {
		return kind.NewProblem("checksum", kind.CodeChecksum, "No content is given", "checksum says what the content of the block must be, and the block gives none. Set content, source, copy_from or fragments, or remove checksum.")
	}
	if sum, ok := sumOf(*f.Checksum); !ok || want.Unknown || bytes.Equal(sum, want.SHA256) {
		return nil
	}
	return kind.NewProblem("checksum", kind.CodeChecksum, "The content is another one",
		"The content that the block gives for %s does not have the SHA-256 that checksum says. Nothing was written. Find out which of the two is right; sha256sum prints that of a file.", f.Path)
}
