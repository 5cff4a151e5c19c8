package adversary

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// Protocol is the version that this host speaks.
const Protocol = 4

// Flags of a frame.
const (
	Part   = 1
	Fin    = 2
	Reset  = 4
	Credit = 8
	Dead   = 16
	Bulk   = 32
	More   = 64
)

// Handles that every context has, and the first of those that are given out later.
const (
	Greeting  = 1
	Setup     = 2
	Heartbeat = 3
	CallTo    = 4
	Cancel    = 5
	Spawn     = 6
	Log       = 7
	Lost      = 8
	Shutdown  = 9
	Bye       = 10
	Credits   = 11
	Pull      = 12
	Mark      = 13
	First     = 1000
)

const (
	maxFrame = 64 << 10
	fragment = 32 << 10
	header   = 12
)

// Path is an address as it is on the wire: for each hop a u32 index and a u16
// generation.
type Path string

// Child returns the path of a child.
func (p Path) Child(index uint32, generation uint16) Path {
	b := binary.BigEndian.AppendUint32([]byte(p), index)
	return Path(binary.BigEndian.AppendUint16(b, generation))
}

// Parent returns the path without its last hop.
func (p Path) Parent() Path { return p[:len(p)-6] }

// Frame is one frame on the wire.
type Frame struct {
	Flags    byte
	Dst, Src Path
	Handle   uint32
	Reply    uint32
	Data     []byte
}

// Bytes encodes the frame as the specification says. The contents need not be
// valid.
func (f Frame) Bytes() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(header+len(f.Dst)+len(f.Src)+len(f.Data)))
	b = append(b, f.Flags, byte(len(f.Dst)/6), byte(len(f.Src)/6), 0)
	b = binary.BigEndian.AppendUint32(b, f.Handle)
	b = binary.BigEndian.AppendUint32(b, f.Reply)
	b = append(append(b, f.Dst...), f.Src...)
	return append(b, f.Data...)
}

func readFrame(r *bufio.Reader) (Frame, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return Frame{}, err
	}
	size := binary.BigEndian.Uint32(n[:])
	if size < header || size > maxFrame {
		return Frame{}, fmt.Errorf("frame of %d bytes", size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return Frame{}, err
	}
	dst, src := int(b[1])*6, int(b[2])*6
	if header+dst+src > len(b) {
		return Frame{}, fmt.Errorf("addresses of %d and %d bytes in a frame of %d", dst, src, size)
	}
	return Frame{
		Flags: b[0], Handle: binary.BigEndian.Uint32(b[4:]), Reply: binary.BigEndian.Uint32(b[8:]),
		Dst: Path(b[header : header+dst]), Src: Path(b[header+dst : header+dst+src]), Data: b[header+dst+src:],
	}, nil
}

// Map is a payload that is encoded as a map.
type Map = map[string]any

// Encode encodes a payload.
func Encode(v any) []byte {
	b, err := cbor.Marshal(v)
	if err != nil {
		panic(err) // a table of this package holds a value that CBOR cannot encode
	}
	return b
}

// head encodes the beginning of a CBOR item: its major type and its length.
func head(major byte, n int) []byte {
	b := []byte{major<<5 | 26}
	return binary.BigEndian.AppendUint32(b, uint32(n))
}
