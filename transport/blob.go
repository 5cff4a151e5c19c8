package transport

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

// Blob names contents: their SHA-256 and their length in bytes. Whoever knows the
// name does not have the contents: see Broker.Offer and Node.Pull. It crosses the
// wire as 41 bytes. Blobs are comparable.
type Blob struct {
	Sum  [sha256.Size]byte
	Size int64
	// Secret keeps the contents off the disks of the contexts that they come
	// through.
	Secret bool
}

// blobName is the length of a Blob on the wire: sum, size u64, flags.
const blobName = sha256.Size + 8 + 1

// BlobOf names these contents.
func BlobOf(contents []byte, secret bool) Blob {
	return Blob{Sum: sha256.Sum256(contents), Size: int64(len(contents)), Secret: secret}
}

// String is the beginning of the sum, in hexadecimal.
func (b Blob) String() string { return hex.EncodeToString(b.Sum[:6]) }

// MarshalBinary encodes the name for the wire: the sum, the size as a big-endian u64,
// and 1 for a secret or 0.
func (b Blob) MarshalBinary() ([]byte, error) {
	out := binary.BigEndian.AppendUint64(append(make([]byte, 0, blobName), b.Sum[:]...), uint64(b.Size))
	if b.Secret {
		return append(out, 1), nil
	}
	return append(out, 0), nil
}

var errBlob = errors.New("malformed name of a blob")

// UnmarshalBinary decodes a name from the wire.
func (b *Blob) UnmarshalBinary(p []byte) error {
	if len(p) != blobName || p[blobName-1] > 1 {
		return errBlob
	}
	size := binary.BigEndian.Uint64(p[sha256.Size:])
	if size > 1<<62 {
		return errBlob
	}
	*b = Blob{Sum: [sha256.Size]byte(p), Size: int64(size), Secret: p[blobName-1] == 1}
	return nil
}

// Verify reads prefix, which has the first bytes of the blob, to its end. It returns
// a reader of rest that gives a *BlobError in place of io.EOF if prefix and rest
// together are not the blob. It is for whoever pulls a blob from an offset, as
// Node.Pull cannot know what is before that.
func (b Blob) Verify(prefix io.Reader, rest io.ReadCloser) (io.ReadCloser, error) {
	if prefix == nil || rest == nil {
		return nil, errNoReader
	}
	v := &verifier{ReadCloser: rest, blob: b, left: b.Size, hash: sha256.New()}
	n, err := io.Copy(v.hash, prefix)
	v.left -= n
	return v, err
}

// verifier is a reader of a blob that ends with io.EOF only if it was the blob.
type verifier struct {
	io.ReadCloser
	blob Blob
	left int64
	hash hash.Hash // nil: only the length is looked at
}

// verified reads a blob from an offset. The sum can be looked at only from the
// beginning on.
func verified(r io.ReadCloser, b Blob, offset int64) *verifier {
	v := &verifier{ReadCloser: r, blob: b, left: b.Size - offset}
	if offset == 0 {
		v.hash = sha256.New()
	}
	return v
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	if v.left -= int64(n); v.left < 0 {
		return 0, &BlobError{v.blob, BlobChanged}
	}
	if v.hash != nil {
		v.hash.Write(p[:n])
	}
	if err == io.EOF && (v.left != 0 || v.hash != nil && [sha256.Size]byte(v.hash.Sum(nil)) != v.blob.Sum) {
		err = &BlobError{v.blob, BlobChanged}
	}
	return n, err
}

// BlobReason says why a blob did not come.
type BlobReason string

// These are all reasons.
const (
	// BlobRefused: it was not offered to the context, or the context asks for too
	// many blobs at once.
	BlobRefused BlobReason = "refused"
	// BlobUnavailable: its source cannot be read.
	BlobUnavailable BlobReason = "unavailable"
	// BlobChanged: what came is not what the blob names. Its source has changed
	// since it was named.
	BlobChanged BlobReason = "changed"
)

// BlobError says that a blob did not come, or not whole. Readers of blobs return it.
type BlobError struct {
	Blob   Blob       `cbor:"-"`
	Reason BlobReason `cbor:"reason"`
}

func (e *BlobError) Error() string {
	said := "its source cannot be read"
	switch e.Reason {
	case BlobRefused:
		said = "it was not offered to this context, or too many are pulled at once"
	case BlobChanged:
		said = "the contents are not those that it names; their source has changed"
	}
	return "blob " + e.Blob.String() + ": " + said
}

// clean leaves no reason that is not one.
func (e *BlobError) clean() {
	if e.Reason != BlobRefused && e.Reason != BlobChanged {
		e.Reason = BlobUnavailable
	}
}

// blobError is the error of a blob as it is told to the context that pulls it. Words
// of a source may name files of another machine, so they do not cross the wire.
func blobError(b Blob, err error) *BlobError {
	var e *BlobError
	if errors.As(err, &e) {
		return &BlobError{b, e.Reason}
	}
	return &BlobError{b, BlobUnavailable}
}
