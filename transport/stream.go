package transport

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
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
	// moved is told when bulk for a context has got as far as the neighbour.
	moved func(Address)
	// alive is called in each interval while the stream lives, as long as this process runs.
	alive func()
	// account counts what is held of a child; nil for the parent. patience is how
	// long a child may leave too much unconsumed. uplink leads to the parent.
	account  *account
	patience time.Duration
	uplink   *Stream

	interval, timeout time.Duration
	// behind reports whether what a silent neighbour wrote may stand behind what others
	// wrote into its connection. It may be nil.
	behind func() bool

	mu     sync.Mutex   // guards what follows; never held across I/O
	sealed []smallBatch // small frames, the oldest first
	small  []byte       // those after them
	owes   []debt       // of small
	bulk   []bulkFrame
	queued int
	wrote  bool // since the last beat
	read   time.Time
	room   chan struct{} // closed when the queue has been taken
	pace   pace
	err    error // why it is over, first cause
	flush  bool  // close once all is written
	since  time.Time
	echoes

	assembler

	wake chan struct{} // the writer has something to do
	over chan struct{} // closed when the stream ends
	turn chan struct{} // held by who waits for room; the others wait for it in order
	wg   sync.WaitGroup
	beat *time.Timer
}

// newStream makes a stream. It reads and writes nothing before start is called.
func newStream(r *frameReader, w io.Writer, closer func() error) *Stream {
	now := time.Now()
	return &Stream{
		frames: r, w: w, closer: closer,
		read: now, since: now, room: make(chan struct{}), turn: make(chan struct{}, 1), pace: newPace(), moved: func(Address) {}, alive: func() {},
		wake: make(chan struct{}, 1), over: make(chan struct{}),
		assembler: assembler{most: maxAssembling, longest: MaxMessage, others: func() int { return 0 }},
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
		switch m.Handle {
		case handleHeartbeat:
			continue
		case handleMark:
			s.marked(m)
		default:
			m.from = s.account
			receive(m)
		}
		s.awaitConsumers()
	}
}

// tell tells Options.Frames of a frame.
func (s *Stream) tell(out bool, m *Message) {
	if s.event != nil {
		s.event(FrameEvent{Out: out, Src: m.Src, Dst: m.Dst, Handle: m.Handle, Size: m.size()})
	}
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
	if over {
		return
	}
	next := min(s.interval, s.timeout-silent)
	if silent >= s.timeout {
		if s.behind == nil || !s.behind() {
			s.fail(s.silence())
			return
		}
		next = echoEvery
	}
	if idle {
		_ = s.send(&Message{Src: s.self, Dst: s.peer, Handle: handleHeartbeat}, false)
	}
	s.mu.Lock()
	if s.err == nil {
		s.beat.Reset(next)
	}
	s.mu.Unlock()
	s.alive()
}

// silence is why a neighbour is given up of which nothing has come for so long, or too
// little in the middle of a frame.
func (s *Stream) silence() error {
	l := s.frames.life
	silent := time.Since(l.began.Add(time.Duration(l.heard.Load())))
	if silent < s.timeout {
		return fmt.Errorf("%w: what comes does not fill it", errFrame)
	}
	return fmt.Errorf("%w for %s", errSilent, silent.Round(time.Second/10))
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
	for _, b := range s.sealed {
		payAll(b.owes)
	}
	for _, f := range s.bulk {
		f.from.refund(f.left)
	}
	s.sealed, s.small, s.owes, s.bulk, s.queued = nil, nil, nil, nil, 0
	if s.beat != nil {
		s.beat.Stop()
	}
	s.mu.Unlock()
	close(s.over)
	_ = s.closer()
}

// restTime is how long a stream is read on that nothing can be written to any more.
const restTime = time.Second

// awaitRest waits until all is read that a neighbour that has ended wrote before, such as its
// last entries. It is not waited for long: what that has left may hold the line open.
func (s *Stream) awaitRest() {
	late := time.NewTimer(restTime)
	defer late.Stop()
	select {
	case <-s.over:
	case <-late.C:
	}
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
