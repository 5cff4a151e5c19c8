package resource_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// line is a connection over which one content comes. It counts bytes.
type line struct {
	data []byte
	blob transport.Blob
	// cut is after how many bytes of the content it is cut, by the error cause; 0 is
	// never.
	cut   int
	cause error
	// at is called before bytes from that offset on are sent. It may be nil.
	at func(ctx context.Context, offset int64)

	mu   sync.Mutex
	sent int
}

var errCut = errors.New("the connection was cut")

func newLine(size int, secret bool) *line {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return &line{data: data, blob: transport.BlobOf(data, secret), cause: errCut}
}

func (l *line) argument(t *testing.T) kind.Content {
	t.Helper()
	name, err := l.blob.MarshalBinary()
	must(t, err)
	return kind.Content{Blob: name}
}

func (l *line) Pull(ctx context.Context, b transport.Blob, offset int64) (io.ReadCloser, error) {
	if b != l.blob {
		return nil, &transport.BlobError{Blob: b, Reason: transport.BlobRefused}
	}
	r := io.NopCloser(&lineReader{l, ctx, int(offset)})
	if offset == 0 {
		return b.Verify(bytes.NewReader(nil), r)
	}
	return r, nil
}

type lineReader struct {
	l   *line
	ctx context.Context
	at  int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.l.at != nil {
		r.l.at(r.ctx, int64(r.at))
	}
	end := len(r.l.data)
	if r.l.cut > 0 {
		end = r.l.cut
	}
	switch {
	case r.ctx.Err() != nil:
		return 0, context.Cause(r.ctx)
	case r.at >= end && r.l.cut > 0:
		return 0, r.l.cause
	case r.at >= end:
		return 0, io.EOF
	}
	n := copy(p, r.l.data[r.at:end])
	r.at += n
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	r.l.sent += n
	return n, nil
}

// target is a host on which agents apply, one after the other.
type target struct {
	testDir
	cache hostcache.Dir
}

func newTarget(t *testing.T) target {
	h := target{newTestDir(t), cacheDir(t)}
	h.Empty(t)
	return h
}

// agent is a new one.
func (h target) agent(fault func(op, path string) error) *resource.Service {
	return resource.NewService(resource.NewMachine(resource.Options{Cache: func() hostcache.Dir { return h.cache }, Fault: fault}), kinds.Lookup)
}

// apply has a new agent write the content of a line to a file. more are further arguments.
func (h target) apply(ctx context.Context, t *testing.T, s *resource.Service, l *line, name string, more args) error {
	t.Helper()
	a := args{"path": h.Arg(name), "source": text("s"), "source_content": l.argument(t)}
	for k, v := range more {
		a[k] = v
	}
	_, err := s.Apply(ctx, resource.ApplyRequest{Session: "r", Kind: "file", Args: resourcetest.Encode(t, a), From: l})
	return err
}

// wantFile fails if a file does not hold the content of a line.
func (h target) wantFile(t *testing.T, name string, l *line) {
	t.Helper()
	got, err := os.ReadFile(h.At(name))
	if err != nil || !bytes.Equal(got, l.data) {
		t.Errorf("%s holds %d bytes that are not the content (%v)", name, len(got), err)
	}
}

// wantNames fails if something else is in the directory, or is kept in the cache.
func (h target) wantNames(t *testing.T, parts int, names ...string) {
	t.Helper()
	entries, _ := os.ReadDir(h.Path)
	if len(entries) != len(names) {
		t.Errorf("%d things are beside the file, want %q", len(entries), names)
	}
	if kept, _ := os.ReadDir(filepath.Join(string(h.cache), "blobs")); len(kept) != parts {
		t.Errorf("%d beginnings are kept, want %d", len(kept), parts)
	}
}

// part is where the beginning of the content of a line is kept.
func (h target) part(l *line) string {
	return filepath.Join(string(h.cache), "blobs", hex.EncodeToString(l.blob.Sum[:])+".part")
}

const lineSize = 300_000

// What came before a cut is not sent again, wherever the cut is.
func TestPullGoesOnWhereItWasCut(t *testing.T) {
	for _, c := range []struct {
		inPlace bool
		size    int
	}{{false, lineSize}, {true, lineSize}, {true, 17 << 20}} {
		inPlace, size := c.inPlace, c.size
		for _, cut := range []int{1, hostcache.LeastPart - 1, hostcache.LeastPart, 100_000, 131_072, lineSize - 1, size - 1, size} {
			t.Run(fmt.Sprint(inPlace, " ", size, " ", cut), func(t *testing.T) {
				h, l := newTarget(t), newLine(size, false)
				h.Write(t, "x", "old\n", 0o644)
				more := args{"in_place": inPlace}
				kept := cut
				if cut < hostcache.LeastPart {
					kept = 0
				}
				l.cut = cut
				if err := h.apply(t.Context(), t, h.agent(nil), l, "x", more); !errors.Is(err, errCut) {
					t.Fatalf("the apply that was cut gave %v", err)
				}
				h.Holds(t, "x", "old\n", 0o644)
				h.wantNames(t, min(kept, 1), "x")
				l.cut, l.sent = 0, 0
				must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", more))
				h.wantFile(t, "x", l)
				h.wantNames(t, 0, "x")
				if l.sent != size-kept {
					t.Errorf("%d bytes were sent, want the %d that were missing", l.sent, size-kept)
				}
			})
		}
	}
}

func TestPullThatIsCutOftenArrives(t *testing.T) {
	h, l := newTarget(t), newLine(lineSize, false)
	for cut := 70_000; cut < lineSize; cut += 70_000 {
		l.cut = cut
		if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		h.wantNames(t, 1)
	}
	l.cut = 0
	must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
	h.wantFile(t, "x", l)
	if l.sent != lineSize {
		t.Errorf("%d bytes were sent in all, want %d", l.sent, lineSize)
	}
}

func TestCancelledPullIsKept(t *testing.T) {
	h, l := newTarget(t), newLine(lineSize, false)
	ctx, cancel := context.WithCancelCause(t.Context())
	l.at = func(_ context.Context, offset int64) {
		if offset > 200_000 {
			cancel(transport.ErrParentLost)
		}
	}
	if err := h.apply(ctx, t, h.agent(nil), l, "x", nil); !errors.Is(err, transport.ErrParentLost) {
		t.Fatal(err)
	}
	h.wantNames(t, 1)
	first := l.sent
	l.at, l.sent = nil, 0
	must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
	h.wantFile(t, "x", l)
	if first+l.sent != lineSize {
		t.Errorf("%d and %d bytes were sent, want %d in all", first, l.sent, lineSize)
	}
}

// What is wrong with the beginning that was kept costs a whole transfer and no error.
func TestBadPartsCostAWholePull(t *testing.T) {
	const cut = 200_000
	for name, c := range map[string]struct {
		change func(t *testing.T, h target, l *line)
		sent   int
	}{
		"one bit is wrong": {func(t *testing.T, h target, l *line) {
			bad := append([]byte{}, l.data[:cut]...)
			bad[4711] ^= 1
			must(t, os.WriteFile(h.part(l), bad, 0o600))
		}, lineSize - cut + lineSize},
		"it was cut short": {func(t *testing.T, h target, l *line) { must(t, os.Truncate(h.part(l), 1000)) }, lineSize - 1000},
		"it is empty":      {func(t *testing.T, h target, l *line) { must(t, os.Truncate(h.part(l), 0)) }, lineSize},
		"it is longer than the content": {func(t *testing.T, h target, l *line) {
			must(t, os.Truncate(h.part(l), lineSize+1))
		}, lineSize},
		"it is as long and another": {func(t *testing.T, h target, l *line) {
			must(t, os.Truncate(h.part(l), lineSize))
		}, lineSize},
		"others may write it": {func(t *testing.T, h target, l *line) { must(t, os.Chmod(h.part(l), 0o622)) }, lineSize},
		"it is a link": {func(t *testing.T, h target, l *line) {
			must(t, os.Rename(h.part(l), h.part(l)+"x"))
			must(t, os.Symlink(h.part(l)+"x", h.part(l)))
		}, lineSize},
		"its directory is open": {func(t *testing.T, h target, l *line) {
			must(t, os.Chmod(filepath.Dir(h.part(l)), 0o777))
		}, lineSize},
	} {
		t.Run(name, func(t *testing.T) {
			h, l := newTarget(t), newLine(lineSize, false)
			l.cut = cut
			if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			c.change(t, h, l)
			l.cut, l.sent = 0, 0
			must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
			h.wantFile(t, "x", l)
			if l.sent != c.sent {
				t.Errorf("%d bytes were sent, want %d", l.sent, c.sent)
			}
		})
	}
}

func TestWhatIsNotKeptOfACut(t *testing.T) {
	for name, c := range map[string]struct {
		secret bool
		change func(t *testing.T, h *target, l *line)
	}{
		"a secret":              {true, func(*testing.T, *target, *line) {}},
		"the source changed":    {false, func(_ *testing.T, _ *target, l *line) { l.cause = &transport.BlobError{Reason: transport.BlobChanged} }},
		"there is no directory": {false, func(_ *testing.T, h *target, _ *line) { h.cache = "" }},
		"the directory is gone": {false, func(t *testing.T, h *target, _ *line) { must(t, os.RemoveAll(string(h.cache))) }},
		"a file is in the way": {false, func(t *testing.T, h *target, _ *line) {
			must(t, os.WriteFile(filepath.Join(string(h.cache), "blobs"), nil, 0o600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h, l := newTarget(t), newLine(lineSize, c.secret)
			l.cut = 200_000
			c.change(t, &h, l)
			if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); err == nil {
				t.Fatal("the apply that was cut gave no error")
			}
			h.wantNames(t, 0)
			l.cut, l.sent = 0, 0
			must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
			h.wantFile(t, "x", l)
			if l.sent != lineSize {
				t.Errorf("%d bytes were sent, want all", l.sent)
			}
		})
	}
}

// Two agents of one user go on with one beginning, and one of them is done first.
func TestTwoAgentsGoOnWithOnePart(t *testing.T) {
	h, l := newTarget(t), newLine(lineSize, false)
	l.cut = 200_000
	if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	l.cut, l.sent = 0, 0
	other := newLine(lineSize, false)
	var once sync.Once
	l.at = func(context.Context, int64) {
		once.Do(func() { must(t, h.apply(t.Context(), t, h.agent(nil), other, "y", nil)) })
	}
	must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
	h.wantFile(t, "x", l)
	h.wantFile(t, "y", l)
	h.wantNames(t, 0, "x", "y")
	if l.sent != 100_000 || other.sent != 100_000 {
		t.Errorf("%d and %d bytes were sent, want 100000 each", l.sent, other.sent)
	}
}

// Two files with one content that is long: it travels once.
func TestTheSameContentComesOnce(t *testing.T) {
	t.Run("one after the other", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		s := h.agent(nil)
		must(t, h.apply(t.Context(), t, s, l, "x", nil))
		must(t, h.apply(t.Context(), t, s, l, "y", nil))
		h.wantFile(t, "y", l)
		if l.sent != lineSize {
			t.Errorf("%d bytes were sent, want %d", l.sent, lineSize)
		}
	})
	t.Run("at once", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		s := h.agent(nil)
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				if err := h.apply(t.Context(), t, s, l, fmt.Sprint("x", i), nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i := range 5 {
			h.wantFile(t, fmt.Sprint("x", i), l)
		}
		if l.sent != lineSize {
			t.Errorf("%d bytes were sent, want %d", l.sent, lineSize)
		}
	})
	t.Run("and the first file has changed", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		s := h.agent(nil)
		must(t, h.apply(t.Context(), t, s, l, "x", nil))
		h.Write(t, "x", string(make([]byte, lineSize)), 0o644)
		must(t, h.apply(t.Context(), t, s, l, "y", nil))
		h.wantFile(t, "y", l)
		if l.sent != 2*lineSize {
			t.Errorf("%d bytes were sent, want %d", l.sent, 2*lineSize)
		}
	})
}

// A file of this host that is known to hold the content is copied.
func TestContentOfAnotherFileIsCopied(t *testing.T) {
	r := newReader(t)
	l := newLine(longSize, false)
	r.Write(t, "x", string(l.data), 0o644)
	r.check(t, "x", longSize, false)
	h := target{r.testDir, r.cache}
	must(t, h.apply(t.Context(), t, h.agent(nil), l, "y", nil))
	h.wantFile(t, "y", l)
	if l.sent != 0 {
		t.Errorf("%d bytes were sent, want none", l.sent)
	}
}

// A write in place of what is too long for the memory is tried out, keeps what was there,
// and needs no room beside the file.
func TestLongContentInPlace(t *testing.T) {
	for name, c := range map[string]struct {
		more   args
		secret bool
		fault  func(op, path string) error
		names  int
	}{
		"alone":                  {more: args{}, names: 1},
		"a secret":               {more: args{}, secret: true, names: 1},
		"with validate":          {more: args{"validate": text("test $(wc -c < %s) = 17825792")}, names: 1},
		"with backup":            {more: args{"backup": true}, names: 2},
		"without room beside it": {more: args{}, names: 1, fault: func(op, _ string) error { return failing{errors.New("no")}.on(op, "create") }},
	} {
		t.Run(name, func(t *testing.T) {
			h, l := newTarget(t), newLine(17<<20, c.secret)
			h.Write(t, "x", "old\n", 0o640)
			was := h.Inode(t, "x")
			c.more["in_place"] = true
			must(t, h.apply(t.Context(), t, h.agent(c.fault), l, "x", c.more))
			h.wantFile(t, "x", l)
			h.wantNames(t, 0, make([]string, c.names)...)
			if h.Inode(t, "x") != was {
				t.Error("the file was replaced")
			}
		})
	}
	t.Run("refused by validate", func(t *testing.T) {
		h, l := newTarget(t), newLine(17<<20, false)
		h.Write(t, "x", "old\n", 0o640)
		err := h.apply(t.Context(), t, h.agent(nil), l, "x", args{"in_place": true, "validate": text("false %s")})
		wantProblem(t, err, "validate", "invalid")
		h.Holds(t, "x", "old\n", 0o640)
		h.wantNames(t, 0, "x")
	})
}

// on fails for one kind of step.
func (f failing) on(op, which string) error {
	if op == which {
		return f.err
	}
	return nil
}

// zeros is a line over which a content of any size comes.
type zeros struct{ size int64 }

func (z zeros) Pull(context.Context, transport.Blob, int64) (io.ReadCloser, error) {
	return io.NopCloser(io.LimitReader(endless{}, z.size)), nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A content of any size takes the same memory.
func TestContentsTakeConstantMemory(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		const size = 128 << 20
		h := newTarget(t)
		if inPlace {
			h.Write(t, "x", "old\n", 0o644)
		}
		sum := sha256.New()
		_, err := io.CopyN(sum, endless{}, size)
		must(t, err)
		name, err := transport.Blob{Sum: [32]byte(sum.Sum(nil)), Size: size}.MarshalBinary()
		must(t, err)
		request := resource.ApplyRequest{Session: "r", Kind: "file", From: zeros{size}, Args: resourcetest.Encode(t, args{"path": h.Arg("x"), "source": text("s"), "source_content": kind.Content{Blob: name}, "in_place": inPlace})}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = h.agent(nil).Apply(t.Context(), request)
		must(t, err)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("in place %v: %d bytes were allocated for a content of %d, want 4 MiB at most", inPlace, got, size)
		}
	}
}
