//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// buildFaultAgent builds the agent of all hosts, with a wall clock that can jump.
func buildFaultAgent(t *testing.T, path string) {
	t.Helper()
	build := exec.Command("go", "build", "-overlay", clockOverlay(t), "-tags", "jumpingclock", "-ldflags", "-s -w", "-o", path,
		"../transport/transporttest/faults/agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the agent: %v\n%s", err, out)
	}
}

// clockOverlay puts a package time in the place of Go's, whose Now adds something to the
// wall clock. The monotonic clock is as it was, as when somebody sets the clock of a machine.
func clockOverlay(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(strings.TrimSpace(string(root)), "src/time/time.go")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(source), "\tsec, nsec, mono := runtimeNow()\n")
	if !found {
		t.Fatalf("%s has another time.Now than this test knows", file)
	}
	changed := before + "\tsec, nsec, mono := runtimeNow()\n\tsec += faultsJump\n" + after +
		"\nvar faultsJump int64\n\n// FaultsJump lets the wall clock jump.\nfunc FaultsJump(by Duration) { faultsJump += int64(by / Second) }\n"
	dir := t.TempDir()
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: filepath.Join(dir, "time.go")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"time.go": changed, "overlay.json": string(overlay)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "overlay.json")
}

// noClockYet is of faults of the clock of the hop, which has to run.
func noClockYet(op string, _ int) string {
	if op == "push" {
		return "the hop has no program yet whose clock could jump"
	}
	return ""
}

// leap is how far the clock jumps: further than any bound, and than certificates live.
const leap = 400 * 24 * time.Hour

// jump lets the clock of the hop jump ahead.
func (c *faultCell) jump() { c.jumpBy(leap) }

func (c *faultCell) jumpBy(by time.Duration) {
	now, err := faults.Jump.Call(context.Background(), c.chain[c.hop], by)
	if err != nil {
		c.t.Fatal(err)
	}
	c.note("its clock shows %s", now.Format(time.DateOnly))
}

// hasJumped holds a hop whose clock jumps, ahead and then back, to go on.
func (c *faultCell) hasJumped() {
	c.stays(quiet)
	c.keepsTime()
	c.jumpBy(-2 * leap)
	c.keepsTime()
}

// keepsTime holds the hop to bounds that it keeps by its clock: those of a call and of a
// start.
func (c *faultCell) keepsTime() {
	const bound = time.Second
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	_, err := faults.Hold.Call(ctx, c.chain[c.hop], struct{}{})
	if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took < bound || took > machineTime {
		c.t.Errorf("%s: a call with a bound of %s took %s: %v", c.name(), bound, took, err)
	}
	if err := c.starts(); err != nil {
		c.t.Errorf("%s: a start meanwhile: %v", c.name(), err)
	}
	c.answers(machineTime)
}
