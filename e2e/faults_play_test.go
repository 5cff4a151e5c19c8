//go:build linux

package e2e

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// atOnce is how many cells are played side by side. Most of them wait most of the time.
const atOnce = 8

// playAll plays cells side by side, and prints each as it ends. It holds this process to
// what it used before them.
func (s *faultStage) playAll(t *testing.T, which string, cells []*faultCell) {
	if len(cells) == 0 {
		return
	}
	before := s.here(t)
	t.Run(which, func(t *testing.T) {
		slots := make(chan struct{}, atOnce)
		var playing sync.WaitGroup
		defer playing.Wait()
		for _, c := range cells {
			if c.seen.result == "not played" {
				t.Log(c.row())
				continue
			}
			slots <- struct{}{}
			playing.Go(func() {
				defer func() { <-slots }()
				t.Run(c.name(), c.judge) // not parallel tests, which are as many as processors
			})
		}
	})
	s.holdHere(t, which, before)
}

// leaveOut ends a cell that cannot be played on this machine.
func (c *faultCell) leaveOut(why string) {
	c.t.Helper()
	c.seen.notes = []string{why}
	c.t.Skip(why)
}

// judge plays the cell and prints its row.
func (c *faultCell) judge(t *testing.T) {
	defer func() {
		switch {
		case t.Failed():
			c.seen.result = "FAILS"
		case t.Skipped():
			c.seen.result = "not played"
		default:
			c.seen.result = "ok"
		}
		t.Log(c.row())
	}()
	c.play(t)
}

// memoryGrowth is how many KiB more a process may have after a fault than before: what the
// runtime keeps.
const memoryGrowth = 64 << 10

// faultsHere is what this process uses.
type faultsHere struct {
	faults.Usage
	alive int // bytes of memory that something refers to
}

// aliveGrowth is what may be referred to after some cells and was not before: what is kept of
// each, which is printed in the end.
const aliveGrowth = 2 << 20

// isNoMoreThan reports whether nothing is left of what was played in between.
func (u faultsHere) isNoMoreThan(before faultsHere) bool {
	return u.Descriptors <= before.Descriptors && u.Goroutines <= before.Goroutines && u.alive <= before.alive+aliveGrowth
}

// here is what this process uses, once what has ended is out of the way. What is pooled goes
// with the second collection.
func (s *faultStage) here(t *testing.T) faultsHere {
	t.Helper()
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return faultsHere{faults.Here(), int(m.HeapAlloc)}
}

// holdHere holds this process to what it used before some cells.
func (s *faultStage) holdHere(t *testing.T, which string, before faultsHere) {
	t.Helper()
	var now faultsHere
	for until := time.Now().Add(machineTime); ; time.Sleep(50 * time.Millisecond) {
		now = s.here(t)
		if now.isNoMoreThan(before) || time.Now().After(until) {
			break
		}
	}
	row := fmt.Sprintf("%-16s %-8s %-9s descriptors %d>%d, goroutines %d>%d, MiB %d>%d, %d>%d of them alive", which, "all", "controller",
		before.Descriptors, now.Descriptors, before.Goroutines, now.Goroutines, before.Memory>>10, now.Memory>>10, before.alive>>20, now.alive>>20)
	s.ours = append(s.ours, row)
	t.Log(row)
	if !now.isNoMoreThan(before) {
		t.Errorf("%s: the controller has %+v, and had %+v", which, now, before)
	}
}
