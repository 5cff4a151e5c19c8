package resource_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// store is a Puller that holds contents, and counts how often they are pulled.
type store struct {
	held  map[transport.Blob][]byte
	pulls int
	ends  error // in place of io.EOF, after half of the content
}

func (s *store) Pull(_ context.Context, b transport.Blob, offset int64) (io.ReadCloser, error) {
	s.pulls++
	data, ok := s.held[b]
	if !ok {
		return nil, &transport.BlobError{Blob: b, Reason: transport.BlobRefused}
	}
	data = data[offset:]
	if s.ends != nil {
		return io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), failing{s.ends})), nil
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// named offers a content and returns it as an argument.
func (s *store) named(t *testing.T, data string) kind.Content {
	t.Helper()
	b := transport.BlobOf([]byte(data), false)
	if s.held == nil {
		s.held = map[transport.Blob][]byte{}
	}
	s.held[b] = []byte(data)
	name, err := b.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return kind.Content{Blob: name}
}

func TestNamedContentIsPulledOnlyToBeWritten(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	from := &store{}
	a := args{"path": f.Arg("x"), "source": text("here"), "source_content": from.named(t, "content\n")}
	check := func() resource.Change {
		t.Helper()
		reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "file", Args: resourcetest.Encode(t, a), Key: planKey, From: from})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Change
	}
	c := check()
	if c.Op != resource.Create || from.pulls != 0 {
		t.Fatalf("the check would %s and pulled %d times, want create and none", c.Op, from.pulls)
	}
	_, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "file", Args: resourcetest.Encode(t, a), Fingerprint: c.Fingerprint, Key: planKey, From: from})
	if err != nil || from.pulls != 1 {
		t.Fatalf("the apply: %v, %d pulls, want one", err, from.pulls)
	}
	if got, _ := os.ReadFile(f.At("x")); string(got) != "content\n" {
		t.Errorf("the file holds %q", got)
	}
	if c := check(); c.Op != resource.NoOp || from.pulls != 1 {
		t.Errorf("after the apply the check would %s and %d pulls were made in all, want none more", c.Op, from.pulls)
	}
}

func TestContentThatDoesNotComeWritesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		from store
		said string
	}{
		"it was not offered": {store{}, "The content is missing"},
		"it has changed":     {store{ends: &transport.BlobError{Reason: transport.BlobChanged}}, "The content has changed"},
		"it cannot be read":  {store{ends: &transport.BlobError{Reason: transport.BlobUnavailable}}, "The content cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", "old\n", 0o644)
			content := (&store{}).named(t, "content\n")
			if c.from.ends != nil {
				content = c.from.named(t, "content\n")
			}
			_, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "file", Key: planKey, From: &c.from,
				Args: resourcetest.Encode(t, args{"path": f.Arg("x"), "content": content})})
			wantProblem(t, err, "", "source")
			if !strings.Contains(err.Error(), c.said) {
				t.Errorf("the problem is %q, want %q in it", err, c.said)
			}
			if got, _ := os.ReadFile(f.At("x")); string(got) != "old\n" {
				t.Errorf("the file holds %q", got)
			}
			if left, _ := os.ReadDir(f.At("")); len(left) != 1 {
				t.Errorf("%d things are in the directory, want the file alone", len(left))
			}
		})
	}
}

// TestNamesOfContentsAreThoseOfBlobs holds that the planner, which knows no transport,
// names contents as that does.
func TestNamesOfContentsAreThoseOfBlobs(t *testing.T) {
	blob := transport.BlobOf([]byte("content"), false)
	want, err := blob.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if c := kind.NameContent(blob.Sum, blob.Size); !bytes.Equal(c.Blob, want) {
		t.Errorf("it is named %x, want %x", c.Blob, want)
	}
	if sum, size, ok := (kind.Content{Blob: want}).Name(); !ok || sum != blob.Sum || size != blob.Size {
		t.Errorf("the name is read as %x, %d", sum, size)
	}
	if _, _, ok := (kind.Content{Data: []byte("content")}).Name(); ok {
		t.Error("bytes have a name")
	}
}
