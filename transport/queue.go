package transport

import (
	"context"
	"encoding/binary"
	"sync"
	"time"
)

// Bounds of a stream's queue.
const (
	// hardQueue is how many queued bytes end the stream: its peer reads too
	// slowly.
	hardQueue = 256 << 20
	// bulkFlush is how much bulk goes out in one write, before small frames get
	// their turn again.
	// On a slow line it is less: see pace.
	bulkFlush = 128 << 10
	// writePiece is how much is written before it counts as consumed, and how much of
	// small frames at most goes out in one write if there is more.
	writePiece = 128 << 10
)

// bulkFrame is an encoded frame that small ones may overtake, and the account
// that it is refunded to when it has been written.
type bulkFrame struct {
	data []byte
	from *account
	in   *frameBuffer // that data is in; nil if it has memory of its own
	left int          // bytes of data that have not been written
	to   Address
}

// writeBuffer holds what goes out in one write if there is bulk in it. It is used again,
// as a frameBuffer is.
type writeBuffer [bulkFlush + 2*chunk]byte

var writeBuffers = sync.Pool{New: func() any { return new(writeBuffer) }}

// encodeBulk encodes a frame that waits. A short one takes no more than its length:
// many of them may wait.
func encodeBulk(m *Message) bulkFrame {
	if n := m.size(); n < chunk/2 || n > len(frameBuffer{}) {
		return bulkFrame{m.appendTo(make([]byte, 0, n)), m.from, nil, n, m.Dst}
	}
	b := frameBuffers.Get().(*frameBuffer)
	return bulkFrame{m.appendTo(b[:0]), m.from, b, m.size(), m.Dst}
}

// appendPiece appends at most most bytes of the payload, as a frame of its own if there
// is more of it before or after. It returns how many bytes of data are written with it.
func (f *bulkFrame) appendPiece(b []byte, most int) (_ []byte, n int) {
	head := 4 + fixedHeader + (int(f.data[5])+int(f.data[6]))*hopSize
	done := max(len(f.data)-f.left, head)
	if done == head && f.left-head <= most {
		n, f.left = f.left, 0
		return append(b, f.data...), n
	}
	before := f.left
	payload := f.data[done:min(done+most, len(f.data))]
	f.left = len(f.data) - done - len(payload)
	at := len(b)
	b = append(append(b, f.data[:head]...), payload...)
	binary.BigEndian.PutUint32(b[at:], uint32(head-4+len(payload)))
	if f.left > 0 {
		b[at+4] |= flagMore
	}
	return b, before - f.left
}

// send queues a frame and never blocks. An error means that the stream has
// ended.
func (s *Stream) send(m *Message, bulk bool) error {
	s.tell(true, m)
	s.mu.Lock()
	if s.err != nil || s.flush {
		s.mu.Unlock()
		return errClosed
	}
	if s.queued+m.size() > hardQueue {
		s.mu.Unlock()
		s.fail(errOverflow)
		return errOverflow
	}
	s.queued += m.size()
	if bulk {
		m.from.charge(m.size())
		s.bulk = append(s.bulk, encodeBulk(m))
	} else {
		s.seal(m.size())
		s.small = m.appendTo(s.small)
		s.owes = owe(s.owes, m.from, m.size())
	}
	s.mu.Unlock()
	s.wakeWriter()
	return nil
}

func (s *Stream) wakeWriter() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// crowded reports whether so much is queued that nothing more should be read
// from those whose frames go this way.
func (s *Stream) crowded() bool { return s.roomIfCrowded() != nil }

// roomIfCrowded is closed at the next write of a crowded stream. It is nil for
// a stream that is not crowded.
func (s *Stream) roomIfCrowded() <-chan struct{} {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.queued <= hardQueue/2 {
		return nil
	}
	return s.room
}

// unwritten is how many bytes of a long call wait to be written.
func (s *Stream) unwritten(dst Address, id uint32) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.bulk {
		if f.to != dst || f.data[4]&flagPart == 0 || binary.BigEndian.Uint32(f.data[8:]) != handleCall || binary.BigEndian.Uint32(f.data[12:]) != id {
			continue
		}
		n += max(0, min(f.left, len(f.data)-4-fixedHeader-(int(f.data[5])+int(f.data[6]))*hopSize-fragmentHeader))
	}
	return n
}

// awaitRoom blocks while more than most bytes are queued, or more than a line takes soon.
func (s *Stream) awaitRoom(ctx context.Context, most int) error {
	return s.awaitRoomOr(func() (<-chan struct{}, error) { return ctx.Done(), ctx.Err() }, most)
}

// awaitRoomOr is awaitRoom for somebody who waits as long as over has no error. It is asked
// again when the channel that it gave is closed. Those who wait get room in the order in which
// they came: if all looked at once, whoever is woken first would fill the queue each time.
func (s *Stream) awaitRoomOr(over func() (changed <-chan struct{}, err error), most int) error {
	var room <-chan struct{}
	for mine := false; ; {
		changed, err := over()
		if err != nil {
			return err
		}
		if mine {
			if room, err = s.roomFor(most); room == nil {
				return err
			}
		}
		turn := s.turn
		if mine {
			turn = nil
		}
		select {
		case turn <- struct{}{}:
			mine = true
			defer func() { <-s.turn }()
		case <-room:
		case <-changed:
		case <-s.over:
			return errClosed
		}
	}
}

// roomFor is closed when there may be room for more, and nil if there is, or never will be.
func (s *Stream) roomFor(most int) (room <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return nil, errClosed
	case s.queued <= min(most, max(2*s.pace.window, 2*chunk)):
		return nil, nil
	}
	return s.room, nil
}

// writeLoop writes what is queued, until the stream ends.
func (s *Stream) writeLoop() {
	defer s.wg.Done()
	var spare []byte
	for {
		select {
		case <-s.wake:
		case <-s.over:
			return
		}
		for {
			batch, in, debts, last := s.take(spare)
			err := s.write(batch, debts)
			if in != nil {
				writeBuffers.Put(in)
			}
			if err != nil {
				s.awaitRest() // a neighbour that has ended takes nothing, and may have said more
				s.fail(err)
				return
			}
			spare = keep(batch)
			if last {
				s.fail(errClosed)
				return
			}
			if len(batch) == 0 {
				break
			}
		}
	}
}

// write writes a batch, and refunds its debts as it goes.
func (s *Stream) write(batch []byte, debts []debt) error {
	defer func() { payAll(debts) }()
	for len(batch) > 0 {
		n := len(batch)
		if len(debts) > 0 {
			n = min(n, writePiece)
		}
		if _, err := s.w.Write(batch[:n]); err != nil {
			return err
		}
		batch, debts = batch[n:], pay(debts, n)
	}
	return nil
}

// keep returns the buffer of a batch for use as the next queue. A large one is
// dropped, so that an idle stream holds little memory.
func keep(b []byte) []byte {
	if cap(b) > 4<<10 {
		return nil
	}
	return b[:0]
}

// take takes as many small frames as go out in one write. If no more of them wait, it adds
// as much bulk as may go out with them; in is the buffer that it is in then. last is true
// if nothing is left and the stream is to be closed.
func (s *Stream) take(spare []byte) (batch []byte, in *writeBuffer, debts []debt, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	b := s.unseal(spare)
	batch, debts = b.data, b.owes
	s.queued -= len(batch)
	if len(s.bulk) > 0 && len(s.sealed) == 0 && len(s.small) == 0 && len(batch) < bulkFlush && s.pace.hasRoom(now) {
		in = writeBuffers.Get().(*writeBuffer)
		batch, s.small = append(in[:0], batch...), keep(batch)
		batch, debts = s.takeBulk(batch, debts, now)
	}
	if number, ok := s.pace.next(now); ok {
		batch = s.markFrame(number).appendTo(batch)
	}
	if len(batch) > 0 {
		s.wrote = true
		close(s.room)
		s.room = make(chan struct{})
	}
	return batch, in, debts, s.flush && len(batch) == 0 && len(s.bulk) == 0
}

// takeBulk adds bulk to a batch. The caller holds mu.
func (s *Stream) takeBulk(batch []byte, debts []debt, now time.Time) ([]byte, []debt) {
	most := s.pace.piece()
	taken, whole := 0, 0
	for whole < len(s.bulk) && len(batch) < bulkFlush && taken < most && s.pace.hasRoom(now) {
		f := &s.bulk[whole]
		var n int
		batch, n = f.appendPiece(batch, most)
		s.pace.wrote(n, f.to)
		taken += n
		if f.from != nil {
			f.from.refund(n) // owe counts it again
			debts = owe(debts, f.from, n)
		}
		if f.left > 0 {
			continue
		}
		if f.in != nil {
			frameBuffers.Put(f.in)
		}
		s.bulk[whole] = bulkFrame{}
		whole++
	}
	if s.bulk = s.bulk[whole:]; len(s.bulk) == 0 {
		s.bulk = nil
	}
	s.queued -= taken
	return batch, debts
}
