package transport

import (
	"bytes"
	"runtime"
	"testing"
)

// queueOf is a stream whose queue the test empties itself.
func queueOf() *Stream {
	return newStream(newFrameReader(bytes.NewReader(nil), aheadOfChild), nil, func() error { return nil })
}

// Small frames that wait, of which a neighbour chooses how many there are, take hardly more
// memory than their length: nothing is copied as the queue grows.
func TestAQueueOfSmallFramesTakesItsLength(t *testing.T) {
	s, from, m := queueOf(), newAccount(), &Message{Handle: 5, Data: make([]byte, 40)}
	m.from = from
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for from.bytes.Load() < maxUnconsumed {
		if err := s.send(m, false); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > maxUnconsumed*3/2 {
		t.Errorf("%d MiB of small frames took %d MiB of memory", maxUnconsumed>>20, took>>20)
	}
	s.fail(errClosed)
	if left := from.bytes.Load(); left != 0 {
		t.Errorf("%d bytes are still counted once the stream has ended", left)
	}
}

// However many small frames wait, they go out in their order, in writes of a bounded length,
// before all bulk, and are refunded to whom they came from.
func TestManySmallFramesGoOutInOrder(t *testing.T) {
	const frames = 20_000
	s := queueOf()
	from := []*account{newAccount(), newAccount()}
	for _, a := range from {
		_ = s.send(&Message{Handle: firstHandle, Data: make([]byte, 1000), from: a}, true)
	}
	for i := range uint32(frames) {
		_ = s.send(&Message{Handle: firstHandle + i, Data: make([]byte, i%100), from: from[i/1000%2]}, false)
	}
	var wire bytes.Buffer
	s.w = &wire
	next := uint32(firstHandle)
	for writes := 0; s.queued > 0; writes++ {
		batch, _, debts, _ := s.take(nil)
		if len(batch) > writePiece+2*chunk {
			t.Fatalf("write %d has %d bytes", writes, len(batch))
		}
		if err := s.write(batch, debts); err != nil || writes > 1000 {
			t.Fatalf("write %d: %v", writes, err)
		}
	}
	r := newFrameReader(&wire, aheadOfChild)
	for next < firstHandle+frames {
		m, err := r.read()
		if err != nil || m.Handle != next {
			t.Fatalf("frame %d is %+v: %v", next-firstHandle, m, err)
		}
		next++
	}
	for i, a := range from {
		if left := a.bytes.Load(); left != 0 {
			t.Errorf("%d bytes of neighbour %d are still counted", left, i)
		}
	}
}
