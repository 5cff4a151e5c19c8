package transport

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the pulls that this process serves.
const (
	// pullsOfOne is how many pulls of one context may run, pullsOfNeighbour how many
	// of a neighbour and all contexts behind it. More are refused.
	pullsOfOne       = 64
	pullsOfNeighbour = 256
	// pullPatience is how long a pull may give no credit, or bring no byte.
	pullPatience = 5 * time.Minute
	// pullFrame is how much one frame carries, so that all of it takes 32 KiB of
	// memory.
	pullFrame = chunk - 256
	// pullQueue is how many bytes may wait for the writer of a stream until what is
	// pulled over it has to wait.
	pullQueue = 256 << 10
)

// pullPayload asks the parent for a blob.
type pullPayload struct {
	Blob   Blob  `cbor:"b"`
	Offset int64 `cbor:"o,omitempty"`
	// Asker is the context that the blob is for: who sends this, or one behind it.
	Asker Address `cbor:"a"`
	// Window is how many bytes may be under way.
	Window int `cbor:"w"`
}

// pullKey names a pull: the child that sent it, and the reply handle there.
type pullKey struct {
	child  Address
	handle uint32
}

// servedPull is a pull that this process serves.
type servedPull struct {
	pullPayload
	key    pullKey
	offer  *offer // nil if it is not of this process
	ctx    context.Context
	cancel context.CancelFunc
	t      *tunnel
	taken  atomic.Pointer[func(n int)] // who else is told of what was taken; see BlobSource
}

// moved is called when the child has taken n bytes more.
func (p *servedPull) moved(n int) {
	p.t.broker.served(p, n)
	if tell := p.taken.Load(); tell != nil {
		(*tell)(n)
	}
}

// pulled takes a child's request for a blob, or that it does not want it any more.
// It never blocks.
func (b *Broker) pulled(s *Stream, m *Message) {
	p := &servedPull{key: pullKey{s.peer, m.ReplyTo}}
	if m.flags&flagReset != 0 {
		b.pulls.end(func(k pullKey) bool { return k == p.key })
		return
	}
	if err := Unmarshal(m.Data, &p.pullPayload); err != nil {
		b.dropped(m, err.Error())
		return
	}
	if !p.Asker.Behind(s.peer) || m.ReplyTo < firstHandle {
		b.dropped(m, "it pulls for a context that is not its own")
		return
	}
	p.ctx, p.cancel = context.WithCancel(b.ctx)
	b.mu.Lock()
	p.offer = b.offerLocked(p.Asker, p.Blob)
	b.mu.Unlock()
	if b.up == nil && p.offer == nil || !b.pulls.add(p) {
		p.cancel()
		b.reply(m, nil, &BlobError{p.Blob, BlobRefused}, flagDead)
		return
	}
	p.t = b.newTunnel(s.peer, "blob "+p.Blob.String())
	p.t.remote, p.t.named, p.t.window = m.ReplyTo, p.t.handle, 0
	p.t.most = max(0, min(p.Window, pullWindow()))
	p.t.credit = p.t.most
	p.t.moved = func(_, taken int) { p.moved(taken) }
	b.goroutine(func() { b.serve(p) })
}

// serve brings a blob to the child that pulls it. The end of what is sent says that
// it was all, a dead frame why it is not. It is over when the child has taken it all.
func (b *Broker) serve(p *servedPull) {
	defer b.pulls.remove(p)
	defer p.t.gone()
	defer p.t.drop(errClosed)
	defer context.AfterFunc(p.ctx, func() { p.t.drop(errClosed) })()
	r, err := b.openBlob(p.ctx, p.Asker, p.Blob, p.Offset)
	if err == nil {
		defer r.Close()
		if told, ok := r.(interface{ Taken(n int) }); ok {
			tell := told.Taken
			p.taken.Store(&tell)
		}
		err = b.copyBlob(p, r)
	}
	switch {
	case err == nil:
		_ = p.t.CloseWrite()
		p.t.drain()
		return
	case p.ctx.Err() != nil:
		return
	}
	if data, merr := Marshal(replyPayload{Err: toWire(blobError(p.Blob, err))}); merr == nil {
		_ = p.t.post(p.key.handle, flagDead|flagBulk, data)
	}
}

// copyBlob sends what the reader has, as the child gives credit and the stream to it
// has room.
func (b *Broker) copyBlob(p *servedPull, r io.Reader) error {
	buf := make([]byte, min(pullFrame, p.Blob.Size-p.Offset+1))
	for rest := p.Blob.Size - p.Offset; ; {
		n, err := r.Read(buf)
		if rest -= int64(n); rest < 0 || err == io.EOF && rest > 0 {
			return &BlobError{p.Blob, BlobChanged}
		}
		if n > 0 {
			if err := b.awaitRoom(p.ctx, p.t.peer, pullQueue); err != nil {
				return err
			}
			p.t.extend(1, pullPatience)
			if _, err := p.t.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pulls are the pulls that this process serves.
type pulls struct {
	mu      sync.Mutex // guards what follows
	running map[pullKey]*servedPull
	askers  map[Address]int // how many run for each
	each    map[Address]int // how many run of each child
}

// add notes a pull that begins. It reports false if too many run, or one that has
// the same handle.
func (s *pulls) add(p *servedPull) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[p.key] != nil || s.askers[p.Asker] >= pullsOfOne || s.each[p.key.child] >= pullsOfNeighbour {
		return false
	}
	if s.running == nil {
		s.running, s.askers, s.each = make(map[pullKey]*servedPull), make(map[Address]int), make(map[Address]int)
	}
	s.running[p.key] = p
	s.askers[p.Asker]++
	s.each[p.key.child]++
	return true
}

// remove forgets a pull that is over.
func (s *pulls) remove(p *servedPull) {
	p.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p.key)
	if s.askers[p.Asker]--; s.askers[p.Asker] == 0 {
		delete(s.askers, p.Asker)
	}
	if s.each[p.key.child]--; s.each[p.key.child] == 0 {
		delete(s.each, p.key.child)
	}
}

// end ends the pulls that nobody waits for any more.
func (s *pulls) end(which func(pullKey) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, p := range s.running {
		if which(k) {
			p.cancel()
		}
	}
}

// forgetPulls ends the pulls of a child that has ended.
func (b *Broker) forgetPulls(child Address) {
	b.pulls.end(func(k pullKey) bool { return k.child == child })
}
