package resource_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// slowStore is a Puller whose contents come slowly, or not at all.
type slowStore struct {
	store
	opens time.Duration // until a pull is open; 0 for at once, less than that for never
	every time.Duration // for each 64 KiB; less than 0 for never
}

func (s *slowStore) Pull(ctx context.Context, b transport.Blob, offset int64) (io.ReadCloser, error) {
	if err := passes(ctx, s.opens); err != nil {
		return nil, err
	}
	r, err := s.store.Pull(ctx, b, offset)
	return slowReader{r, ctx, s.every}, err
}

type slowReader struct {
	io.ReadCloser
	ctx   context.Context
	every time.Duration
}

func (r slowReader) Read(p []byte) (int, error) {
	if err := passes(r.ctx, r.every); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(p[:min(len(p), 64<<10)])
}

// passes lets a time pass. Less than 0 is until ctx ends.
func passes(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	var after <-chan time.Time
	if d > 0 {
		after = time.After(d)
	}
	select {
	case <-after:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestAnExcerptIsWaitedForTenSeconds: a check that would show what differs of a long old
// content waits 10 s at most for the new one. It then says the change without an excerpt.
func TestAnExcerptIsWaitedForTenSeconds(t *testing.T) {
	long := func(changed string) string {
		return strings.Repeat("a line of a text that is longer than what is sent\n", 30_000) + changed // 1.5 MB
	}
	for name, c := range map[string]struct {
		from    slowStore
		took    time.Duration
		excerpt bool
	}{
		"at once":           {slowStore{}, 0, true},
		"slowly":            {slowStore{every: 300 * time.Millisecond}, 7 * time.Second, true},
		"too slowly":        {slowStore{every: time.Second}, 10 * time.Second, false},
		"nothing is opened": {slowStore{opens: -1}, 10 * time.Second, false},
		"nothing comes":     {slowStore{every: -1}, 10 * time.Second, false},
		"opened too late":   {slowStore{opens: 9 * time.Second, every: 300 * time.Millisecond}, 10 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				f.Write(t, "x", long("old\n"), 0o644)
				a := args{"path": f.Arg("x"), "source": text("here"), "source_content": c.from.named(t, long("new\n"))}
				began := time.Now()
				reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "file", Args: resourcetest.Encode(t, a), Key: planKey, From: &c.from})
				must(t, err)
				if took := time.Since(began); took < c.took || took > c.took+time.Second {
					t.Errorf("the check took %s, want %s", took, c.took)
				}
				if got := reply.Change; got.Op != resource.Update || c.excerpt != strings.Contains(shown(got.After["content"]), "new") {
					t.Errorf("it would %s, and shows %q", got.Op, shown(got.After["content"]))
				}
			})
		})
	}
}

// shown is the excerpt of a content that was too long to send; "" if there is none.
func shown(v any) string {
	switch v := v.(type) {
	case resource.Digest:
		if v.Excerpt != nil {
			return string(v.Excerpt.Text)
		}
	case resource.Given:
		if v.Excerpt != nil {
			return string(v.Excerpt.Text)
		}
	case kind.Text:
		return fmt.Sprintf("all of it: %d bytes", len(v))
	}
	return ""
}
