package adversary

import (
	"encoding/binary"
	"strings"
)

// part encodes a fragment. Its claims about the message need not be true.
func part(h *Host, id, total uint32, data []byte) Frame {
	b := binary.BigEndian.AppendUint32(nil, id)
	b = binary.BigEndian.AppendUint32(b, total)
	return Frame{Src: h.Self, Handle: First + id%50, Flags: Part | Bulk, Data: append(b, data...)}
}

// ends makes an attack that must end its own stream as a bad frame.
func ends(name, does string, up func(h *Host)) *Attack {
	return &Attack{
		Name: name, At: []Position{Beside, Below}, Does: does,
		Rule: "It ends its stream and nothing else.",
		Up:   up, Blamed: []string{"bad frame", "frame"}, Fails: true,
	}
}

// sample has every run of the tests play the attack.
func sample(a *Attack) *Attack {
	a.Sample = true
	return a
}

// frames are attacks on the framing.
var frames = []*Attack{
	ends("frame-too-long", "announces a frame of 4 GiB and sends 100 MiB of it", func(h *Host) {
		h.Raw([]byte{0xff, 0xff, 0xff, 0xff})
		for range 100 {
			h.Raw(make([]byte, mega))
		}
	}),
	ends("frame-too-short", "announces a frame of 3 bytes", func(h *Host) { h.Raw([]byte{0, 0, 0, 3, 0, 0, 0}) }),
	ends("unknown-flags", "sends a frame with unknown flags", func(h *Host) { h.Send(Frame{Src: h.Self, Handle: Log, Flags: 0x80}) }),
	sample(ends("small-frame-cut", "cuts a frame that small ones may not overtake", func(h *Host) { h.Send(Frame{Src: h.Self, Handle: Log, Flags: More}) })),
	ends("pieces-of-two-frames", "goes on with a frame as with another one", func(h *Host) {
		h.Send(Frame{Src: h.Self, Handle: First, Flags: Bulk | More, Data: []byte("x")})
		h.Send(Frame{Src: h.Self, Handle: First + 1, Flags: Bulk, Data: []byte("x")})
	}),
	ends("pieces-without-end", "never ends a frame", func(h *Host) {
		for h.Send(Frame{Src: h.Self, Handle: First, Flags: Bulk | More, Data: make([]byte, 32<<10)}) {
		}
	}),
	{
		Name: "marks-without-end", At: []Position{Beside, Below},
		Rule: "who reads a mark sends it back at once with the flag credit, as a small frame.",
		Does: "sends 100,000 marks of its own, and sends as many back that it never got",
		Up: func(h *Host) {
			for i := uint32(0); i < 100_000; i++ {
				n := binary.BigEndian.AppendUint32(nil, i*2654435761)
				if !h.Send(Frame{Flags: Credit, Dst: h.Up, Src: h.Self, Handle: Mark, Data: n}) || !h.Send(Frame{Dst: h.Up, Src: h.Self, Handle: Mark, Data: n}) {
					return
				}
			}
		},
	},
	ends("reserved-byte", "sets the byte that is 0", func(h *Host) {
		b := Frame{Src: h.Self, Handle: Log}.Bytes()
		b[7] = 1
		h.Raw(b)
	}),
	ends("addresses-beyond-the-end", "announces addresses beyond the end of the frame", func(h *Host) {
		b := Frame{Src: h.Self, Handle: Log}.Bytes()
		b[5], b[6] = 32, 32
		h.Raw(b)
	}),
	ends("address-of-255-hops", "announces an address of 255 hops", func(h *Host) {
		b := Frame{Src: h.Self, Handle: Log, Data: make([]byte, 3000)}.Bytes()
		b[5] = 255
		h.Raw(b)
	}),
	ends("total-too-large", "announces a message of 4 GiB in fragments", func(h *Host) { h.Send(part(h, 1, 1<<32-1, []byte("x"))) }),
	ends("more-than-the-total", "sends more than the total of its fragments", func(h *Host) { h.Send(part(h, 1, 10, make([]byte, 11))) }),
	ends("total-changes", "changes the total between two fragments", func(h *Host) {
		h.Send(part(h, 1, 100, make([]byte, 10)))
		h.Send(part(h, 1, 99, make([]byte, 10)))
	}),
	ends("empty-fragments", "sends fragments of nothing", func(h *Host) {
		for range 100 {
			h.Send(part(h, 1, 100, nil))
		}
	}),
	ends("fragment-without-a-head", "sends a fragment of three bytes", func(h *Host) {
		h.Send(Frame{Src: h.Self, Handle: First, Flags: Part, Data: []byte{1, 2, 3}})
	}),
	{
		Name: "unfinished-transfers", At: []Position{Beside, Below},
		Rule: "A child may leave at most 4,096 messages and 32 MiB unfinished",
		Does: "begins 5000 messages and finishes none",
		Up: func(h *Host) {
			for i := range uint32(5000) {
				h.Send(part(h, i, 20*mega, make([]byte, 1000)))
			}
		},
	},
	{
		Name: "unfinished-bytes", At: []Position{Beside, Below},
		Rule: "A child may leave at most 4,096 messages and 32 MiB unfinished",
		Does: "begins 4,000 messages and sends all but the last byte of 500 MiB",
		Up: func(h *Host) {
			for round := range 4 {
				for i := range uint32(4000) {
					if !h.Send(part(h, i, 4*fragment+1, make([]byte, fragment-round))) {
						return
					}
				}
			}
		},
		Blamed: []string{"bad frame", "unfinished", "more than"}, Fails: true,
	},
	{
		Name: "handles-of-nobody", Sample: true,
		Rule: "If a payload cannot be decoded, a call is answered with an error, and any other message is dropped and logged.",
		Does: "sends 10,000 frames to handles that nobody has, and payloads that are none to those that all have",
		Up: func(h *Host) {
			for i := range uint32(10_000) {
				h.Send(Frame{Src: h.Self, Handle: i * 400_000, Data: []byte("\xff")})
			}
			for handle := range uint32(20) {
				h.Send(Frame{Src: h.Self, Handle: handle, Data: []byte(strings.Repeat("\xff", 100))})
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
}
