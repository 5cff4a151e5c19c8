package files

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// withoutEntries is a content without the entries of a block.
func withoutEntries(of partEnd, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	how := of.gone()
	if out, err = how.Apply(content); err != nil {
		return nil, nil, err
	}
	wasLast := len(out) < len(content) && string(content[:len(out)]) == string(out)
	return edit.JoinRows(unended(edit.RowsOf(out), e, wasLast)), nil, nil
}

// readPlain is what a file holds; nothing if it is not there, is no file, or is none that this
// user may read. It looks at nothing, so that the first look is at what an action changes.
func readPlain(ctx context.Context, h resource.Host, file string) ([]byte, error) {
	at, err := h.Resolve(file, true)
	if err != nil {
		return nil, forgiven(err)
	}
	c, err := h.Read(ctx, at, resource.ShownContent)
	return c.Data, forgiven(err)
}

// forgiven is nil for what is not there, and for what a problem says: this user may not read it,
// or it is no file.
func forgiven(err error) error {
	if p := (*kind.Problem)(nil); errors.As(err, &p) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
