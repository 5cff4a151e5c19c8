package transport

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Bounds of a stream's queue.
const (
	// hardQueue is how many queued bytes end the stream: its peer reads too
	// slowly.
	hardQueue = 256 << 20
	// bulkFlush is how much bulk goes out in one write, before small frames get
	// their turn again.
	bulkFlush = 128 << 10
	// writePiece is how much is written before it counts as consumed.
	writePiece = 128 << 10
)

var (
	errOverflow = errors.New("reads too slowly: too much is waiting for it")
	errSilent   = errors.New("no sign of life")
	errClosed   = errors.New("closed")
	errExcess   = errors.New("it sent too much")
)

// Stream is one ordered byte connection to a neighbour. A nursery makes it when
// a child has greeted, and an agent for its parent. One goroutine reads it and
// one writes it; both end with the stream. Small frames and bulk ones are
// queued apart: each queue keeps its order, and all that is queued goes out in
// one write. The reader never waits for a consumer, unless too much of this
// neighbour waits in this process. A stream ends once, with the first cause: an
// error, silence, a frame that is not allowed, or the end of this process.
type Stream struct {
	peer   Address // the neighbour's address
	self   Address
	up     bool
	frames *frameReader
	w      io.Writer
	closer func() error
	event  func(FrameEvent)
	guard  func() // deferred in both goroutines, to catch a panic; may be nil
	// account counts what is held of a child; nil for the parent. patience is how
	// long a child may leave too much unconsumed. uplink leads to the parent.
	account  *account
	patience time.Duration
	uplink   *Stream

	interval, timeout time.Duration

	mu     sync.Mutex // guards what follows; never held across I/O
	small  []byte
	owes   []debt // of small
	bulk   []bulkFrame
	queued int
	wrote  bool // since the last beat
	read   time.Time
	room   chan struct{} // closed when the queue has been taken
	err    error         // why it is over, first cause
	flush  bool          // close once all is written
	since  time.Time

	assembler

	wake chan struct{} // the writer has something to do
	over chan struct{} // closed when the stream ends
	wg   sync.WaitGroup
	beat *time.Timer
}

// bulkFrame is an encoded frame that small ones may overtake, and the account
// that it is refunded to when it has been written.
type bulkFrame struct {
	data []byte
	from *account
}

func newStream(r *frameReader, w io.Writer, closer func() error) *Stream {
	now := time.Now()
	return &Stream{
		frames: r, w: w, closer: closer,
		read: now, since: now, room: make(chan struct{}),
		wake: make(chan struct{}, 1), over: make(chan struct{}),
		assembler: assembler{most: maxAssembling, others: func() int { return 0 }},
	}
}

// start begins to read and write. The reader calls receive for every frame but
// heartbeats; it must not block. wg is done when both goroutines have ended.
func (s *Stream) start(receive func(*Message)) {
	s.wg.Add(2)
	go s.guarded(func() { s.readLoop(receive) })
	go s.guarded(s.writeLoop)
	if s.interval > 0 {
		s.mu.Lock()
		s.read = time.Now()
		s.since = s.read
		s.beat = time.AfterFunc(s.interval, s.pulse)
		s.mu.Unlock()
	}
}

func (s *Stream) guarded(loop func()) {
	if s.guard != nil {
		defer s.guard()
	}
	loop()
}

func (s *Stream) readLoop(receive func(*Message)) {
	defer s.wg.Done()
	for {
		m, err := s.frames.read()
		if err != nil {
			s.fail(err)
			return
		}
		s.tell(false, m)
		if m.Handle != handleHeartbeat {
			m.from = s.account
			receive(m)
			s.awaitConsumers()
		}
	}
}

func (s *Stream) tell(out bool, m *Message) {
	if s.event != nil {
		s.event(FrameEvent{Out: out, Src: m.Src, Dst: m.Dst, Handle: m.Handle, Size: m.size()})
	}
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
		s.bulk = append(s.bulk, bulkFrame{m.appendTo(make([]byte, 0, m.size())), m.from})
	} else {
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

// awaitRoom blocks while so much is queued that a producer of this process
// should wait.
func (s *Stream) awaitRoom(ctx context.Context) error {
	for {
		s.mu.Lock()
		full, room, err := s.queued > queue.Now().Producer, s.room, s.err
		s.mu.Unlock()
		if err != nil {
			return errClosed
		}
		if !full {
			return nil
		}
		select {
		case <-room:
		case <-s.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

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
			batch, debts, last := s.take(spare)
			if err := s.write(batch, debts); err != nil {
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

// take empties the queue of small frames and adds as much bulk as may go out in
// one write. last is true if nothing is left and the stream is to be closed.
func (s *Stream) take(spare []byte) (batch []byte, debts []debt, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch, s.small = s.small, spare
	debts, s.owes = s.owes, nil
	n := 0
	for n < len(s.bulk) && len(batch) < bulkFlush {
		f := s.bulk[n]
		batch = append(batch, f.data...)
		if f.from != nil {
			f.from.refund(len(f.data)) // owe counts it again
			debts = owe(debts, f.from, len(f.data))
		}
		s.bulk[n] = bulkFrame{}
		n++
	}
	if s.bulk = s.bulk[n:]; len(s.bulk) == 0 {
		s.bulk = nil
	}
	s.queued -= len(batch)
	if len(batch) > 0 {
		s.wrote = true
		close(s.room)
		s.room = make(chan struct{})
	}
	return batch, debts, s.flush && len(batch) == 0
}

// pulse runs once in each interval. If nothing else was sent, it sends a
// heartbeat. If nothing was read for too long, it ends the stream. If much time
// has passed since the last pulse, this process itself was stopped: then the
// peer gets its time again.
func (s *Stream) pulse() {
	s.mu.Lock()
	now := time.Now()
	if at := s.frames.life.at(now); at.After(s.read) {
		s.read = at
	}
	idle, silent := !s.wrote, now.Sub(s.read)
	s.wrote = false
	if now.Sub(s.since) > s.timeout {
		s.read, silent = now, 0
	}
	s.since = now
	over := s.err != nil
	s.mu.Unlock()
	switch {
	case over:
		return
	case silent >= s.timeout:
		s.fail(errSilent)
		return
	case idle:
		_ = s.send(&Message{Src: s.self, Dst: s.peer, Handle: handleHeartbeat}, false)
	}
	s.mu.Lock()
	if s.err == nil {
		s.beat.Reset(min(s.interval, s.timeout-silent))
	}
	s.mu.Unlock()
}

// fail ends the stream. The first cause stays.
func (s *Stream) fail(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	payAll(s.owes)
	for _, f := range s.bulk {
		f.from.refund(len(f.data))
	}
	s.small, s.owes, s.bulk, s.queued = nil, nil, nil, 0
	if s.beat != nil {
		s.beat.Stop()
	}
	s.mu.Unlock()
	close(s.over)
	_ = s.closer()
}

// finish closes the stream as soon as all that is queued has been written.
func (s *Stream) finish() {
	s.mu.Lock()
	s.flush = true
	s.mu.Unlock()
	s.wakeWriter()
}

// peersFault reports whether a stream ended because of what its peer did.
func peersFault(err error) bool {
	var tooMuch *costError
	return errors.Is(err, errFrame) || errors.Is(err, errUnconsumed) || errors.Is(err, errExcess) || errors.As(err, &tooMuch)
}

// cause is why the stream ended, nil while it has not.
func (s *Stream) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
