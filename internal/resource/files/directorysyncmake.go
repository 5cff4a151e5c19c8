package files

import (
	"cmp"
	"context"
	"io"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// make carries out the plan: what is in the way goes, then everything is put in place from the
// top, and in the end goes what the source does not have.
func (d *DirectorySync) make(ctx context.Context, h resource.Host, p *syncPlan) error {
	if p.change.Op == resource.NoOp {
		return nil
	}
	if p.change.Op == resource.Create {
		for _, dir := range p.above {
			if err := h.EnsureDir(dir); err != nil {
				return err
			}
		}
		if err := h.Mkdir(p.path, enterable(p.meta, p.root)); err != nil {
			return err
		}
	}
	many := len(p.steps)+len(p.inWay)+len(p.extra) > syncedSingly
	if many {
		if err := h.SyncLater(p.path); err != nil {
			return err
		}
	}
	if err := removeAll(ctx, h, p.path, p.inWay); err != nil {
		return err
	}
	if err := p.tighten(h); err != nil {
		return err
	}
	if err := d.makeSteps(ctx, h, p); err != nil {
		return err
	}
	if err := removeAll(ctx, h, p.path, p.extra); err != nil {
		return err
	}
	if many {
		if err := h.Sync(p.path); err != nil {
			return err
		}
	}
	// Directories get their last permissions when all is in them.
	for _, s := range slices.Backward(p.steps) {
		if s.after.Type != resource.TypeDirectory || s.write && writable(s.after) {
			continue
		}
		if err := h.SetBelow(p.path, s.rel, s.meta); err != nil {
			return err
		}
	}
	if p.meta.Empty() || p.change.Op == resource.Create && writable(p.root) {
		return nil
	}
	return h.SetBelow(p.path, ".", p.meta)
}

// tighten takes from directories that are there what they are not to have any more, before something
// is put into them. Their owner may still make something there.
func (p *syncPlan) tighten(h resource.Host) error {
	less := func(rel string, before, after resource.Entry) error {
		mode := before.Mode & (after.Mode | 0o700)
		if before.Type != resource.TypeDirectory || mode == before.Mode {
			return nil
		}
		return h.SetBelow(p.path, rel, resource.Meta{Mode: &mode})
	}
	if err := less(".", p.was, p.root); err != nil {
		return err
	}
	for _, s := range p.steps {
		if s.after.Type != resource.TypeDirectory || s.write {
			continue
		}
		if err := less(s.rel, s.before, s.after); err != nil {
			return err
		}
	}
	return nil
}

// syncedSingly is how many things change of which each is synced by itself.
const syncedSingly = 32

// writable reports whether its owner may make something in a directory.
func writable(dir resource.Entry) bool { return dir.Mode&0o300 == 0o300 }

// enterable is what a new directory gets first, so that something can be put into it.
func enterable(m resource.Meta, dir resource.Entry) resource.Meta {
	if !writable(dir) {
		mode := dir.Mode | 0o700
		m.Mode = &mode
	}
	return m
}

// removeAll removes what was planned below a directory.
func removeAll(ctx context.Context, h resource.Host, dir string, gone []purged) error {
	return (&directoryPlan{path: dir, purged: gone}).purge(ctx, h)
}

func (d *DirectorySync) makeSteps(ctx context.Context, h resource.Host, p *syncPlan) error {
	contents, err := resource.ArgContent("source_contents", *d.Contents)
	if err != nil {
		return err
	}
	from := newFeed(ctx, h, contents, p.steps)
	defer from.close()
	for _, s := range p.steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		if err := p.makeOne(ctx, h, s, from); err != nil {
			return err
		}
	}
	return nil
}

func (p *syncPlan) makeOne(ctx context.Context, h resource.Host, s syncStep, from *feed) error {
	at := path.Join(p.path, s.rel)
	switch {
	case !s.write && s.after.Type == resource.TypeDirectory:
		return nil // later
	case !s.write:
		err := h.SetBelow(p.path, s.rel, s.meta)
		if filesystem.NotThere(err) {
			return nil // Somebody has just removed it. The next plan says so.
		}
		return err
	case s.after.Type == resource.TypeDirectory:
		return h.Mkdir(at, enterable(s.meta, s.after))
	case s.after.Type == resource.TypeLink:
		h.Saw(at, s.before)
		return h.Link(at, string(s.after.Target), s.meta)
	}
	n := resource.NewFile{Meta: s.meta, Found: &s.before, Content: &resource.Content{SHA256: s.sum[:], Size: s.size}}
	if s.size == 0 {
		n.Content.Whole = true
	} else if err := from.to(s.at); err != nil {
		return err
	} else {
		n.From = from
	}
	return h.Replace(ctx, at, n)
}

// A feed reads the contents of a source in their order. What is not needed of them is left out where
// it is long, and read and dropped where it is short: each place that is left out costs a turn to
// the controller and back.
type feed struct {
	ctx  context.Context
	h    resource.Host
	all  resource.Content
	in   io.ReadCloser // nil before the first is read
	at   int64
	skip map[int64]bool // where to begin again instead of reading on
}

const (
	// feedTurns is how often a feed begins to read at most, however many files are needed.
	feedTurns = 8
	// feedLeast is how many bytes have to be left out for that.
	feedLeast = 128 << 10
)

func newFeed(ctx context.Context, h resource.Host, all resource.Content, steps []syncStep) *feed {
	type gap struct{ size, to int64 }
	var gaps []*gap // Sorted by pointer, they need no sort of their own in the agent.
	at := int64(-1)
	for _, s := range steps {
		if !s.write || s.after.Type != resource.TypeFile || s.size == 0 {
			continue
		}
		if at >= 0 && s.at-at >= feedLeast {
			gaps = append(gaps, &gap{s.at - at, s.at})
		}
		at = s.at + s.size
	}
	slices.SortFunc(gaps, func(a, b *gap) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.to, b.to)) })
	f := &feed{ctx: ctx, h: h, all: all, skip: map[int64]bool{}}
	for _, g := range gaps[:min(len(gaps), feedTurns-1)] {
		f.skip[g.to] = true
	}
	return f
}

// to goes to an offset, which is not before the one where it is.
func (f *feed) to(offset int64) (err error) {
	if f.in == nil || f.skip[offset] {
		f.close()
		f.at = offset
		if f.at < feedLeast {
			f.at = 0 // so that all of it is compared with its name
		}
		if f.in, err = f.h.OpenAt(f.ctx, f.all, f.at); err != nil {
			f.in = nil
			return err
		}
	}
	_, err = io.CopyN(io.Discard, f, offset-f.at)
	return err
}

func (f *feed) Read(b []byte) (int, error) {
	n, err := f.in.Read(b)
	f.at += int64(n)
	transport.Advance(f.ctx)
	return n, err
}

func (f *feed) close() {
	if f.in != nil {
		f.in.Close()
	}
}
