//go:build linux

package e2e

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// faultWaiter is somebody who waits for something in the context of a hop.
type faultWaiter struct {
	what string
	hop  int
	done chan struct{} // closed when it has been told
	err  error
	at   time.Time
}

// waits adds a waiter, which is told when wait returns.
func (c *faultCell) waits(what string, hop int, wait func() error) {
	w := &faultWaiter{what: what, hop: hop, done: make(chan struct{})}
	c.waiters = append(c.waiters, w)
	go func() {
		w.err = wait()
		w.at = time.Now()
		close(w.done)
	}()
}

// play plays the cell.
func (c *faultCell) play(t *testing.T) {
	c.open(t)
	defer c.release()
	defer func() { _ = c.broker.Shutdown() }()
	if c.fault.prepare != nil {
		c.fault.prepare(c)
	}
	c.extend(c.hop - 1)
	before := c.used(c.hop - 1)
	c.begin()
	if t.Failed() {
		return
	}
	if c.fault.endures != nil && c.op != "push" {
		before = c.used(c.hop)
	}
	c.struck = time.Now()
	c.fault.strike(c)
	if c.fault.endures != nil {
		c.endure(before)
	} else {
		c.lose(before)
	}
	c.ended(1)
	c.noFiles()
}

// lose holds what follows to the loss of the hop, and of nothing before it.
func (c *faultCell) lose(before []faults.Usage) {
	if c.op == "shutdown" {
		c.shutdown()
	}
	c.told()
	if c.op != "shutdown" {
		c.goesOn(c.hop)
		c.ended(c.hop)
		c.same(before)
		c.shutdown()
	}
}

// release opens what a silent line has kept open, and forgets all but what was seen: the cells
// stay until the table is printed.
func (c *faultCell) release() {
	for hop := 1; hop <= faultHops+1; hop++ {
		for _, name := range []string{c.mark(hop), c.frames(min(hop, faultHops))} {
			faults.LineOf(name).Release()
			faults.Forget(name)
		}
	}
	c.broker, c.router, c.chain, c.waiters = nil, nil, nil, nil
}

// used is what the agents up to a hop use.
func (c *faultCell) used(to int) (all []faults.Usage) {
	c.t.Helper()
	for hop := 1; hop <= to; hop++ { // each has started the next by then
		if _, err := c.chain[hop].Ready().Get(context.Background()); err != nil {
			c.t.Fatalf("hop %d: %v", hop, err)
		}
	}
	for hop := 1; hop <= to; hop++ {
		u, err := faults.Used.Call(context.Background(), c.chain[hop], struct{}{})
		if err != nil {
			c.t.Fatalf("hop %d: %v", hop, err)
		}
		all = append(all, u)
	}
	return all
}

// ended waits until no process of the contexts from a hop on is left.
func (c *faultCell) ended(from int) {
	bound := c.fault.ended
	if c.op == "push" {
		bound = cmp.Or(c.fault.pushEnded, bound)
	}
	if c.op == "shutdown" {
		bound = max(bound, shutdownBound)
	}
	if from == 1 && c.op != "shutdown" { // all of it, after a shutdown
		bound += shutdownBound
	}
	until := c.struck.Add(bound)
	for {
		left := c.running(from)
		if c.seen.left = len(left); len(left) == 0 {
			c.seen.ended = cmp.Or(c.seen.ended, time.Since(c.struck))
			return
		}
		if time.Now().After(until) {
			for _, p := range left {
				c.t.Errorf("%s: after %s still runs %d %s", c.name(), bound, p.pid, cutText(p.cmdline, 200))
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// same holds the agents before the hop to what they used before.
func (c *faultCell) same(before []faults.Usage) {
	for deadline := time.Now().Add(machineTime); ; time.Sleep(50 * time.Millisecond) {
		now := c.used(len(before))
		c.seen.before, c.seen.after = before, now
		more := ""
		for i := range now {
			if now[i].Descriptors > before[i].Descriptors+c.kept() || now[i].Memory > before[i].Memory+memoryGrowth {
				more = fmt.Sprintf("%s: the agent of hop %d has %+v, and had %+v", c.name(), i+1, now[i], before[i])
			}
		}
		if more == "" {
			return
		}
		if time.Now().After(deadline) {
			c.t.Error(more)
			return
		}
	}
}

// kept is how many descriptors an agent may have more: those of the call that still runs in
// it, those of the watcher that comes with the first program it runs, and that of the
// connection that a silent line keeps open.
func (c *faultCell) kept() int {
	n := 0
	if c.op == "call" {
		n += 3
	}
	if c.fault.name == "half-open" || c.fault.name == "clock jump" {
		n += 2
	}
	return n
}

// shutdown ends everything.
func (c *faultCell) shutdown() {
	begin := time.Now()
	err := c.broker.Shutdown()
	took := time.Since(begin)
	c.seen.shutdown = took
	if took > shutdownBound {
		c.t.Errorf("%s: the shutdown took %s", c.name(), took)
	}
	if err != nil {
		c.note("which says: %v", err)
	}
}

// noFiles holds the hosts to what a cache may have: agents.
func (c *faultCell) noFiles() {
	if c.op != "push" {
		return
	}
	l := c.stage.lab.For(c.t)
	for _, f := range strings.Fields(l.Exec(c.host(), "find", "/tmp/"+c.id, "-type", "f")) {
		name := path.Base(f)
		switch {
		case name == "x" || strings.HasPrefix(name, "agent-"):
		case c.fault.name == "SIGSTOP":
			c.note("%s left for the next agent to remove, as all who could were killed", name)
		default:
			c.t.Errorf("%s: %s is left on the host", c.name(), f)
		}
	}
}

// host is the host of the lab that the hop is on.
func (c *faultCell) host() int { return min(max(1, c.hop-1), 2) }
