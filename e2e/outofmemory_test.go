//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// An agent that the kernel kills for the limit of its cgroup is told as that, with the
// limit and the cgroup, if its parent is on the same machine. The parent goes on.
func TestAKillForMemoryIsNamed(t *testing.T) {
	cell := &faultCell{t: t, id: "named", op: "call"}
	cell.makeCgroup()
	b := transport.NewBroker(transport.Options{})
	t.Cleanup(func() { _ = b.Shutdown() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	above, err := transport.NewRouter(b).Connect(ctx, connect.Local{})
	if err != nil {
		t.Fatal(err)
	}
	up, err := above.Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cell.cgroup, "cgroup.procs"), fmt.Append(nil, up.PID), 0); err != nil {
		t.Fatal(err)
	}
	below, err := above.Connect(ctx, connect.Local{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = faults.Eat.Call(ctx, below, 4*memoryLimit)
	var lost *transport.LostError
	want := "killed by the kernel: out of memory (memory limit of 64 MiB of cgroup /" + filepath.Base(cell.cgroup) + ")"
	if !errors.As(err, &lost) || !strings.Contains(lost.LastWords, want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if _, err := faults.Used.Call(ctx, above, struct{}{}); err != nil {
		t.Errorf("the parent: %v", err)
	}
}
