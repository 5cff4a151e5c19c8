package adversary

import (
	"bytes"
	"strings"
)

// steps is how many frames a random attack sends at most.
const steps = 20_000

// randomAttack sends frames that follow from the seed, and answers some calls with
// such values.
var randomAttack = Attack{
	Rule: "They cannot use up the memory of the controller",
	Does: "sends up to 20,000 frames and replies that follow from the seed",
	At:   []Position{Beside, Below},
	Up: func(h *Host) {
		for range 1 + h.Rand.IntN(steps) {
			if !h.Send(h.randomFrame()) {
				return
			}
		}
	},
	Call: func(h *Host, c *Call) bool {
		switch h.randomInt(6) {
		case 0:
			return c.Func != "shutdown"
		case 1:
			return h.ReplyRaw(c, h.randomPayload())
		case 2:
			return c.Func != "shutdown" && h.Reply(c, h.randomValue(4))
		}
		return false
	},
	Waits: 90,
}

// randomInt is Rand.IntN for the goroutines that answer calls, one at a time.
func (h *Host) randomInt(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.Rand.IntN(n)
}

// everySecond is true at the first call and at every second one from then on.
func (h *Host) everySecond() bool { return h.asked.Add(1)%2 == 1 }

func (h *Host) randomFrame() Frame {
	addresses := append(everyone(h), h.Self, h.Self.Child(0, 0), h.Self.Child(uint32(h.randomInt(4)), 1))
	f := Frame{Dst: addresses[h.randomInt(len(addresses))], Src: addresses[h.randomInt(len(addresses))], Data: h.randomPayload()}
	if h.randomInt(4) > 0 {
		f.Src = h.Self
	}
	if h.randomInt(3) > 0 {
		f.Dst = ""
	}
	f.Handle = uint32(h.randomInt(14))
	if h.randomInt(2) > 0 {
		f.Handle = First + uint32(h.randomInt(60))
	}
	if h.randomInt(3) == 0 {
		f.Reply = First + uint32(h.randomInt(60))
	}
	if h.randomInt(4) == 0 {
		f.Flags = byte(h.randomInt(64)) &^ Part // a bad fragment would end it at once
	}
	return f
}

func (h *Host) randomPayload() []byte {
	switch h.randomInt(6) {
	case 0:
		return result()
	case 1:
		return runCommand()
	case 2:
		return bytes.Repeat([]byte{byte(h.randomInt(256))}, h.randomInt(2000))
	case 3:
		return Encode(Map{"address": []byte(h.Self.Child(0, 0)), "id": First + h.randomInt(50), "bytes": h.randomInt(1 << 30), "logs": 1, "within": 1, "l": 4, "m": "random"})
	}
	return Encode(h.randomValue(5))
}

func (h *Host) randomValue(depth int) any {
	keys := []string{"o", "e", "c", "b", "a", "g", "f", "given", "blob", "before", "after", "results", "would_run", "path", "content", "action", "effects", "thing", "writes", "handle", "remote", "message", "skipped", "cause", "stdout"}
	texts := []string{"", "no-op", "create", "update", "explode", "path:/etc/passwd", "\x1b[2J", "\u202e", strings.Repeat("x", 1000)}
	switch h.randomInt(8) {
	case 0:
		return h.randomInt(1000) - 500
	case 1:
		return texts[h.randomInt(len(texts))]
	case 2:
		return h.randomInt(2) == 0
	case 3:
		return nil
	}
	if depth == 0 {
		return []byte("bytes")
	}
	m := Map{}
	for range h.randomInt(6) {
		m[keys[h.randomInt(len(keys))]] = h.randomValue(depth - 1)
	}
	if h.randomInt(3) == 0 {
		return []any{m, h.randomValue(depth - 1)}
	}
	return m
}
