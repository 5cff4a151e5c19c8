package pull_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport"
)

type holder struct{ blob transport.Blob }

func (h holder) Pull(_ context.Context, b transport.Blob, offset int64) (io.ReadCloser, error) {
	if b != h.blob || offset != 0 {
		return nil, &transport.BlobError{Blob: b, Reason: transport.BlobRefused}
	}
	return io.NopCloser(strings.NewReader("pulled")), nil
}

// TestOpen opens contents that are here, that are named, and that cannot be had.
func TestOpen(t *testing.T) {
	blob := transport.BlobOf([]byte("pulled"), true)
	name, err := blob.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		content kind.Content
		from    pull.Puller
		want    string // "" is an error
	}{
		"here":            {kind.Content{Data: []byte("here")}, nil, "here"},
		"named":           {kind.Content{Blob: name}, holder{blob}, "pulled"},
		"from nowhere":    {kind.Content{Blob: name}, nil, ""},
		"refused":         {kind.Content{Blob: name}, holder{}, ""},
		"no name of one":  {kind.Content{Blob: name[1:]}, holder{blob}, ""},
		"an empty name":   {kind.Content{Blob: []byte{}}, holder{blob}, ""},
		"here, and empty": {kind.Content{Data: []byte{}}, nil, "-"},
	} {
		named, err := pull.Blob(c.content)
		if err == nil {
			var r io.ReadCloser
			if r, err = pull.Open(t.Context(), c.from, c.content.Data, named); err == nil {
				data, readErr := io.ReadAll(r)
				if readErr != nil || string(data) != strings.Trim(c.want, "-") {
					t.Errorf("%s: %q, %v", what, data, readErr)
				}
			}
		}
		if (err != nil) != (c.want == "") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTold: each reason of a blob is a problem of its own; other errors are none.
func TestTold(t *testing.T) {
	of := func(name string) *kind.Problem { return kind.NewProblem("", kind.CodeSource, name, "Why.") }
	blob := func(r transport.BlobReason) error {
		return fmt.Errorf("reading: %w", &transport.BlobError{Reason: r})
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{blob(transport.BlobChanged), "changed"}, {blob(transport.BlobUnavailable), "unreadable"},
		{blob(transport.BlobRefused), "missing"}, {blob("new"), "missing"},
		{io.ErrUnexpectedEOF, ""}, {nil, ""}, {errors.New("cut"), ""},
	} {
		got := pull.Told(c.err, of("changed"), of("unreadable"), of("missing"))
		if got == nil && c.want != "" || got != nil && got.Summary != c.want {
			t.Errorf("%v is told as %v, want %q", c.err, got, c.want)
		}
	}
}
