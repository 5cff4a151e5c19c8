//go:build linux

package e2e

import (
	"bufio"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var (
	largeBytes  = flag.Int64("large.bytes", 64_000_000, "how many bytes TestLargeThroughAHop sends")
	largeSparse = flag.Bool("large.sparse", false, "all bytes that it sends are zeros, which take no disk here")
)

// However long a file is, nobody on its way takes more than 64 MiB of memory: neither
// the program, nor the agent on the host that it comes through, nor those on the host
// that it is for. This takes the longest:
//
//	go test ./e2e -run TestLargeThroughAHop -v -large.bytes 1000000000
func TestLargeThroughAHop(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true, NoForwarding: true, OnDisk: true})
	// The server of the hop forwards nothing, so that its agent does.
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 2, 2) + `
resource "file" "large" {
  on     = context.sudo.host["h2"]
  path   = "/disk/large"
  source = "large"
}
`})
	w.limit = 4 * runLimit
	sum := w.writeLarge("large", *largeBytes)
	w.must(0, "plan") // which brings the agents
	run := w.start("apply", "-auto-approve")
	took := map[string]int{}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ; !run.over(); <-tick.C {
		took["mitoplan"] = max(took["mitoplan"], highWater(run.cmd.Process.Pid))
		for i := 1; i <= l.Hosts(); i++ {
			agentMemory(l, i, took)
		}
	}
	r := run.wait()
	if r.status != 0 {
		t.Fatal(r)
	}
	if got := l.Exec(2, "sha256sum", "/disk/large"); got[:64] != sum {
		t.Errorf("the file has the SHA-256 %s, want %s", got, sum)
	}
	if len(took) != 4 {
		t.Errorf("%v took memory, want the program and three agents", took)
	}
	for who, kib := range took {
		if kib > 64<<10 {
			t.Errorf("%s took %d KiB of memory, want 64 MiB at most", who, kib)
		}
		t.Logf("%s took %d MiB", who, kib>>10)
	}
	t.Logf("it took %s", r.took)
}

// writeLarge makes a file of that size, and returns its SHA-256 in hexadecimal.
func (w *workspace) writeLarge(name string, size int64) string {
	w.t.Helper()
	f, err := os.Create(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if *largeSparse {
		err = f.Truncate(size)
		_, _ = io.Copy(sum, bufio.NewReaderSize(f, 1<<20))
	} else {
		_, err = io.CopyN(io.MultiWriter(f, sum), rand.NewChaCha8([32]byte{1}), size)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// agentMemory notes the most memory that each agent of a host has taken, in KiB.
func agentMemory(l *lab.Lab, i int, took map[string]int) {
	for _, p := range l.Processes(i) {
		name, isAgent := strings.CutPrefix(p.Cmdline, "mitoplan:")
		if !isAgent {
			continue
		}
		out, _ := l.Run(i, "sed", "-n", "s/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p", fmt.Sprintf("/proc/%d/status", p.PID))
		if kib, err := strconv.Atoi(strings.TrimSpace(out)); err == nil {
			name, _, _ = strings.Cut(name, ":")
			took[name] = max(took[name], kib)
		}
	}
}
