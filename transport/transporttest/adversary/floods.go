package adversary

import "bytes"

// flood sends frames with payloads of size bytes until total bytes have gone.
func flood(h *Host, total, size int, f func(i int) Frame) {
	data := bytes.Repeat([]byte{0xf6}, size)
	for i := 0; total > 0; i++ {
		m := f(i)
		if m.Data == nil {
			m.Data = data
		}
		if !h.Send(m) {
			return
		}
		total -= len(m.Data) + header
	}
}

const mega = 1 << 20

// floods are attacks on memory by many frames.
var floods = []*Attack{
	{
		Name: "sibling-flood", At: []Position{Beside, Below},
		Rule: "it goes from child to child, unless it is for a receiver whose sender its source was given",
		Does: "sends 512 MiB to handles from 1000 on of every sibling",
		Up: func(h *Host) {
			to := h.Siblings()
			flood(h, 512*mega, 60<<10, func(i int) Frame {
				return Frame{Src: h.Self, Dst: to[i%len(to)], Handle: First + uint32(i%100), Flags: Bulk}
			})
		},
		Blamed: []string{"frame dropped", "frames dropped", "reads too slowly", "sent more", "too much"},
	},
	{
		Name: "dead-letters", At: []Position{Beside, Below}, Waits: 30, ReadsNothing: true, Sample: true,
		Rule: "what is sent back because of the child's frames",
		Does: "asks for 2,000,000 dead letters, and reads none of them",
		Up: func(h *Host) {
			flood(h, 2_000_000*(1+header), 1, func(i int) Frame {
				return Frame{Src: h.Self, Dst: Path("").Child(5000, 9), Handle: First, Reply: First + uint32(i)}
			})
		},
		Fails: true,
	},
	{
		Name: "values-without-credit", At: []Position{Beside, Below}, Waits: 30, ReadsNothing: true,
		Rule: "What comes without credit is dropped, and refused.",
		Does: "sends 2,000,000 values to closed receivers, each of which is answered, and reads no answer",
		Up: func(h *Host) {
			flood(h, 2_000_000*(1+header), 1, func(i int) Frame {
				return Frame{Src: h.Self, Handle: 1<<31 + uint32(i), Reply: First + uint32(i)}
			})
		},
		Fails: true,
	},
	{
		Name: "flood-of-the-controller", At: []Position{Beside, Below},
		Rule: "They cannot use up the memory of the controller",
		Does: "sends 512 MiB to handles of the controller",
		Up: func(h *Host) {
			flood(h, 512*mega, 60<<10, func(i int) Frame {
				return Frame{Src: h.Self, Handle: First + uint32(i%2000), Flags: Bulk}
			})
		},
	},
	{
		Name: "fragments-without-credit", At: []Position{Beside, Below},
		Rule: "At most 4 MiB are under way from one context to another",
		Does: "sends 8 messages of 27 MiB to handles of the controller, all at once and without credit",
		Up: func(h *Host) {
			data := bytes.Repeat([]byte{0xf6}, 27*mega)
			for i := range uint32(8) {
				go h.Unasked(Frame{Src: h.Self, Handle: First + i, Data: data})
			}
		},
	},
	{
		Name: "fragments-to-siblings", At: []Position{Beside, Below},
		Rule: "it goes from child to child, unless it is for a receiver whose sender its source was given",
		Does: "sends 8 messages of 27 MiB to siblings, all at once and without credit",
		Up: func(h *Host) {
			data, to := bytes.Repeat([]byte{0xf6}, 27*mega), h.Siblings()
			for i := range 8 {
				go h.Unasked(Frame{Src: h.Self, Dst: to[i], Handle: First + uint32(i), Data: data})
			}
		},
	},
	{
		Name: "credit-without-end",
		Rule: "the destination gives credit back",
		Does: "gives credit of 4 GiB a thousand times, and asks for entries' credit",
		Up: func(h *Host) {
			for range 1000 {
				h.Send(Frame{Src: h.Self, Handle: Credits, Data: Encode(Map{"logs": uint32(1<<32 - 1), "bytes": uint32(1<<32 - 1)})})
			}
		},
	},
}
