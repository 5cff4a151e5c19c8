package transport

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// errNotKept ends a blob that this process cannot keep. Who reads it goes on with a
// pull of its own.
var errNotKept = errors.New("there is no room to keep it")

// openUp opens a blob that somebody above has. One that is kept here, or that comes
// already, is read from there once the context is known to have been offered it. A
// part of a blob that is not here passes through.
func (b *Broker) openUp(ctx context.Context, asker Address, blob Blob, offset int64) (io.ReadCloser, error) {
	if offset == blob.Size {
		return b.pullUp(ctx, asker, blob, offset)
	}
	var in *space
	if offset == 0 {
		in = b.keeper.spaceFor(blob, b.askers(asker))
	}
	k, begins := b.keeper.join(b.ctx, blob, in)
	if k == nil {
		return b.pullUp(ctx, asker, blob, offset)
	}
	r := &keptReader{b: b, k: k, ctx: ctx, asker: asker, at: offset, joined: !begins}
	if begins {
		b.goroutine(func() { b.keeper.done(k, b.fill(k, asker)) })
		return r, nil
	}
	if err := b.mayHave(ctx, asker, blob); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// askers is how many there are that may ask for the same blob as this one.
func (b *Broker) askers(asker Address) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.children)
	if asker == b.self && n > 0 {
		n++
	}
	return n
}

// mayHave asks those above whether a blob was offered to a context: it asks for the
// nothing that comes after its last byte.
func (b *Broker) mayHave(ctx context.Context, asker Address, blob Blob) error {
	r, err := b.pullUp(ctx, asker, blob, blob.Size)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err = verified(r, blob, blob.Size).Read(make([]byte, 1)); err == io.EOF {
		return nil
	}
	return err
}

// fill pulls a blob for the context that asked first, and keeps what comes.
func (b *Broker) fill(k *kept, asker Address) error {
	up, err := b.pullUp(k.ctx, asker, k.blob, 0)
	if err != nil {
		return err
	}
	defer up.Close()
	r, buf := verified(up, k.blob, 0), make([]byte, min(chunk, k.blob.Size+1))
	for {
		n, err := r.Read(buf)
		if n > 0 && k.store == nil {
			if k.store = b.keeper.newStore(k); k.store == nil {
				return errNotKept
			}
		}
		if n > 0 {
			if _, err := k.store.Write(buf[:n]); err != nil {
				return errNotKept
			}
			k.grow(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow tells the readers that more is there.
func (k *kept) grow(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.size += int64(n)
	close(k.wake)
	k.wake = make(chan struct{})
}

// readAt reads what is there from an offset on, and waits while there is nothing.
func (k *kept) readAt(ctx context.Context, p []byte, at int64) (int, error) {
	for {
		k.mu.Lock()
		size, over, err, wake := k.size, k.over, k.err, k.wake
		k.mu.Unlock()
		switch {
		case at < size:
			n, err := k.store.ReadAt(p[:min(int64(len(p)), size-at)], at)
			if n == 0 && err != nil && len(p) > 0 {
				return 0, errNotKept
			}
			return n, nil
		case over && err == nil:
			return 0, io.EOF
		case over:
			return 0, err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// keptReader reads a blob that is kept. Where that ends for a reason that is not the
// reader's own, it goes on with a pull of its own.
type keptReader struct {
	b      *Broker
	k      *kept
	ctx    context.Context
	asker  Address
	at     int64
	joined bool // the blob is pulled for another context
	rest   io.ReadCloser
}

func (r *keptReader) Read(p []byte) (int, error) {
	if r.rest != nil {
		return r.rest.Read(p)
	}
	n, err := r.k.readAt(r.ctx, p, r.at)
	r.at += int64(n)
	var e *BlobError
	alone := errors.Is(err, errNotKept) || r.joined && errors.As(err, &e) && e.Reason == BlobRefused
	if !alone {
		return n, err
	}
	rest, err := r.b.pullUp(r.ctx, r.asker, r.k.blob, r.at)
	if err != nil {
		return 0, err
	}
	r.b.keeper.leave(r.k)
	r.rest = rest
	return rest.Read(p)
}

// Close ends the reading. It is called once.
func (r *keptReader) Close() error {
	if r.rest != nil {
		return r.rest.Close()
	}
	r.b.keeper.leave(r.k)
	return nil
}

// newStore is where the bytes of a blob go; nil if there is no room.
func (q *keeper) newStore(k *kept) store {
	free := k.in.most
	if k.in == &q.files {
		free = freeSpace(os.TempDir()) / 2
	}
	ok, gone := q.admit(k, free)
	gone.close()
	switch {
	case !ok:
		return nil
	case k.in == &q.memory:
		return &memoryStore{}
	}
	f, err := os.CreateTemp("", ".mitoplan-")
	if err != nil {
		return nil
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil
	}
	return f
}

// memoryStore is a store in memory.
type memoryStore struct {
	mu   sync.RWMutex
	data []byte
}

func (s *memoryStore) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, p...)
	return len(p), nil
}

func (s *memoryStore) ReadAt(p []byte, at int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copy(p, s.data[at:]), nil
}

func (s *memoryStore) Close() error { return nil }
