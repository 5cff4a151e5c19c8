package kind

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Content is an argument that may be long, such as what a file holds. It crosses the
// wire as its bytes, or as the name of a blob that has them. In the latter case whoever
// needs the bytes pulls them. The field has the option content in its tag.
type Content struct {
	// Data are the bytes. It is nil if there is only the name.
	Data []byte
	// Blob is the binary form of a transport.Blob, which has the SHA-256 and the length of
	// the bytes. It is nil if the bytes are here.
	Blob []byte
}

// NameContent names bytes that are not here, by their SHA-256 and their length: in the
// binary form of a transport.Blob that is no secret.
func NameContent(sum [sha256.Size]byte, size int64) Content {
	return Content{Blob: append(binary.BigEndian.AppendUint64(sum[:], uint64(size)), 0)}
}

// Name is the SHA-256 and the length of the bytes that are named. It returns false if
// the bytes are here.
func (c Content) Name() (sum [sha256.Size]byte, size int64, ok bool) {
	if len(c.Blob) < sha256.Size+8 {
		return sum, 0, false
	}
	return [sha256.Size]byte(c.Blob), int64(binary.BigEndian.Uint64(c.Blob[sha256.Size:])), true
}

// named is a Content without its bytes, as it crosses the wire: an array of the name
// alone, in which the length of the content has no leading zeros.
type named struct {
	_    struct{} `cbor:",toarray"`
	Blob []byte
}

// The parts of the name of a blob.
const (
	blobSum  = 32
	blobSize = 8
	blobName = blobSum + blobSize + 1
)

func short(blob []byte) []byte {
	if len(blob) != blobName {
		return blob
	}
	size := bytes.TrimLeft(blob[blobSum:blobSum+blobSize], "\x00")
	return slices.Concat(blob[:blobSum], size, blob[blobSum+blobSize:])
}

// full is the name that short was given.
func full(blob []byte) []byte {
	if len(blob) <= blobSum || len(blob) > blobName {
		return blob
	}
	return slices.Concat(blob[:blobSum], make([]byte, blobName-len(blob)), blob[blobSum:])
}

// MarshalCBOR encodes the bytes as a byte string, and a name as an array.
func (c Content) MarshalCBOR() ([]byte, error) {
	if c.Blob != nil {
		return cbor.Marshal(named{Blob: short(c.Blob)})
	}
	return cbor.Marshal(append([]byte{}, c.Data...))
}

var errContent = errors.New("a content is neither bytes nor the name of a blob")

// UnmarshalCBOR decodes either form. A text is taken for its bytes.
func (c *Content) UnmarshalCBOR(raw []byte) error {
	*c = Content{}
	if len(raw) == 0 {
		return errContent
	}
	switch raw[0] >> 5 {
	case majorBytes:
		return decoder.Unmarshal(raw, &c.Data)
	case majorText:
		var text string
		err := decoder.Unmarshal(raw, &text)
		c.Data = []byte(text)
		return err
	case majorArray:
		var n named
		err := decoder.Unmarshal(raw, &n)
		if c.Blob = full(n.Blob); err == nil && len(n.Blob) == 0 {
			err = errContent
		}
		return err
	}
	return errContent
}

// The major types of CBOR, RFC 8949 section 3.1.
const (
	majorBytes = 2
	majorText  = 3
	majorArray = 4
)

// ContentAs are the names under which an argument that may be long crosses the wire. Of an
// argument with sends they are the names of what that brings. Names are "" for all others.
func (a *Attr) ContentAs() [2]string {
	if a.Content {
		return [2]string{a.Name}
	}
	return [2]string{a.Sends, a.Tree}
}
