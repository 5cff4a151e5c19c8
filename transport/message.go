package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Limits of frames and messages; see doc.go.
const (
	// MaxFrame is the longest frame, without its length field.
	MaxFrame = 64 << 10
	// MaxMessage is the longest payload, cut into fragments.
	MaxMessage = 64 << 20
	// MaxReply is the longest payload of what goes up: replies, and messages
	// for a Receiver that is above.
	MaxReply = maxUnconsumed - bulkWindow

	fixedHeader = 12
	// chunk is the most that one fragment or tunnel frame carries; a longer
	// payload is cut into fragments.
	chunk = queue.Frame
	// fragmentHeader is transfer u32, total u32.
	fragmentHeader = 8
)

// Flags of a frame.
const (
	flagPart   = 1 << iota // the payload is a fragment of a longer one
	flagFin                // tunnel: no more bytes this way
	flagReset              // tunnel: it is over, both ways
	flagCredit             // tunnel: the payload is a u32 of credit
	flagDead               // no reply will come; the payload is a reply with an error
	flagBulk               // small frames may overtake it
	flagsKnown = 1<<iota - 1
)

// Handles that every context knows. Handles from firstHandle on are replies,
// receivers and tunnels.
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

	firstHandle = 1000
)

// Message is one frame: destination, source, handle, reply-to, and opaque
// bytes.
type Message struct {
	Dst, Src Address
	Handle   uint32
	// ReplyTo is the handle at Src where a reply belongs, 0 for none.
	ReplyTo uint32
	Data    []byte
	flags   uint8
	from    *account // of the child that it came from, or for whose frame it is
}

// errFrame is what every refused frame wraps: it ends its stream.
var errFrame = errors.New("bad frame")

// appendTo appends the frame to b.
func (m *Message) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(m.size()-4))
	b = append(b, m.flags, uint8(m.Dst.Depth()), uint8(m.Src.Depth()), 0)
	b = binary.BigEndian.AppendUint32(b, m.Handle)
	b = binary.BigEndian.AppendUint32(b, m.ReplyTo)
	b = append(b, m.Dst.path...)
	b = append(b, m.Src.path...)
	return append(b, m.Data...)
}

// size is the length of the whole frame.
func (m *Message) size() int {
	return 4 + fixedHeader + len(m.Dst.path) + len(m.Src.path) + len(m.Data)
}

// frameReader reads frames. It remembers the last addresses, because most
// frames repeat them.
type frameReader struct {
	r        *bufio.Reader
	life     *life
	dst, src Address
}

// life notes since when nothing has come.
type life struct {
	r      io.Reader
	began  time.Time
	since  atomic.Int64 // after began: bytes came, or were asked for
	asking atomic.Bool  // the reader waits for bytes
}

func (l *life) Read(p []byte) (int, error) {
	l.since.Store(int64(time.Since(l.began)))
	l.asking.Store(true)
	n, err := l.r.Read(p)
	l.asking.Store(false)
	return n, err
}

// at is since when nothing has come. While this process does not ask for more,
// that says nothing about the other side.
func (l *life) at(now time.Time) time.Time {
	if !l.asking.Load() {
		return now
	}
	return l.began.Add(time.Duration(l.since.Load()))
}

func newFrameReader(r io.Reader) *frameReader {
	l := &life{r: r, began: time.Now()}
	return &frameReader{r: bufio.NewReaderSize(l, 8<<10), life: l}
}

// read returns the next frame; io.EOF only where the stream ends between two.
func (f *frameReader) read() (*Message, error) {
	var length [4]byte
	if _, err := io.ReadFull(f.r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < fixedHeader || n > MaxFrame {
		return nil, fmt.Errorf("%w: length %d", errFrame, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(f.r, body); err != nil {
		return nil, noEOF(err)
	}
	return f.parse(body)
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
	if m.flags&flagPart != 0 && len(m.Data) < fragmentHeader {
		return nil, fmt.Errorf("%w: fragment of %d bytes", errFrame, len(m.Data))
	}
	return m, nil
}

// recall returns the address in b, without allocating where it is the last one.
func recall(last *Address, b []byte) Address {
	if last.path != string(b) {
		last.path = string(b)
	}
	return *last
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// FrameEvent is one frame that crossed a stream.
type FrameEvent struct {
	// Out is true for a frame that was sent.
	Out      bool
	Src, Dst Address
	Handle   uint32
	Size     int
}

// bulkWindow is how many bytes of long messages may be under way from one
// context to another.
const bulkWindow = queue.Long
