//go:build linux

package e2e

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

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
	source := &faultSource{closed: make(chan struct{})}
	c.broker.Offer(c.chain[faultHops], blob, func(int64) (io.ReadCloser, error) { return source, nil })
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
	c.waits("the source of contents", 0, func() error { <-source.closed; return nil })
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
