package adversary

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// blobName names contents as the specification has it.
func blobName(sum [32]byte, size uint64, flags byte) []byte {
	return append(binary.BigEndian.AppendUint64(sum[:], size), flags)
}

// guesses are names of contents that others may have been offered.
func guesses() (names [][]byte) {
	for _, text := range []string{"", "Hello.\n", "root:x:0:0:root:/root:/bin/sh\n", pwned} {
		for flags := range byte(2) {
			names = append(names, blobName(sha256.Sum256([]byte(text)), uint64(len(text)), flags))
		}
	}
	return append(names, blobName([32]byte{}, 1<<62, 0), blobName([32]byte{}, 1<<63, 0), []byte("short"))
}

// pull asks for a blob, for a context.
func (h *Host) pull(dst, src, asker Path, handle uint32, name []byte, offset int64) bool {
	return h.Send(Frame{Dst: dst, Src: src, Handle: Pull, Reply: handle, Data: Encode(Map{"b": name, "o": offset, "a": []byte(asker), "w": 1 << 40})})
}

// large is a block on the hostile host whose content is 16 MiB.
const large = `
resource "file" "large" {
  on     = BAD
  path   = "/home/nosudo/large"
  source = "large.bin"
}
`

// hoarding is an apply that is never answered: all that it names is pulled, as often as
// pulls may run, and no credit is given. If nothing of it comes, it was no attack, and the
// answer is honest.
func hoarding(h *Host, c *Call) bool {
	names := c.Named()
	if c.Func != "apply" || len(names) == 0 {
		return false
	}
	for _, name := range names {
		for i := range uint32(64) {
			h.pull(h.Up, h.Self, h.Self, First+i, withFlags(name, 0), 0)
		}
	}
	select {
	case <-h.came:
		return true
	case <-time.After(playTime):
		return false
	}
}

// blobs are attacks on who gets which contents.
var blobs = []*Attack{
	{
		Name: "pulls-for-others", At: []Position{Beside, Below}, Sample: true,
		Rule: "it is a pull that did not come from the child that it names as its source, or that is for a context that is not behind that child;",
		Does: "asks the parent and the controller for guessed contents, in the names of the siblings, the parent and the controller",
		Up: func(h *Host) {
			for _, name := range guesses() {
				for i, other := range everyone(h) {
					for _, dst := range []Path{h.Up, "", other} {
						h.pull(dst, h.Self, other, uint32(First+i), name, 0)
						h.pull(dst, other, other, uint32(First+i), name, 0)
					}
				}
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
	{
		Name: "pulls-guessed", At: []Position{Beside, Below}, Sample: true,
		Rule: "Only the controller says who may have which blob.",
		Does: "asks 10,000 times for contents that it was not offered, from all offsets, gives no credit, and tells the parent that it does not want what it never asked for",
		Up: func(h *Host) {
			for i := range 10_000 {
				names := guesses()
				offset := []int64{0, 7, -1, 1 << 62}[i%4]
				if !h.pull(h.Up, h.Self, h.Self, uint32(First+i), names[i%len(names)], offset) {
					return
				}
				h.Send(Frame{Flags: Reset, Dst: h.Up, Src: h.Self, Handle: Pull, Reply: uint32(First + i*7)})
			}
		},
	}, {
		Name: "pulls-without-credit", At: []Position{Beside, Below}, Source: 16 * mega, Waits: 20, Together: true,
		Rule:   "A pull that gives no credit for 5 minutes is ended, and so is one while no byte of any blob comes for that long.",
		Does:   "pulls the 16 MiB that it was offered 64 times, gives no credit, and never answers the apply",
		Config: large, Call: hoarding,
		Blamed: []string{"Timed out"}, Fails: true,
	},
	{
		Name: "pulls-without-marks", At: []Position{Beside, Below}, Source: 16 * mega, Waits: 30,
		Rule:   "A neighbour that sends no marks back gets no more bulk, as one that reads nothing.",
		Does:   "does the same, and sends no mark back",
		Config: large, Call: hoarding, KeepsMarks: true,
		Blamed: []string{"Timed out", "Connection lost"}, Fails: true,
	},
}
