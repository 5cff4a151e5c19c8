//go:build linux

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// writeRandom makes a file of that size that cannot be compressed, and returns its
// SHA-256 in hexadecimal.
func (w *workspace) writeRandom(name string, size int) string {
	w.t.Helper()
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	if err := os.WriteFile(w.path(name), content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// The line is cut in the middle of a long file. That is told, nothing is left beside the
// file, and the next apply sends what is missing, and no more.
func TestFileGoesOnAfterACut(t *testing.T) {
	const size = 20 << 20
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", time.Millisecond)
	l.Trust(p.Addr(), 1)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "host", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + `
resource "file" "big" {
  on     = context.ssh.host
  path   = "/home/deploy/dir/big"
  source = "big"
}
`})
	sum := w.writeRandom("big", size)
	l.Exec(1, "sh", "-c", "mkdir /home/deploy/dir && echo old >/home/deploy/dir/big && chown -R deploy: /home/deploy/dir")
	w.must(0, "plan")
	p.Slow(8 << 20)
	p.Reset()
	run := w.start("apply", "-auto-approve")
	run.until("half of the file is on its way", func() bool { sent, _ := p.Bytes(); return sent > size/2 })
	p.Sever()
	r := run.wait()
	if r.status != 1 {
		t.Errorf("the apply whose line was cut ended with %d: %v", r.status, r)
	}
	r.says(t, "file.big", "ssh.host")
	eventually(t, 10*time.Second, "the agent has ended", func() bool { return !runs(l, 1, "agent-") })
	if got := l.Exec(1, "sh", "-c", "ls -A /home/deploy/dir; cat /home/deploy/dir/big"); got != "big\nold\n" {
		t.Errorf("after the cut there is %q", got)
	}
	kept, err := strconv.Atoi(strings.TrimSpace(l.Exec(1, "sh", "-c", "stat -c %s /home/deploy/.cache/mitoplan-*/blobs/"+sum+".part")))
	if err != nil || kept < size/4 {
		t.Errorf("%d bytes were kept (%v)", kept, err)
	}
	p.Slow(0)
	p.Reset()
	w.must(0, "apply", "-auto-approve")
	if sent, _ := p.Bytes(); sent > int64(size-kept)+256<<10 {
		t.Errorf("%d bytes were sent, want %d and some", sent, size-kept)
	}
	if got := l.Exec(1, "sh", "-c", "sha256sum </home/deploy/dir/big; ls -A /home/deploy/dir /home/deploy/.cache/mitoplan-*/blobs"); !strings.HasPrefix(got, sum) || strings.Contains(got, ".part") || strings.Contains(got, ".tmp") {
		t.Errorf("at the end there is %q, want the SHA-256 %s", got, sum)
	}
	w.converged()
	l.AssertNoAgents(t)
}

// However long a file is, an agent takes the same memory.
func TestAgentTakesConstantMemory(t *testing.T) {
	const size = 256 << 20
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshContext(l, "host", 1, "deploy", "") + `
resource "file" "big" {
  on       = context.ssh.host
  path     = "/home/deploy/big"
  source   = "big"
  validate = "grep VmHWM /proc/$PPID/status >/home/deploy/memory; test -s %s"
}
`})
	sum := w.writeRandom("big", size)
	w.must(0, "apply", "-auto-approve")
	if got := l.Exec(1, "sha256sum", "/home/deploy/big"); !strings.HasPrefix(got, sum) {
		t.Errorf("the file has the SHA-256 %s, want %s", got, sum)
	}
	said := strings.Fields(l.ReadFile(1, "/home/deploy/memory"))
	if len(said) != 3 {
		t.Fatalf("the memory of the agent is %q", said)
	}
	kib, err := strconv.Atoi(said[1])
	if err != nil || kib > 64<<10 {
		t.Errorf("the agent took %d KiB of memory, want 64 MiB at most", kib)
	}
	t.Logf("the agent took %d KiB", kib)
	w.must(0, "plan", "-detailed-exitcode", "-paranoid").says(t, "No changes.")
}
