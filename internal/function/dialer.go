package function

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The partner of http asks over the pipe of the call for one connection after the other. Each
// message is a letter and, but for FrameClose and FrameConnected, a text with its length before
// it, of two bytes with the more significant one first.
const (
	// FrameDial asks for a connection: a network and an address, with a zero byte between them.
	FrameDial = 'D'
	// FrameConnected answers that there is one, and FrameFailed why there is none: a word, as
	// in whyClosed or "error", a zero byte, and what the system said.
	FrameConnected, FrameFailed = 'k', 'f'
	// FrameData is what goes through the connection, either way.
	FrameData = 'd'
	// FrameEnd says that the server has ended the connection.
	FrameEnd = 'e'
	// FrameClose ends the connection, and is answered with the same when nothing more comes.
	FrameClose = 'c'
)

// FrameBytes is the longest text of a message.
const FrameBytes = 32 << 10

// WriteFrame writes a message.
func WriteFrame(w io.Writer, letter byte, text []byte) error {
	if letter == FrameClose || letter == FrameConnected || letter == FrameEnd {
		_, err := w.Write([]byte{letter})
		return err
	}
	b := make([]byte, 0, 3+len(text))
	b = binary.BigEndian.AppendUint16(append(b, letter), uint16(len(text)))
	_, err := w.Write(append(b, text...))
	return err
}

var errFrame = errors.New("a message came that is not understood")

// ReadFrame reads a message. io.EOF is the end of all.
func ReadFrame(r *bufio.Reader) (letter byte, text []byte, err error) {
	if letter, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	switch letter {
	case FrameClose, FrameConnected, FrameEnd:
		return letter, nil, nil
	case FrameDial, FrameFailed, FrameData:
	default:
		return 0, nil, errFrame
	}
	var size [2]byte
	if _, err = io.ReadFull(r, size[:]); err == nil {
		n := int(binary.BigEndian.Uint16(size[:]))
		if n > FrameBytes {
			return 0, nil, errFrame
		}
		text = make([]byte, n)
		_, err = io.ReadFull(r, text)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return letter, text, err
}

// Call implements Function: it opens connections for its partner until that wants no more.
func (in *HTTPIn) Call(ctx context.Context, c Call) (any, error) {
	if c.Pipe == nil {
		return nil, noPartner()
	}
	d := dialer{ctx: ctx, pipe: c.Pipe, timeout: or(in.ConnectTimeout, 10*time.Second)}
	defer d.close()
	for r := bufio.NewReaderSize(c.Pipe, FrameBytes); ; {
		letter, text, err := ReadFrame(r)
		if err == nil {
			err = d.do(letter, text)
		}
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == io.EOF:
			return HTTPOut{Headers: map[string]string{}}, nil
		case err != nil:
			return nil, err
		}
	}
}

// dialer has one connection at a time, or none. While a goroutine copies what comes from the
// server, nothing else writes to the pipe.
type dialer struct {
	ctx     context.Context
	pipe    io.ReadWriter
	timeout time.Duration
	conn    net.Conn
	copies  sync.WaitGroup
}

func (d *dialer) do(letter byte, text []byte) error {
	switch {
	case letter == FrameDial && d.conn == nil:
		return d.dial(text)
	case letter == FrameData:
		if d.conn != nil {
			_, _ = d.conn.Write(text) // if the server is gone, the other direction says so
		}
		return nil
	case letter == FrameClose:
		d.close()
		return WriteFrame(d.pipe, FrameClose, nil)
	}
	return errFrame
}

func (d *dialer) dial(text []byte) error {
	network, address, _ := strings.Cut(string(text), "\x00")
	conn, err := (&net.Dialer{Timeout: d.timeout}).DialContext(d.ctx, network, address)
	if err != nil {
		why, ok := whyClosed(err)
		switch {
		case errors.Is(err, syscall.ENOENT):
			why = "missing"
		case errors.Is(err, syscall.EACCES):
			why = "permission"
		case !ok:
			why = "error"
		}
		said := reason(err)
		return WriteFrame(d.pipe, FrameFailed, []byte(why+"\x00"+said[:min(len(said), 1000)]))
	}
	if err := WriteFrame(d.pipe, FrameConnected, nil); err != nil {
		conn.Close()
		return err
	}
	d.conn = conn
	d.copies.Go(func() {
		for b := make([]byte, FrameBytes); ; {
			n, err := conn.Read(b)
			if n > 0 && WriteFrame(d.pipe, FrameData, b[:n]) != nil {
				return
			}
			if err != nil {
				_ = WriteFrame(d.pipe, FrameEnd, nil)
				return
			}
		}
	})
	return nil
}

func (d *dialer) close() {
	if d.conn != nil {
		d.conn.Close()
		d.copies.Wait()
		d.conn = nil
	}
}
