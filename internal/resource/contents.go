package resource

import (
	"context"
	"errors"
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
)

// ArgContent is the Content of an argument with that name. Its bytes may not be here; see
// Host.Open.
func ArgContent(name string, arg kind.Content) (c Content, err error) {
	blob, err := pull.Blob(arg)
	switch {
	case err != nil:
		return Content{}, err
	case blob == nil:
		c = ContentOf(arg.Data)
	default:
		c = Content{SHA256: blob.Sum[:], Size: blob.Size, Blob: blob}
	}
	c.arg = name
	return c, nil
}

// open opens a content whose bytes are here, or pulls them.
func open(ctx context.Context, from pull.Puller, c Content) (io.ReadCloser, error) {
	if c.Whole {
		return pull.Open(ctx, nil, c.Data, nil)
	}
	if c.Blob == nil {
		return nil, errors.New("the content is not here, and it has no name")
	}
	r, err := pull.Open(ctx, from, nil, c.Blob)
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
	if err == nil || err == io.EOF {
		return err
	}
	told := pull.Told(err,
		kind.NewProblem("", kind.CodeSource, "The content has changed", "The content is no longer what it was when the plan was made: its file was changed on the machine that mitoplan runs on. Nothing was written. Plan again."),
		kind.NewProblem("", kind.CodeSource, "The content cannot be read", "The file with the content cannot be read any more on the machine that mitoplan runs on. Nothing was written. Look whether it is still there, and plan again."),
		kind.NewProblem("", kind.CodeSource, "The content is missing", "The content did not arrive. No empty file was made instead. Apply again; if it happens again, report it."))
	if told == nil {
		return err
	}
	return told
}

// Whole returns a content with its bytes, if there are at most limit of them.
func Whole(ctx context.Context, h Host, c Content, limit int64) (Content, error) {
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
