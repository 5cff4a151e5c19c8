//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// memoryLimit is what a hop may have, and what it takes is four times that. Of a shell that
// takes an agent it is shellLimit.
const (
	memoryLimit = 64 << 20
	shellLimit  = 512 << 10
)

// cgroupFiles are where a limit of memory is written, in either version of cgroups.
var cgroupFiles = []struct{ dir, limit, swap, noSwap string }{
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.swappiness", "0"},
	{"/sys/fs/cgroup", "memory.max", "memory.swap.max", "0"},
}

// takesNothing is of a hop that has to take memory, or it gets no more than its limit.
func takesNothing(op string, hop int) string {
	if op == "push" && hop == 4 {
		return "nobody takes that agent here, and a shell that waits takes no memory: see kill -9"
	}
	return ""
}

// makeCgroup makes the cgroup of the cell. The cell is left out if this machine has none of
// memory.
func (c *faultCell) makeCgroup() {
	limit := memoryLimit
	if c.op == "push" {
		limit = shellLimit
	}
	for _, f := range cgroupFiles {
		if f.limit == "memory.max" {
			_ = os.WriteFile(f.dir+"/cgroup.subtree_control", []byte("+memory"), 0)
		}
		dir := fmt.Sprintf("%s/mitoplan-faults-%d-%s", f.dir, os.Getpid(), c.id)
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		c.t.Cleanup(func() { c.removeCgroup(dir) })
		_ = os.WriteFile(filepath.Join(dir, f.swap), []byte(f.noSwap), 0)
		if err := os.WriteFile(filepath.Join(dir, f.limit), fmt.Append(nil, limit), 0); err == nil {
			c.cgroup = dir
			return
		}
	}
	c.leaveOut("this machine has no cgroup of memory that can be made")
}

// removeCgroup removes a cgroup, once what was in it has ended.
func (c *faultCell) removeCgroup(dir string) {
	eventually(c.t, machineTime, dir+" is removed", func() bool { return os.Remove(dir) == nil })
}

// eat lets the hop take more memory than it may have.
func (c *faultCell) eat() {
	for _, p := range c.targets() {
		if err := os.WriteFile(filepath.Join(c.cgroup, "cgroup.procs"), fmt.Append(nil, p.pid), 0); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.op == "push" { // its shell goes on taking
		c.hurry()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	c.t.Cleanup(cancel)
	faults.Eat.CallAsync(ctx, c.chain[c.hop], 4*memoryLimit)
}

// saysKilled holds the first cause to say that the hop was killed, or what of it.
func saysKilled(c *faultCell, cause string) string {
	for _, word := range []string{"KILL", "memory", "Killed"} {
		if strings.Contains(cause, word) {
			return ""
		}
	}
	return "it is not told that the kernel killed it: " + cause
}
