//go:build linux

package e2e

import (
	"context"
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// onLine is a fault of the line of the hop, onFrames one of what is in that line.
func onLine(f faults.Fault) func(*faultCell) {
	return func(c *faultCell) { c.strikeLine(c.mark(c.hop), f) }
}

func onFrames(f faults.Fault) func(*faultCell) {
	return func(c *faultCell) { c.strikeLine(c.frames(c.hop), f) }
}

// strikeLine strikes a line of the hop. The one who starts the hop has it.
func (c *faultCell) strikeLine(line string, f faults.Fault) {
	in := faults.StrikeIn{Line: line, Fault: f}
	if f == faults.Garbage {
		in.Seed, in.Offset = c.garbage()
	}
	if c.hop <= 3 {
		faults.LineOf(in.Line).Strike(in)
		return
	}
	if _, err := faults.Strike.Call(context.Background(), c.chain[c.hop-1], in); err != nil {
		c.t.Fatal(err)
	}
}

// garbage is the seed of the garbage of this cell, and where it begins.
func (c *faultCell) garbage() (seed uint64, offset int) {
	seed = *faultsSeed + uint64(c.hop)
	if offset = *faultsOffset; offset < 0 {
		offset = int(seed*2654435761>>8) % 4096
		if c.op != "transfer" || c.isPassed() {
			offset %= 24 // a heartbeat: hardly anything else moves
		}
	}
	c.note("-faults.seed %d -faults.offset %d", *faultsSeed, offset)
	return seed, offset
}

// isPassed reports whether the contents of a transfer are in no frame of this hop: an ssh host
// behind another one is dialled in the ssh connection of that, past its agent.
func (c *faultCell) isPassed() bool {
	return c.hop < faultHops && faultHopKinds[c.hop] == "ssh" && faultHopKinds[c.hop+1] == "ssh"
}

// notYet says that the garbage has not begun, if so, for a cell whose lines are in this process.
func (c *faultCell) notYet() string {
	if c.hop > 3 {
		return ""
	}
	for _, name := range []string{c.mark(c.hop), c.frames(c.hop)} {
		if n := faults.LineOf(name).Clean(); n > 0 {
			return fmt.Sprintf(", but its garbage only begins after %d bytes more: see -faults.offset", n)
		}
	}
	return ""
}

// saysGarbage holds the first cause to the one who found the garbage, on either side.
func saysGarbage(_ *faultCell, cause string) string {
	for _, word := range []string{"bad frame", "cannot be read", "not decoded"} {
		if strings.Contains(cause, word) {
			return ""
		}
	}
	return "it is not told of a bad frame: " + cause
}

// noFramesYet is of faults of frames, which have to be there.
func noFramesYet(op string, hop int) string {
	if op == "push" {
		return "frames come after the push: see garbage on the wire"
	}
	return ""
}

// onlySSH is of faults of what is below ssh.
func onlySSH(op string, hop int) string {
	if faultHopKinds[hop] != "ssh" {
		return "nothing is below its frames: see garbage"
	}
	return ""
}
