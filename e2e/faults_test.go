//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

var (
	faultsAll    = flag.Bool("faults.all", false, "play every cell of the fault table, not only a sample")
	faultsSeed   = flag.Uint64("faults.seed", 1, "what the garbage of the fault table is made of")
	faultsOffset = flag.Int("faults.offset", -1, "after how many more bytes the garbage of the fault table begins; -1 is at random")
	faultsOnly   = flag.String("faults.only", "", "play the cells of the fault table whose names hold this text")
)

// TestFaults goes through a chain of five contexts, lets something happen to one hop of it
// in the middle of something, and holds what follows to bounds: that everybody who waits is
// told, and told the first cause, that what is before that hop goes on and has what it had,
// and that nothing is left. It prints each row of the table as it comes, and all of them in
// the end. Every run of the tests plays a sample. All of it:
//
//	go test ./e2e -run TestFaults -v -race -faults.all -timeout 60m
func TestFaults(t *testing.T) {
	s := newFaultStage(t)
	t.Log(faultTitle)
	var all, sample []*faultCell
	for _, f := range faultKinds {
		cells := s.chosen(f)
		if all = append(all, cells...); *faultsAll {
			s.playAll(t, f.name, cells)
		} else {
			sample = append(sample, cells...)
		}
	}
	s.playAll(t, "these", sample)
	t.Logf("the table:\n%s", s.table(all))
}

// faultOps are what is under way, in the order of the table.
var faultOps = []string{"spawn", "push", "call", "transfer", "shutdown"}

// faultKind is one fault of the table.
type faultKind struct {
	name string
	// strike lets it happen to the hop of the cell.
	strike func(c *faultCell)
	// woken is how long those who wait may wait, push how long if an agent is being sent,
	// and ended how long until the processes of the lost contexts are gone, each from the
	// fault on.
	woken, push, ended time.Duration
	// pushEnded takes the place of ended if an agent is being sent; 0 is ended.
	pushEnded time.Duration
	// senseless says why a cell is not there, or "".
	senseless func(op string, hop int) string
	// endures is there if nothing is lost by the fault, and holds the hop to that.
	endures func(c *faultCell)
	// says says what is wrong with the words of the first cause, or "". It may be nil.
	says func(c *faultCell, cause string) string
	// prepare comes before the chain, and dirs are where the agent of the hop may be kept.
	// Both may be nil.
	prepare func(c *faultCell)
	dirs    func(c *faultCell) []string
}

// machineTime is what a busy machine may add to each bound.
const machineTime = 30 * time.Second

// silence is the bound of all that is only noticed because nothing more comes; see
// docs/bounds.md.
const silence = 12*time.Second + machineTime

// hostSilence is the bound of a host that waits for the rest of an agent, and is told nothing.
const hostSilence = time.Minute + machineTime

// faultKinds are the faults, in the order of the table.
var faultKinds = []faultKind{
	{name: "kill -9", strike: (*faultCell).kill, woken: machineTime, push: machineTime, ended: machineTime},
	{name: "SIGSTOP", strike: (*faultCell).stop, woken: silence, push: 40 * time.Second, ended: 40 * time.Second},
	{name: "link cut", strike: onLine(faults.Cut), woken: machineTime, push: machineTime, ended: 20 * time.Second, senseless: noLineYet},
	{name: "half-open", strike: onLine(faults.Silent), woken: silence, push: 40 * time.Second, ended: 40 * time.Second, pushEnded: hostSilence, senseless: noLineYet},
	{name: "garbage", strike: onFrames(faults.Garbage), woken: silence, push: silence, ended: 40 * time.Second, senseless: noFramesYet, says: saysGarbage},
	{name: "garbage on wire", strike: onLine(faults.Garbage), woken: silence, push: 40 * time.Second, ended: 40 * time.Second, senseless: onlySSH},
	{name: "memory limit", strike: (*faultCell).eat, woken: machineTime, push: machineTime, ended: machineTime, prepare: (*faultCell).makeCgroup, senseless: takesNothing, says: saysKilled},
	{name: "disk full", strike: (*faultCell).fill, endures: (*faultCell).isFull, prepare: (*faultCell).makeDisk, dirs: (*faultCell).diskDirs, senseless: neverTaken},
	{name: "fd limit 64", strike: (*faultCell).limitDescriptors, endures: (*faultCell).isShort, senseless: neverTaken},
	{name: "slow reader", strike: onLine(faults.Crawling), endures: (*faultCell).crawls, senseless: neverTaken},
	{name: "clock jump", strike: (*faultCell).jump, endures: (*faultCell).hasJumped, senseless: noClockYet},
}

// noLineYet is of faults of a line, which has to be there.
func noLineYet(op string, hop int) string {
	if op == "push" && hop == 4 {
		return "sudo takes an agent by a pipe of its machine, which ends with who holds it: see kill -9 and SIGSTOP"
	}
	return ""
}

// chosen are the cells of a fault that this run plays. Those that are not there say why.
func (s *faultStage) chosen(f faultKind) (cells []*faultCell) {
	for _, op := range faultOps {
		for hop := 1; hop <= faultHops; hop++ {
			c := &faultCell{stage: s, fault: f, op: op, hop: hop}
			if !c.chosen() {
				continue
			}
			if why := c.senseless(); why != "" {
				c.seen.result = "not played"
				c.note("%s", why)
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// chosen reports whether this run plays the cell.
func (c *faultCell) chosen() bool {
	if *faultsOnly != "" {
		return strings.Contains(c.name(), *faultsOnly)
	}
	return *faultsAll || slices.Contains(faultSample, c.name())
}

// faultSample are the cells that every run plays.
var faultSample = []string{
	"kill -9/hop 3/transfer", "kill -9/hop 4/call", "SIGSTOP/hop 3/call", "link cut/hop 2/push",
	"half-open/hop 3/transfer", "kill -9/hop 5/spawn", "SIGSTOP/hop 4/shutdown",
	"garbage/hop 5/transfer", "garbage on wire/hop 3/transfer", "memory limit/hop 3/call", "disk full/hop 3/push",
	"fd limit 64/hop 4/call", "slow reader/hop 4/transfer", "clock jump/hop 4/call",
}

func (c *faultCell) name() string { return fmt.Sprintf("%s/hop %d/%s", c.fault.name, c.hop, c.op) }

// senseless says why the cell is not played, or "".
func (c *faultCell) senseless() string {
	if c.op == "push" && (c.hop == 1 || c.hop == 5) {
		return "a local context is its parent's own program: no agent is sent"
	}
	if c.fault.senseless != nil {
		return c.fault.senseless(c.op, c.hop)
	}
	return ""
}
