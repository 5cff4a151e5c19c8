// Package pull opens contents that the arguments of a block name instead of holding them,
// for resources and functions alike.
package pull

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Puller fetches contents. A transport.Node is one.
type Puller interface {
	// Pull opens a blob at an offset; see transport.Node.Pull.
	Pull(ctx context.Context, blob transport.Blob, offset int64) (io.ReadCloser, error)
}

// Blob is the name of a content whose bytes are not here; nil if they are.
func Blob(c kind.Content) (*transport.Blob, error) {
	if c.Blob == nil {
		return nil, nil
	}
	var blob transport.Blob
	if err := blob.UnmarshalBinary(c.Blob); err != nil {
		return nil, err
	}
	return &blob, nil
}

// Open opens a content: its bytes if blob is nil, and otherwise what is pulled. Its errors
// are those of Puller, and one if there is none.
func Open(ctx context.Context, from Puller, data []byte, blob *transport.Blob) (io.ReadCloser, error) {
	switch {
	case blob == nil:
		return io.NopCloser(bytes.NewReader(data)), nil
	case from == nil:
		return nil, errors.New("the content is not here, and nothing says where it is")
	}
	return from.Pull(ctx, *blob, 0)
}

// Told is the problem that an error of a pull is: that the source has changed, that it
// cannot be read, or that the content did not arrive. It is nil for an error that is not
// about the blob.
func Told(err error, changed, unreadable, missing *kind.Problem) *kind.Problem {
	var blob *transport.BlobError
	if !errors.As(err, &blob) {
		return nil
	}
	switch blob.Reason {
	case transport.BlobChanged:
		return changed
	case transport.BlobUnavailable:
		return unreadable
	}
	return missing
}
