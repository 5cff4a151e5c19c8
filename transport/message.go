package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Limits of frames and messages; see doc.go.
const (
	// MaxFrame is the longest frame, without its length field.
	MaxFrame = 64 << 10
	// MaxMessage is the longest payload, and what Options.MaxMessage is at most. A long one
	// travels in fragments.
	MaxMessage = 64 << 20
	// MaxReply is the longest payload of what goes up: replies, and messages
	// for a Receiver that is above.
	MaxReply = maxUnconsumed - bulkWindow
	// minMessage is what Options.MaxMessage is at least: errors with all their texts have room.
	minMessage = 1 << 20

	fixedHeader = 12
	// chunk is the most that one fragment or one tunnel frame carries. A longer
	// payload is cut into fragments.
	chunk = queue.Frame
	// fragmentHeader is transfer u32, total u32.
	fragmentHeader = 8
)

// Flags of a frame; see doc.go.
const (
	flagPart   = 1 << iota // the payload is a fragment of a longer one
	flagFin                // tunnel or sender: no more will come this way
	flagReset              // tunnel: it is over, both ways
	flagCredit             // it gives credit, passes a sender on, or says that a function goes on
	flagDead               // no reply will come; the payload is a reply with an error
	flagBulk               // small frames may overtake it
	flagMore               // the next frame with bulk goes on with this one
	flagsKnown = 1<<iota - 1
)

// Handles that every context knows. Those from firstHandle on are given out to
// replies, receivers and tunnels.
const (
	handleGreeting = 1 + iota
	handleSetup
	handleHeartbeat
	handleCall
	handleCancel
	handleSpawn
	handleLog
	handleLost
	handleShutdown
	handleBye
	handleCredit
	handlePull
	handleMark

	firstHandle = 1000
)

// Message is one frame: where it goes, where it comes from, which handle takes
// it there, and opaque bytes. A payload that is longer than one frame is one
// Message to whoever sends it and to whoever gets it; between them it is many,
// its fragments. Only this package makes and reads Messages; Options.Frames
// tells a program of them.
type Message struct {
	Dst, Src Address
	Handle   uint32
	// ReplyTo is the handle at Src that takes the reply, 0 if none is wanted.
	ReplyTo uint32
	Data    []byte
	flags   uint8
	in      *frameBuffer // that Data is in and that may be used again; nil if there is none
	from    *account     // the account of the child that sent it, or whose frame it answers; nil for none
}

// errFrame is wrapped by the error of every frame that is refused. It ends the
// stream that the frame came in on.
var errFrame = errors.New("bad frame")

// appendTo appends the encoded frame to b.
func (m *Message) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(m.size()-4))
	b = append(b, m.flags, uint8(m.Dst.Depth()), uint8(m.Src.Depth()), 0)
	b = binary.BigEndian.AppendUint32(b, m.Handle)
	b = binary.BigEndian.AppendUint32(b, m.ReplyTo)
	b = append(b, m.Dst.path...)
	b = append(b, m.Src.path...)
	return append(b, m.Data...)
}

// size is the length of the encoded frame, with its length field.
func (m *Message) size() int {
	return 4 + fixedHeader + len(m.Dst.path) + len(m.Src.path) + len(m.Data)
}

// frameReader reads frames from a stream. It remembers the last addresses: most
// frames repeat them, and then no memory is allocated.
type frameReader struct {
	r        *bufio.Reader
	life     *life
	dst, src Address
	cut      *Message // a frame of which there is more to come; nil for none
}

// life notes how long nothing has come from the other side of a stream. In the middle of a
// frame, lifeInFrame bytes have to come to count: if the length of the frame is garbage,
// heartbeats are read as its contents.
type life struct {
	r      io.Reader
	began  time.Time
	since  atomic.Int64 // since began: when enough came last, or was last asked for
	heard  atomic.Int64 // since began: when anything came last, or was last asked for
	asking atomic.Bool  // the reader waits for bytes, or goes on at once to wait for more
	inside bool         // what is asked for is the rest of a frame; the reader's
	rest   int          // how many bytes have to come to count; the reader's
}

// lifeInFrame is well below what a line of 1 KB/s carries in the time in which a silent
// neighbour is given up, and well above what heartbeats are.
const lifeInFrame = 1 << 10

// Read implements io.Reader. Whoever has work of what was read goes first: the stdin of
// an agent may be a descriptor that blocks its thread, and a function that a call has
// just started would wait until another thread wakes up and takes it over.
func (l *life) Read(p []byte) (int, error) {
	runtime.Gosched()
	now := int64(time.Since(l.began))
	l.heard.Store(now)
	if l.rest <= 0 {
		l.since.Store(now)
		l.rest = lifeInFrame
	}
	l.asking.Store(true)
	n, err := l.r.Read(p)
	l.asking.Store(l.inside) // The rest of a frame is asked for until it is whole.
	if l.rest -= n; !l.inside {
		l.rest = 0
	}
	return n, err
}

// at is the time since which nothing has come. While this process does not ask
// for more, it is now: silence says nothing about the other side then.
func (l *life) at(now time.Time) time.Time {
	if !l.asking.Load() {
		return now
	}
	return l.began.Add(time.Duration(l.since.Load()))
}

func newFrameReader(r io.Reader, ahead int) *frameReader {
	l := &life{r: r, began: time.Now()}
	return &frameReader{r: bufio.NewReaderSize(l, ahead), life: l}
}

// How many bytes are read ahead of a frame. Contents come from the parent, so fewer and
// longer reads save time. What comes from a child is short, and there are many children.
const (
	aheadOfParent = 64 << 10
	aheadOfChild  = 8 << 10
)

// read returns the next frame that is whole. The error is io.EOF only if the stream
// ends between two frames.
func (f *frameReader) read() (*Message, error) {
	for {
		m, err := f.readPiece()
		if err != nil {
			return nil, err
		}
		if m, err = f.join(m); m != nil || err != nil {
			return m, err
		}
	}
}

// join puts the pieces of a frame together that was cut so that small ones could
// overtake it. It returns nil while there is more to come.
func (f *frameReader) join(m *Message) (*Message, error) {
	more, whole := m.flags&flagMore != 0, f.cut
	m.flags &^= flagMore
	switch {
	case more && m.flags&flagBulk == 0:
		return nil, fmt.Errorf("%w: a small frame is cut", errFrame)
	case m.flags&flagBulk == 0 || !more && whole == nil:
		return m, nil
	case whole == nil:
		f.cut = m
		return nil, nil
	case m.Handle != whole.Handle || m.ReplyTo != whole.ReplyTo || m.flags != whole.flags || m.Dst != whole.Dst || m.Src != whole.Src:
		return nil, fmt.Errorf("%w: piece of another frame", errFrame)
	case whole.size()+len(m.Data) > MaxFrame+4:
		return nil, fmt.Errorf("%w: pieces of more than %d bytes", errFrame, MaxFrame)
	}
	whole.Data = append(whole.Data, m.Data...)
	if more {
		return nil, nil
	}
	f.cut = nil
	return whole, whole.check()
}

// readPiece returns the next frame, or the next piece of one.
func (f *frameReader) readPiece() (*Message, error) {
	var length [4]byte
	if _, err := io.ReadFull(f.r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < fixedHeader || n > MaxFrame {
		return nil, fmt.Errorf("%w: length %d", errFrame, n)
	}
	body, in := frameBody(int(n))
	f.life.inside = true
	_, err := io.ReadFull(f.r, body)
	f.life.inside, f.life.rest = false, 0
	f.life.asking.Store(false)
	if err != nil {
		return nil, noEOF(err)
	}
	m, err := f.parse(body)
	if err == nil {
		m.in = in
	}
	return m, err
}

func (f *frameReader) parse(b []byte) (*Message, error) {
	m := &Message{flags: b[0]}
	dst, src := int(b[1])*hopSize, int(b[2])*hopSize
	switch {
	case m.flags&^flagsKnown != 0 || b[3] != 0:
		return nil, fmt.Errorf("%w: unknown flags %#x %#x", errFrame, b[0], b[3])
	case b[1] > MaxDepth || b[2] > MaxDepth || fixedHeader+dst+src > len(b):
		return nil, fmt.Errorf("%w: addresses of %d and %d hops", errFrame, b[1], b[2])
	}
	m.Handle = binary.BigEndian.Uint32(b[4:])
	m.ReplyTo = binary.BigEndian.Uint32(b[8:])
	rest := b[fixedHeader:]
	m.Dst = recall(&f.dst, rest[:dst])
	m.Src = recall(&f.src, rest[dst:dst+src])
	m.Data = rest[dst+src:]
	if m.flags&flagMore != 0 || f.cut != nil && m.flags&flagBulk != 0 {
		return m, nil
	}
	return m, m.check()
}

// check says whether the payload of a whole frame is as short as none may be.
func (m *Message) check() error {
	if m.flags&flagPart != 0 && len(m.Data) < fragmentHeader {
		return fmt.Errorf("%w: fragment of %d bytes", errFrame, len(m.Data))
	}
	return nil
}

// recall returns the address in b. If that is the last one again, nothing is
// allocated.
func recall(last *Address, b []byte) Address {
	if last.path != string(b) {
		last.path = string(b)
	}
	return *last
}

// noEOF is err; a stream that ends within a frame is an unexpected end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// FrameEvent tells of one frame that crossed a stream of this process; see
// Options.Frames.
type FrameEvent struct {
	// Out is true if the frame was sent, and false if it was received.
	Out      bool
	Src, Dst Address
	Handle   uint32
	Size     int
}

// bulkWindow is how many bytes of long messages may be under way from one
// context to another.
const bulkWindow = queue.Long
