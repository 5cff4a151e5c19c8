//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// endure holds what follows to a fault by which no context is lost.
func (c *faultCell) endure(before []faults.Usage) {
	if c.op != "shutdown" {
		c.fault.endures(c)
		c.goesOn(faultHops + 1)
	}
	if c.op != "shutdown" && c.op != "push" { // what was to start then is up now
		c.same(before)
	}
	c.struck = time.Now() // those who wait are told now
	c.shutdown()
	c.told()
}

// neverTaken is of faults that a push survives.
func neverTaken(op string, hop int) string {
	if op == "push" && hop == 4 {
		return "nobody takes that agent here, so that nothing could go on"
	}
	return ""
}

// quiet is longer than a silent host is waited for.
const quiet = 12 * time.Second

// stays holds everybody who waits to be told nothing for a while, unless it is that a
// context is up.
func (c *faultCell) stays(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until) && !c.t.Failed(); time.Sleep(100 * time.Millisecond) {
		c.goesOn(faultHops + 1)
	}
	c.note("nobody is told anything in %s", d)
}

// comesUp waits until all that was to start is up. A line that was slow is so no more.
func (c *faultCell) comesUp() {
	if c.op != "push" {
		return
	}
	c.strikeLine(c.mark(c.hop), faults.Mended)
	for _, w := range c.waiters {
		select {
		case <-w.done:
		case <-time.After(shutdownBound):
			c.t.Errorf("%s: %s of hop %d still waits", c.name(), w.what, w.hop)
			return
		}
		if w.err != nil {
			c.t.Errorf("%s: %s of hop %d: %v", c.name(), w.what, w.hop, w.err)
		}
	}
	c.note("all are up")
}

// answers holds the hop to answer a call in time.
func (c *faultCell) answers(bound time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if _, err := faults.Used.Call(ctx, c.chain[c.hop], struct{}{}); err != nil {
		c.t.Errorf("%s: a call meanwhile: %v", c.name(), err)
	}
}

// starts starts a context in that of the hop, which may be reached or not.
func (c *faultCell) starts() error {
	common := connect.Common{Env: map[string]string{"FAULTS": c.mark(faultHops + 1)}}
	x, err := c.chain[c.hop].Connect(context.Background(), &connect.Local{Common: common}, transport.WithName(c.of(faultHops+1)))
	if err != nil {
		return err
	}
	if _, err = x.Ready().Get(context.Background()); err == nil {
		err = x.Shutdown(context.Background())
	}
	return err
}

// crawls holds a hop whose reader is slow to be slow and not lost.
func (c *faultCell) crawls() {
	moved := c.back.Load()
	c.stays(quiet)
	if c.op == "transfer" {
		c.until("contents move slowly", func() bool { return c.back.Load() > moved+1<<10 })
	}
	if c.op != "push" {
		c.answers(machineTime)
	}
	c.strikeLine(c.mark(c.hop), faults.Mended)
	c.comesUp()
}

// limitDescriptors leaves the processes of the hop 64 descriptors. Their own user sets the
// limit: root needs CAP_SYS_RESOURCE for the processes of others.
func (c *faultCell) limitDescriptors() {
	for _, p := range c.targets() {
		set := exec.Command("prlimit", "--pid", strconv.Itoa(p.pid), "--nofile=64:64")
		set.SysProcAttr = &syscall.SysProcAttr{Credential: ownerOf(c.t, p.pid)}
		if out, err := set.CombinedOutput(); err != nil {
			c.t.Fatalf("prlimit: %v: %s", err, out)
		}
	}
}

// ownerOf is the user that a process runs as.
func ownerOf(t *testing.T, pid int) *syscall.Credential {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]uint32{}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "Uid:" || f[0] == "Gid:") {
			n, _ := strconv.ParseUint(f[1], 10, 32)
			ids[f[0]] = uint32(n)
		}
	}
	return &syscall.Credential{Uid: ids["Uid:"], Gid: ids["Gid:"]}
}

// isShort holds a hop that has no descriptor left to say so, and to work once it has some.
func (c *faultCell) isShort() {
	c.comesUp()
	if c.op == "push" {
		return
	}
	for _, spare := range []int{0, 4} {
		c.hasLeft(spare)
	}
	if err := c.starts(); err != nil {
		c.t.Errorf("%s: a start once there are descriptors again: %v", c.name(), err)
	}
}

// hasLeft holds a hop that has so many descriptors left.
func (c *faultCell) hasLeft(spare int) {
	ctx, cancel := context.WithCancel(context.Background())
	hoard := faults.Hoard.CallAsync(ctx, c.chain[c.hop], spare)
	agent := fmt.Sprintf("/proc/%d/fd", c.targets()[0].pid)
	c.until("its descriptors are used up", func() bool {
		open, err := os.ReadDir(agent)
		// One that the agent has inherited may be above the limit.
		open = slices.DeleteFunc(open, func(f os.DirEntry) bool { n, _ := strconv.Atoi(f.Name()); return n >= 64 })
		return err == nil && len(open) == 64-spare
	})
	brief, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	for what, err := range map[string]error{"a call": second(faults.Hold.Call(brief, c.chain[c.hop], struct{}{})), "a start": c.starts()} {
		works := spare > 0 && (err == nil || errors.Is(err, context.DeadlineExceeded)) // that bound is brief's
		if !works && !namesDescriptors(err) {
			c.t.Errorf("%s: %s with %d descriptors left: %v", c.name(), what, spare, err)
		}
	}
	c.answers(machineTime)
	cancel()
	_, _ = hoard.Get(context.Background())
}

func second(_ bool, err error) error { return err }

// namesDescriptors reports whether an error says what there is too little of, and how many
// there may be.
func namesDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) && strings.Contains(err.Error(), "is 64")
}

// disk is a directory of the hop that is full.
func (c *faultCell) disk() string { return "/tmp/" + c.id + "-disk" }

func (c *faultCell) makeDisk() {
	if c.hop > 1 {
		c.stage.lab.For(c.t).Exec(c.host(), "sh", "-c", fmt.Sprintf("mkdir %s && mount -t tmpfs -o size=1m,mode=1777 tmpfs %[1]s", c.disk()))
	}
}

// diskDirs are where the agent of the hop may be kept: if it is sent, first on the disk.
func (c *faultCell) diskDirs() []string {
	if c.op == "push" {
		return []string{c.disk(), c.agentDir(c.hop)}
	}
	return []string{c.agentDir(c.hop)}
}

// fill fills the disk. On this machine, nothing is mounted: it has a file that is full.
func (c *faultCell) fill() {
	if c.hop > 1 {
		_, _ = c.stage.lab.For(c.t).Run(c.host(), "sh", "-c", "cat /dev/zero >"+c.disk()+"/fill")
	}
}

// isFull holds a hop whose disk is full to say which directory that is, and to go on.
func (c *faultCell) isFull() {
	c.comesUp()
	path := c.disk() + "/contents"
	if c.hop == 1 {
		path = "/dev/full"
	}
	blob := transport.Blob{Size: 8 << 20}
	copy(blob.Sum[:], c.id+" to save")
	source := &faultSource{closed: make(chan struct{})}
	c.broker.Offer(c.chain[c.hop], blob, func(int64) (io.ReadCloser, error) { return source, nil })
	_, err := faults.Save.Call(context.Background(), c.chain[c.hop], faults.SaveIn{Blob: blob, Path: path})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
		c.t.Errorf("%s: contents to %s: %v", c.name(), path, err)
	}
	c.until("the source of contents is closed", func() bool { return isClosed(source.closed) })
	if faultHopKinds[c.hop] == "ssh" {
		c.hasNoRoom()
	}
}

// hasNoRoom starts an agent of the hop's kind that can be kept on the full disk only.
func (c *faultCell) hasNoRoom() {
	k := c.connector(c.hop).(faults.Through)
	there := k.Connector.(ssh.SSH)
	there.AgentDirs = []string{c.disk()}
	k.Connector = there
	x, err := c.chain[c.hop-1].Connect(context.Background(), k, transport.WithName(c.of(faultHops+1)))
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = x.Ready().Get(context.Background())
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeAgentDiskFull || !strings.Contains(p.Detail, c.disk()) {
		c.t.Errorf("%s: an agent on the full disk: %v", c.name(), err)
	}
}
