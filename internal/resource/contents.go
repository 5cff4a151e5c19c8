package resource

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Puller fetches contents that the arguments of a block name instead of holding them.
// A transport.Node is one.
type Puller interface {
	// Pull opens a blob at an offset; see transport.Node.Pull.
	Pull(ctx context.Context, blob transport.Blob, offset int64) (io.ReadCloser, error)
}

// given is the Content of an argument with that name. Its bytes may not be here; see
// Host.Open.
func given(name string, arg kind.Content) (c Content, err error) {
	if arg.Blob == nil {
		c = contentOf(arg.Data)
		c.arg = name
		return c, nil
	}
	var blob transport.Blob
	if err := blob.UnmarshalBinary(arg.Blob); err != nil {
		return Content{}, err
	}
	return Content{SHA256: blob.Sum[:], Size: blob.Size, Blob: &blob, arg: name}, nil
}

// open opens a content whose bytes are here, or pulls them.
func open(ctx context.Context, from Puller, c Content) (io.ReadCloser, error) {
	switch {
	case c.Whole:
		return io.NopCloser(bytes.NewReader(c.Data)), nil
	case c.Blob == nil || from == nil:
		return nil, errors.New("the content is not here, and nothing says where it is")
	}
	r, err := from.Pull(ctx, *c.Blob, 0)
	if err != nil {
		return nil, notPulled(err)
	}
	return pulled{r}, nil
}

// pulled is a content that comes from the controller.
type pulled struct{ io.ReadCloser }

func (p pulled) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	return n, notPulled(err)
}

// notPulled makes the error of a blob a Problem that says what to do. Others stay.
func notPulled(err error) error {
	var blob *transport.BlobError
	if !errors.As(err, &blob) {
		return err
	}
	switch blob.Reason {
	case transport.BlobChanged:
		return kind.NewProblem("", kind.CodeSource, "The content has changed", "The content is no longer what it was when the plan was made: its file was changed on the machine that mitoplan runs on. Nothing was written. Plan again.")
	case transport.BlobUnavailable:
		return kind.NewProblem("", kind.CodeSource, "The content cannot be read", "The file with the content cannot be read any more on the machine that mitoplan runs on. Nothing was written. Look whether it is still there, and plan again.")
	}
	return kind.NewProblem("", kind.CodeSource, "The content is missing", "The content did not arrive. No empty file was made instead. Apply again; if it happens again, report it.")
}

// whole returns a content with its bytes, if there are at most limit of them.
func whole(ctx context.Context, h Host, c Content, limit int64) (Content, error) {
	if c.Whole || c.Unknown || c.Size > limit {
		return c, nil
	}
	r, err := h.Open(ctx, c)
	if err != nil {
		return c, err
	}
	defer r.Close()
	data := make([]byte, c.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return c, err
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF { // it is the end that says whether the sum is right
		return c, errors.Join(err, errors.New("the content is longer than its name says"))
	}
	c.Data, c.Whole = data, true
	return c, nil
}
