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

// The line fails in the middle of a long file. If it is silent for 5 s, the file goes on.
// If it is cut, or silent for longer than an agent would be, that is told, nothing is
// left beside the file, and the next apply sends what is missing, and no more. The silence
// is real time, as the clocks of both ends are: a host counts as lost after 9 s.
func TestFileGoesOnAfterACut(t *testing.T) {
	const size = 20 << 20
	all := lab.New(t, lab.Options{Hosts: 3})
	for i, c := range []struct {
		name  string
		after func(p *lab.Proxy) // what happens to the line that has fallen silent
		lost  bool
	}{
		{"silent for 5 s", func(*lab.Proxy) { time.Sleep(5 * time.Second) }, false},
		{"silent for 10 s", func(*lab.Proxy) { time.Sleep(10 * time.Second) }, true},
		{"reset", func(p *lab.Proxy) { p.Sever() }, true},
	} {
		host := i + 1
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFailing(t, all.For(t), host, size)
			r := f.fail(c.after)
			if c.lost {
				f.lost(r)
				return
			}
			if r.status != 0 || strings.Contains(r.all(), "lost") {
				t.Errorf("a loss is told, or the apply failed: %v", r)
			}
			f.right()
		})
	}
}

// failing is a host behind a line that fails while a file is on its way.
type failing struct {
	t    *testing.T
	l    *lab.Lab
	p    *lab.Proxy
	w    *workspace
	host int
	size int
	sum  string
}

func newFailing(t *testing.T, l *lab.Lab, host, size int) *failing {
	t.Helper()
	f := &failing{t: t, l: l, host: host, size: size, p: lab.NewProxy(t, l.Addr(host)+":22", time.Millisecond)}
	l.Trust(f.p.Addr(), host)
	f.w = newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "host", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", f.p.Port())) + `
resource "file" "big" {
  on     = context.ssh.host
  path   = "/home/deploy/dir/big"
  source = "big"
}
`})
	f.sum = f.w.writeRandom("big", size)
	l.Exec(host, "sh", "-c", "mkdir /home/deploy/dir && echo old >/home/deploy/dir/big && chown -R deploy: /home/deploy/dir")
	f.w.must(0, "plan")
	return f
}

// fail applies. When half of the file has come to the host, the line falls silent, until
// after has returned.
func (f *failing) fail(after func(*lab.Proxy)) result {
	f.t.Helper()
	cut := f.p.CutAfter(int64(f.size / 2))
	run := f.w.start("apply", "-auto-approve")
	run.until("half of the file was on its way", func() bool { return isClosed(cut) })
	run.until("a third of it was in a file", func() bool {
		n, err := strconv.Atoi(strings.TrimSpace(f.l.Exec(f.host, "sh", "-c", "cat /home/deploy/dir/.mitoplan-*.tmp | wc -c")))
		return err == nil && n > f.size/3
	})
	after(f.p)
	f.p.Heal()
	return run.wait()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// lost holds a run whose line failed for good to what it may leave, and applies again.
func (f *failing) lost(r result) {
	f.t.Helper()
	if r.status != 1 {
		f.t.Errorf("the apply whose line was cut ended with %d: %v", r.status, r)
	}
	r.says(f.t, "file.big", "ssh.host")
	eventually(f.t, 10*time.Second, "the agent has ended", func() bool { return !runs(f.l, f.host, "mitoplan:") && !runs(f.l, f.host, "agent-") })
	if got := f.l.Exec(f.host, "sh", "-c", "ls -A /home/deploy/dir; cat /home/deploy/dir/big"); got != "big\nold\n" {
		f.t.Errorf("after the cut there is %q", got)
	}
	kept, err := strconv.Atoi(strings.TrimSpace(f.l.Exec(f.host, "sh", "-c", "stat -c %s /home/deploy/.cache/mitoplan-*/blobs/"+f.sum+".part")))
	if err != nil || kept < f.size/3 {
		f.t.Errorf("%d bytes were kept (%v)", kept, err)
	}
	f.p.Reset()
	f.w.must(0, "apply", "-auto-approve")
	if sent, _ := f.p.Bytes(); sent > int64(f.size-kept)+256<<10 {
		f.t.Errorf("%d bytes were sent, want %d and some", sent, f.size-kept)
	}
	f.right()
}

// right fails the test if the file is not as it should be, or anything is beside it.
func (f *failing) right() {
	f.t.Helper()
	if got := f.l.Exec(f.host, "sh", "-c", "sha256sum </home/deploy/dir/big; ls -A /home/deploy/dir /home/deploy/.cache/mitoplan-*/*"); !strings.HasPrefix(got, f.sum) || strings.Contains(got, ".part") || strings.Contains(got, ".tmp") {
		f.t.Errorf("at the end there is %q, want the SHA-256 %s", got, f.sum)
	}
	f.w.converged()
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
