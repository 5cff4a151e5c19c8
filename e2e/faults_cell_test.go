//go:build linux

package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
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

// play plays the cell and prints its row.
func (c *faultCell) play(t *testing.T) {
	c.open(t)
	defer c.release()
	defer c.broker.Shutdown()
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
	t.Logf("%s %s", c.row(), strings.Join(c.notes, ", "))
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

func (c *faultCell) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// release opens what a silent line has kept open.
func (c *faultCell) release() {
	for hop := 1; hop <= 3; hop++ {
		faults.LineOf(c.mark(hop)).Release()
		faults.LineOf(c.frames(hop)).Release()
	}
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

// begin begins what the fault comes into the middle of.
func (c *faultCell) begin() {
	c.t.Helper()
	if c.op == "push" {
		c.beginPush()
		return
	}
	c.extend(faultHops)
	for hop := 1; hop <= faultHops; hop++ {
		one := c.chain[hop]
		if _, err := one.Ready().Get(context.Background()); err != nil {
			c.t.Fatal(err)
		}
		c.waits("the end of the context", hop, func() error { _, err := one.Lost().Get(context.Background()); return err })
	}
	switch c.op {
	case "spawn":
		c.beginSpawn()
	case "transfer":
		c.beginTransfer()
	default:
		for hop := 1; hop <= faultHops; hop++ {
			r := faults.Hold.CallAsync(context.Background(), c.chain[hop], struct{}{})
			c.waits("a call", hop, func() error { _, err := r.Get(context.Background()); return err })
			c.until("the call runs", func() bool { return c.count("sleep 4321", hop) == 3 })
		}
	}
}

// beginSpawn starts a context below that of the hop of which no agent comes.
func (c *faultCell) beginSpawn() {
	common := &connect.Common{Env: map[string]string{"FAULTS": c.mark(faultHops + 1)}}
	x, err := c.chain[c.hop].Connect(context.Background(), faults.Piped{Hangs: common}, transport.WithName(c.of(faultHops+1)), transport.WithTimeout(2*time.Minute))
	if err != nil {
		c.t.Fatal(err)
	}
	c.waits("a start", c.hop, func() error { _, err := x.Ready().Get(context.Background()); return err })
	c.until("the start is under way", func() bool { return c.count("sh -c cat", c.hop) > 0 })
}

// count says how many processes of the hop run whose command line begins so.
func (c *faultCell) count(cmdline string, hop int) (n int) {
	for _, p := range processesOf(c.t) {
		if strings.HasPrefix(p.cmdline, cmdline) && strings.Contains(p.environ, "FAULTS="+c.mark(hop)) {
			n++
		}
	}
	return n
}

// beginPush starts contexts from the hop on. The hop has no agent yet, and its line is slow.
func (c *faultCell) beginPush() {
	c.stage.lab.For(c.t).Exec(c.host(), "install", "-d", "-m", "1777", c.agentDir(c.hop))
	if c.hop <= 3 {
		faults.LineOf(c.mark(c.hop)).Strike(faults.StrikeIn{Fault: faults.Slow})
	}
	c.extend(faultHops)
	for hop := c.hop; hop <= faultHops; hop++ {
		one := c.chain[hop]
		c.waits("a start", hop, func() error { _, err := one.Ready().Get(context.Background()); return err })
	}
	if c.hop == 4 {
		c.until("the agent is being sent", func() bool {
			all := processesOf(c.t)
			return slices.ContainsFunc(all, func(p faultProcess) bool { return strings.HasPrefix(p.cmdline, "sleep 4321") && c.below(p, all) })
		})
		return
	}
	c.until("the agent is being sent", func() bool {
		p, ok := c.chain[c.hop].Progress()
		return ok && p.Phase == transport.PhasePush && p.Arrived > 0
	})
}

// beginTransfer sends contents without end to the last context, which sends them back.
func (c *faultCell) beginTransfer() {
	blob := transport.Blob{Size: 1 << 40}
	copy(blob.Sum[:], c.id)
	c.source = &faultSource{closed: make(chan struct{})}
	c.broker.Offer(c.chain[faultHops], blob, func(int64) (io.ReadCloser, error) { return c.source, nil })
	r, pipe := faults.Carry.CallPipe(context.Background(), c.chain[faultHops], blob)
	c.waits("a transfer", faultHops, func() error { _, err := r.Get(context.Background()); return err })
	c.waits("a pipe", faultHops, func() error {
		b := make([]byte, 64<<10)
		for {
			n, err := pipe.Read(b)
			c.back.Add(int64(n))
			if err != nil {
				return err
			}
		}
	})
	c.waits("the source of contents", 0, func() error { <-c.source.closed; return nil })
	c.waiters[len(c.waiters)-1].hop = faultHops
	c.until("contents move", func() bool { return c.back.Load() > 1<<20 })
}

// faultSource are contents without end, at 4 MiB a second.
type faultSource struct {
	once   sync.Once
	closed chan struct{}
}

func (s *faultSource) Read(b []byte) (int, error) {
	b = b[:min(len(b), 32<<10)]
	time.Sleep(time.Duration(len(b)) * time.Second / (4 << 20))
	return len(b), nil
}

func (s *faultSource) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// until waits for something that comes before the fault.
func (c *faultCell) until(what string, holds func() bool) {
	c.t.Helper()
	eventually(c.t, time.Minute, what, holds)
}

// told waits until everybody is told who waits for something behind the fault, and holds
// what they are told to the first cause.
func (c *faultCell) told() {
	bound := c.fault.woken
	switch c.op {
	case "push":
		bound = c.fault.push
	case "shutdown":
		bound = shutdownBound
	}
	if c.fault.endures != nil {
		bound = shutdownBound
	}
	late := time.NewTimer(time.Until(c.struck.Add(bound)))
	defer late.Stop()
	last := c.struck
	for _, w := range c.waiters {
		if w.hop < c.hop && !c.ends() {
			continue
		}
		select {
		case <-w.done:
		case <-late.C:
			late.Reset(0)
			c.t.Errorf("%s: %s of hop %d still waits after %s%s", c.name(), w.what, w.hop, bound, c.notYet())
			continue
		}
		if w.at.After(last) {
			last = w.at
		}
		if why := c.wrong(w); why != "" {
			c.t.Errorf("%s: %s of hop %d: %s", c.name(), w.what, w.hop, why)
		}
	}
	c.note("told after %.2f s", last.Sub(c.struck).Seconds())
}

// shutdownBound is within what everything ends that is told to; see docs/bounds.md.
const shutdownBound = 12*time.Second + machineTime

// wrong says what is wrong with what a waiter is told, or "".
func (c *faultCell) wrong(w *faultWaiter) string {
	switch {
	case w.what == "the source of contents":
		return ""
	case c.ends(): // that, too, may be why
		return ""
	case w.err == nil:
		return "it is told nothing"
	}
	if got := firstCause(w.err); got != c.of(c.hop) {
		return fmt.Sprintf("the first cause is %q, want %s: %v", got, c.of(c.hop), w.err)
	}
	if c.fault.says != nil {
		return c.fault.says(c, rootCause(w.err))
	}
	return ""
}

// ends reports whether those who wait are told because everything is shut down.
func (c *faultCell) ends() bool { return c.op == "shutdown" || c.fault.endures != nil }

// rootCause is what the context says that failed first.
func rootCause(err error) string {
	text := err.Error()
	for ; err != nil; err = errors.Unwrap(err) {
		var connect *transport.ConnectError
		if errors.As(err, &connect) && connect.Root != nil {
			err = connect.Root
		}
		text = err.Error()
	}
	return text
}

// firstCause is the name of the context that failed first.
func firstCause(err error) string {
	var lost *transport.LostError
	var connect *transport.ConnectError
	switch {
	case errors.As(err, &connect):
		if connect.Root != nil {
			return firstCause(connect.Root)
		}
		return connect.Context
	case errors.As(err, &lost):
		return cmp.Or(lost.Root, lost.Context)
	}
	return ""
}

// goesOn holds what is before a hop to go on.
func (c *faultCell) goesOn(before int) {
	for _, w := range c.waiters {
		if w.hop >= before {
			continue
		}
		select {
		case <-w.done:
			if w.err == nil && w.what == "a start" {
				continue // it is up
			}
			c.t.Errorf("%s: %s of hop %d is over, too: %v", c.name(), w.what, w.hop, w.err)
		default:
		}
	}
}

// ended waits until no process of the contexts from a hop on is left.
func (c *faultCell) ended(from int) {
	bound := c.fault.ended
	if c.op == "shutdown" {
		bound = max(bound, shutdownBound)
	}
	if from == 1 && c.op != "shutdown" { // all of it, after a shutdown
		bound += shutdownBound
	}
	until := c.struck.Add(bound)
	for {
		left := c.running(from)
		if len(left) == 0 {
			c.note("processes 0 after %.2f s", time.Since(c.struck).Seconds())
			return
		}
		if time.Now().After(until) {
			for _, p := range left {
				c.t.Errorf("%s: after %s still runs %d %s", c.name(), bound, p.pid, p.cmdline)
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
		more := ""
		for i := range now {
			if now[i].Descriptors > before[i].Descriptors+c.kept() || now[i].Memory > before[i].Memory+memoryGrowth {
				more = fmt.Sprintf("%s: the agent of hop %d has %+v, and had %+v", c.name(), i+1, now[i], before[i])
			}
		}
		if more == "" {
			for i := range now {
				c.note("hop %d: %d -> %d fds, %d -> %d MiB", i+1, before[i].Descriptors, now[i].Descriptors, before[i].Memory>>10, now[i].Memory>>10)
			}
			return
		}
		if time.Now().After(deadline) {
			c.t.Error(more)
			return
		}
	}
}

// kept is how many descriptors an agent may have more: those of the call that still runs in
// it, and that of the connection that a silent line keeps open.
func (c *faultCell) kept() int {
	n := 0
	if c.op == "call" {
		n += 3
	}
	if c.fault.name == "half-open" {
		n += 2
	}
	return n
}

// shutdown ends everything.
func (c *faultCell) shutdown() {
	begin := time.Now()
	err := c.broker.Shutdown()
	took := time.Since(begin)
	c.note("shutdown %.2f s", took.Seconds())
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
