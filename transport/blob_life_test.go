package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// gate is a source that stops half-way until it is opened, and counts.
type gate struct {
	data   []byte
	half   int
	open   chan struct{}
	opened atomic.Int32 // how often the source was opened
	closed atomic.Int32
}

func newGate(data []byte) *gate {
	return &gate{data: data, half: len(data) / 2, open: make(chan struct{})}
}

func (g *gate) source(offset int64) (io.ReadCloser, error) {
	g.opened.Add(1)
	return &gateReader{g, int(offset)}, nil
}

type gateReader struct {
	*gate
	at int
}

func (r *gateReader) Read(p []byte) (int, error) {
	end := len(r.data)
	if r.at < r.half {
		end = r.half
	} else {
		<-r.open
	}
	if r.at == end {
		return 0, io.EOF
	}
	n := copy(p, r.data[r.at:end])
	r.at += n
	return n, nil
}

func (r *gateReader) Close() error { r.closed.Add(1); return nil }

// family is a controller, a hop, and three contexts below that.
type family struct {
	t    *testing.T
	b    *transport.Broker
	hop  *transport.Context
	kids []*transport.Context
	sent atomic.Int64 // bytes of contents from the controller to the hop
	ends []*transporttest.End
}

// atHome runs a test in virtual time with a family.
func atHome(t *testing.T, test func(f *family)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &family{t: t}
		f.b = transport.NewBroker(transport.Options{Frames: func(e transport.FrameEvent) {
			if e.Out && e.Handle >= 1000 {
				f.sent.Add(int64(e.Size))
			}
		}})
		var mu sync.Mutex
		k := agent()
		k.Started = func(end *transporttest.End, _ transport.Start) {
			mu.Lock()
			defer mu.Unlock()
			f.ends = append(f.ends, end)
		}
		var err error
		if f.hop, err = next(f.b, nil, k); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			c, err := next(f.b, []*transport.Context{f.hop}, k)
			if _, up := c.Ready().Get(context.Background()); errors.Join(err, up) != nil {
				t.Fatal(err, up)
			}
			f.kids = append(f.kids, c)
		}
		test(f)
		_ = f.b.Shutdown()
		synctest.Wait()
	})
}

// offer offers the same to all.
func (f *family) offer(blob transport.Blob, from transport.BlobSource) {
	for _, c := range append([]*transport.Context{f.hop}, f.kids...) {
		f.b.Offer(c, blob, from)
	}
}

// pull has a context pull a blob, and returns at once.
func (f *family) pull(c *transport.Context, in pullIn) *transport.Result[pullOut] {
	return pulls.CallAsync(context.Background(), c, in)
}

// whole is the outcome of a pull that must succeed.
func (f *family) whole(what string, r *transport.Result[pullOut], blob transport.Blob) {
	f.t.Helper()
	out, err := r.Get(context.Background())
	if err != nil || out.Error != "" || out.Read != blob.Size || out.Sum != blob.Sum {
		f.t.Errorf("%s: %+v, %v", what, out, err)
	}
}

// fails is the outcome of a pull that must not succeed.
func (f *family) fails(what string, r *transport.Result[pullOut], reason transport.BlobReason) {
	f.t.Helper()
	out, err := r.Get(context.Background())
	if err != nil || out.Reason != reason || out.Error == "" {
		f.t.Errorf("%s: %+v, %v; want %s", what, out, err, reason)
	}
}

// ended is the outcome of a pull that was ended.
func (f *family) ended(what string, r *transport.Result[pullOut]) {
	f.t.Helper()
	if out, err := r.Get(context.Background()); err == nil && out.Error == "" || out.Reason != "" {
		f.t.Errorf("%s: %+v, %v", what, out, err)
	}
}

// copies is how often that many bytes went over the line from the controller.
func (f *family) copies(what string, size, want int) {
	f.t.Helper()
	sent := f.sent.Load()
	if most := int64(want*size + size/50 + 2000); sent < int64(want*size) || sent > most {
		f.t.Errorf("%s: %d bytes went out, want %d to %d", what, sent, want*size, most)
	}
}

// kindsOfBlobs are those that a hop keeps in memory, in a file, and not at all.
var kindsOfBlobs = map[string]struct {
	size   int
	secret bool
	kept   bool
}{
	"in memory":         {200 << 10, false, true},
	"in a file":         {3 << 20, false, true},
	"a secret":          {900 << 10, true, true},
	"a long secret":     {3 << 20, true, false},
	"less than a frame": {100, false, true},
}

// TestLifeOfAPull goes through what can happen to a blob on its way: with
// blobs of each kind that a hop keeps in another way.
func TestLifeOfAPull(t *testing.T) {
	lives := map[string]func(f *family, g *gate, blob transport.Blob, kept bool){
		"from the hop's cache": func(f *family, g *gate, blob transport.Blob, kept bool) {
			close(g.open)
			copies := 0
			for i, c := range append(f.kids, f.hop, f.kids[0]) {
				f.whole("pull", f.pull(c, pullIn{Blob: blob}), blob)
				if i == 0 || !kept {
					copies++
				}
			}
			f.copies("one after the other", int(blob.Size), copies)
		},
		"joined": func(f *family, g *gate, blob transport.Blob, kept bool) {
			var all []*transport.Result[pullOut]
			for _, c := range append(f.kids, f.hop) {
				all = append(all, f.pull(c, pullIn{Blob: blob}))
			}
			synctest.Wait()
			close(g.open)
			for _, r := range all {
				f.whole("joined", r, blob)
			}
			if kept {
				f.copies("joined", int(blob.Size), 1)
				if n := g.opened.Load(); n != 1 {
					f.t.Errorf("the source was opened %d times", n)
				}
			}
		},
		"the first gives up": func(f *family, g *gate, blob transport.Blob, kept bool) {
			ctx, cancel := context.WithCancel(context.Background())
			first := pulls.CallAsync(ctx, f.kids[0], pullIn{Blob: blob})
			synctest.Wait()
			second := f.pull(f.kids[1], pullIn{Blob: blob})
			synctest.Wait()
			cancel()
			f.ended("cancelled", first)
			close(g.open)
			f.whole("the second", second, blob)
			if kept {
				f.copies("the first gave up", int(blob.Size), 1)
			}
		},
		"nobody wants it": func(f *family, g *gate, blob transport.Blob, _ bool) {
			ctx, cancel := context.WithCancel(context.Background())
			for _, c := range f.kids {
				pulls.CallAsync(ctx, c, pullIn{Blob: blob})
			}
			synctest.Wait()
			cancel()
			synctest.Wait()
			close(g.open)
			synctest.Wait()
			if g.opened.Load() != g.closed.Load() || transport.Pulling(f.b) != 0 {
				f.t.Errorf("opened %d times, closed %d times, %d pulls run", g.opened.Load(), g.closed.Load(), transport.Pulling(f.b))
			}
			f.whole("after that", f.pull(f.kids[1], pullIn{Blob: blob}), blob)
		},
		"its context ends": func(f *family, g *gate, blob transport.Blob, _ bool) {
			first, second := f.pull(f.kids[0], pullIn{Blob: blob}), f.pull(f.kids[1], pullIn{Blob: blob})
			synctest.Wait()
			go f.kids[0].Shutdown(context.Background())
			time.Sleep(10 * time.Second)
			close(g.open)
			f.ended("of the context that ended", first)
			f.whole("of another context", second, blob)
		},
		"the line is cut": func(f *family, g *gate, blob transport.Blob, _ bool) {
			all := []*transport.Result[pullOut]{f.pull(f.kids[0], pullIn{Blob: blob}), f.pull(f.kids[1], pullIn{Blob: blob})}
			synctest.Wait()
			f.ends[0].Cut()
			for _, r := range all {
				_, err := r.Get(context.Background())
				wantAs[*transport.LostError](f.t, err)
			}
			close(g.open)
			time.Sleep(20 * time.Second)
			if g.opened.Load() != g.closed.Load() || transport.Pulling(f.b) != 0 {
				f.t.Errorf("opened %d times, closed %d times, %d pulls run", g.opened.Load(), g.closed.Load(), transport.Pulling(f.b))
			}
		},
		"the source has changed": func(f *family, g *gate, blob transport.Blob, _ bool) {
			right := g.data
			for what, c := range map[string]struct {
				data   []byte
				reason transport.BlobReason
			}{
				"other bytes": {append(bytes.Clone(right[:len(right)-1]), right[0]+1, 0)[:len(right)], transport.BlobChanged},
				"fewer bytes": {right[:len(right)-1], transport.BlobChanged},
				"more bytes":  {append(bytes.Clone(right), 0), transport.BlobChanged},
			} {
				wrong := newGate(c.data)
				f.offer(blob, wrong.source)
				first := f.pull(f.kids[0], pullIn{Blob: blob})
				synctest.Wait()
				second := f.pull(f.kids[1], pullIn{Blob: blob})
				synctest.Wait()
				close(wrong.open)
				f.fails(what, first, c.reason)
				f.fails(what+", joined", second, c.reason)
			}
			f.offer(blob, func(int64) (io.ReadCloser, error) { return nil, errors.New("open /home/me/key: no such file") })
			f.fails("no source", f.pull(f.kids[0], pullIn{Blob: blob}), transport.BlobUnavailable)
			close(g.open)
			f.offer(blob, g.source)
			f.whole("the right one", f.pull(f.kids[1], pullIn{Blob: blob}), blob)
		},
		"an offset": func(f *family, g *gate, blob transport.Blob, kept bool) {
			close(g.open)
			at := blob.Size / 3
			out, err := f.pull(f.kids[0], pullIn{Blob: blob, Offset: at}).Get(context.Background())
			if rest := transport.BlobOf(g.data[at:], false); err != nil || out.Error != "" || out.Sum != rest.Sum || out.Read != rest.Size {
				f.t.Errorf("the rest: %+v, %v", out, err)
			}
			f.copies("the rest", int(blob.Size-at), 1)
			f.whole("all of it", f.pull(f.kids[1], pullIn{Blob: blob}), blob)
			if out, err = f.pull(f.kids[2], pullIn{Blob: blob, Offset: at}).Get(context.Background()); err != nil || out.Error != "" || out.Read != blob.Size-at {
				f.t.Errorf("the rest again: %+v, %v", out, err)
			}
			if kept {
				f.copies("the rest, and once all of it", int(2*blob.Size-at), 1)
			}
			if out, err = f.pull(f.kids[2], pullIn{Blob: blob, Offset: blob.Size}).Get(context.Background()); err != nil || out.Error != "" || out.Read != 0 {
				f.t.Errorf("nothing is left: %+v, %v", out, err)
			}
			for _, beyond := range []int64{-1, blob.Size + 1} {
				f.fails("beyond", f.pull(f.kids[2], pullIn{Blob: blob, Offset: beyond}), transport.BlobRefused)
			}
		},
		"not offered": func(f *family, g *gate, blob transport.Blob, _ bool) {
			close(g.open)
			for _, c := range append(f.kids[1:], f.hop) {
				f.b.Withdraw(c, blob)
			}
			f.whole("offered", f.pull(f.kids[0], pullIn{Blob: blob}), blob)
			for _, c := range append(f.kids[1:], f.hop) {
				f.fails("kept at the hop", f.pull(c, pullIn{Blob: blob}), transport.BlobRefused)
			}
			another := blob
			another.Secret = !blob.Secret
			f.fails("of another kind", f.pull(f.kids[0], pullIn{Blob: another}), transport.BlobRefused)
			another = blob
			another.Size++
			f.fails("of another size", f.pull(f.kids[0], pullIn{Blob: another}), transport.BlobRefused)
		},
		"the first is refused": func(f *family, g *gate, blob transport.Blob, _ bool) {
			close(g.open)
			f.b.Withdraw(f.kids[0], blob)
			for range 5 {
				refused := f.pull(f.kids[0], pullIn{Blob: blob})
				offered := f.pull(f.kids[1], pullIn{Blob: blob})
				f.fails("not offered", refused, transport.BlobRefused)
				f.whole("offered", offered, blob)
			}
		},
	}
	for name, live := range lives {
		for kind, k := range kindsOfBlobs {
			t.Run(name+"/"+kind, func(t *testing.T) {
				atHome(t, func(f *family) {
					data := contents(k.size, 7)
					g, blob := newGate(data), transport.BlobOf(data, k.secret)
					f.offer(blob, g.source)
					live(f, g, blob, k.kept)
				})
			})
		}
	}
}
