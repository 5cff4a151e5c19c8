package resource

import (
	"context"
	"io"
	"slices"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Brought is a Resource whose content the controller gets for it, when an apply asks.
type Brought interface {
	// Brings is what the controller gets, and which arguments are not sent to the host, as only
	// the controller needs them. ok is false if the host gets the content by itself.
	Brings() (want download.Want, withheld []string, ok bool)
}

// What the controller says over the pipe of an apply that was asked for a content: that it goes
// on, as often as it likes, and then that it has it, with the name of it, or nothing more.
const (
	BringGoesOn byte = 'g'
	BringHas    byte = 'h'
)

// WriteBrought says that the controller has a content.
func WriteBrought(w io.Writer, blob transport.Blob) error {
	name, err := blob.MarshalBinary()
	if err == nil {
		_, err = w.Write(append([]byte{BringHas, byte(len(name))}, name...))
	}
	return err
}

// Hides implements Host.
func (h *applyHost) Hides(attr string) bool { return slices.Contains(h.hidden, attr) }

// Bring implements Writer.
func (h *applyHost) Bring(ctx context.Context) (Content, error) {
	if !h.begun {
		return Content{}, errNotBegun
	}
	name, err := bring(ctx, h.pipe)
	switch {
	case ctx.Err() != nil:
		return Content{}, context.Cause(ctx)
	case err != nil:
		return Content{}, kind.NewProblem("url", kind.CodeSource, "The content did not arrive", "The controller did not get the content. Nothing was written. Apply again; if it happens again, report it.")
	}
	return ArgContent("", kind.Content{Blob: name})
}

// bring asks the controller at the other end of a pipe for the name of a content.
func bring(ctx context.Context, pipe io.ReadWriter) (name []byte, err error) {
	if pipe == nil {
		return nil, io.ErrClosedPipe
	}
	if _, err := pipe.Write([]byte{BringGoesOn}); err != nil {
		return nil, err
	}
	for said := make([]byte, 1); ; {
		if _, err := io.ReadFull(pipe, said); err != nil {
			return nil, err
		}
		transport.Advance(ctx)
		if said[0] == BringGoesOn {
			continue
		}
		if _, err := io.ReadFull(pipe, said); err != nil {
			return nil, err
		}
		name = make([]byte, said[0])
		_, err := io.ReadFull(pipe, name)
		return name, err
	}
}
