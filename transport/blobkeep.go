package transport

import (
	"container/list"
	"context"
	"io"
	"sync"
)

// Bounds of the blobs that a process keeps for the contexts behind it.
const (
	// keepInMemory is the size up to which a blob is kept in memory, keepSecret that
	// of a secret one. A longer one is kept in a file without a name, and a longer
	// secret not at all.
	keepInMemory = 256 << 10
	keepSecret   = 1 << 20
	// keptInMemory and keptInFiles are how much is kept in all.
	keptInMemory = 16 << 20
	keptInFiles  = 4 << 30
)

// keeper keeps blobs that pass through this process. A blob is pulled once from the
// parent, however many contexts ask for it meanwhile or later. Each of them gets
// what is there at its own pace. Those that nobody reads stay while there is room.
type keeper struct {
	mu     sync.Mutex // guards what follows; not held across I/O
	blobs  map[Blob]*kept
	memory space
	files  space
	closed bool
}

// space is where blobs are kept.
type space struct {
	most int64
	busy int64     // bytes of those that somebody reads
	rest int64     // bytes of those in idle
	idle list.List // those that nobody reads, the longest unread first
}

// kept is a blob that is kept, or that comes and is to be kept.
type kept struct {
	blob Blob
	in   *space
	ctx  context.Context // of the pull
	stop context.CancelFunc

	// Guarded by the keeper's mutex.
	readers  int
	filling  bool // the pull runs
	admitted bool // it counts in its space
	whole    bool
	idle     *list.Element

	store store // set before the first byte is told of; only the pull writes to it

	mu   sync.Mutex // guards what follows
	size int64      // bytes in the store
	over bool       // no more will come
	err  error      // why it is not whole
	wake chan struct{}
}

func newKeeper() *keeper {
	return &keeper{blobs: make(map[Blob]*kept), memory: space{most: keptInMemory}, files: space{most: keptInFiles}}
}

// spaceFor is where the blob would be kept; nil if it would not.
func (q *keeper) spaceFor(b Blob, children int) *space {
	switch {
	case b.Secret && b.Size > keepSecret || b.Size == 0 || children == 0:
		return nil
	case b.Secret || b.Size <= keepInMemory:
		return &q.memory
	case children == 1:
		return nil
	}
	return &q.files
}

// join lets somebody read a blob that is kept. If it is not, and may be, it begins to
// be kept: begins is true, and the caller sees to it that fill runs. k is nil if the
// blob is not kept. Who has joined has to leave.
func (q *keeper) join(ctx context.Context, b Blob, in *space) (k *kept, begins bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k = q.blobs[b]
	switch {
	case k == nil && (in == nil || q.closed || in.busy+b.Size > in.most):
		return nil, false
	case k == nil:
		k = &kept{blob: b, in: in, filling: true, wake: make(chan struct{})}
		k.ctx, k.stop = context.WithCancel(ctx)
		q.blobs[b] = k
		begins = true
	case k.idle != nil:
		k.in.idle.Remove(k.idle)
		k.idle = nil
		k.in.rest -= b.Size
		k.in.busy += b.Size
	}
	k.readers++
	return k, begins
}

// leave is called when a reader reads no more. A blob that nobody waits for is not
// pulled to its end.
func (q *keeper) leave(k *kept) {
	q.mu.Lock()
	k.readers--
	unwanted := k.readers == 0 && k.filling
	gone := q.settle(k)
	q.mu.Unlock()
	if unwanted {
		k.stop()
	}
	gone.close()
}

// done is called when the pull of a blob is over.
func (q *keeper) done(k *kept, err error) {
	q.mu.Lock()
	k.filling, k.whole = false, err == nil && q.blobs[k.blob] == k
	gone := q.settle(k)
	q.mu.Unlock()
	k.stop()
	k.mu.Lock()
	k.over, k.err = true, err
	close(k.wake)
	k.mu.Unlock()
	gone.close()
}

// settle puts a blob where it belongs now: away if it will not be whole, and among
// those that may go if nobody reads it. It returns what is to be closed. The caller
// holds mu.
func (q *keeper) settle(k *kept) (gone closing) {
	lost := k.readers == 0 && k.filling || !k.filling && !k.whole || q.closed
	if lost && q.blobs[k.blob] == k {
		delete(q.blobs, k.blob)
	}
	switch {
	case k.readers > 0 || k.filling:
		return nil
	case q.blobs[k.blob] == k:
		k.idle = k.in.idle.PushBack(k)
		k.in.busy -= k.blob.Size
		k.in.rest += k.blob.Size
		return nil
	}
	if k.admitted {
		k.in.busy -= k.blob.Size
	}
	return closing{k}
}

// admit makes room for a blob that has begun to come, where those are that nobody
// reads. free is how much may be used beyond what is used already. It reports false
// if there is not enough room.
func (q *keeper) admit(k *kept, free int64) (ok bool, gone closing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := k.in
	for e := s.idle.Front(); e != nil && (s.busy+s.rest+k.blob.Size > s.most || k.blob.Size > free); e = s.idle.Front() {
		old := s.idle.Remove(e).(*kept)
		delete(q.blobs, old.blob)
		s.rest -= old.blob.Size
		free += old.blob.Size
		gone = append(gone, old)
	}
	if ok = s.busy+s.rest+k.blob.Size <= s.most && k.blob.Size <= free; ok {
		k.admitted = true
		s.busy += k.blob.Size
	}
	return ok, gone
}

// close keeps nothing any more.
func (q *keeper) close() {
	q.mu.Lock()
	q.closed = true
	var gone closing
	for _, k := range q.blobs {
		if k.idle != nil {
			gone = append(gone, k)
		}
	}
	q.blobs = nil
	q.mu.Unlock()
	gone.close()
}

// closing are blobs that are not kept any more.
type closing []*kept

func (c closing) close() {
	for _, k := range c {
		if k.store != nil {
			_ = k.store.Close()
		}
	}
}

// store holds the bytes of a blob. What was written may be read while more is.
type store interface {
	io.Writer
	io.ReaderAt
	io.Closer
}
