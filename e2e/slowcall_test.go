//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// A timeout bounds what a host does, and not how long contents are on a line. Over 64 KB/s
// each of these needs several times its timeout: a file that is saved here, one that a
// command reads, and one that a resource writes. What does not end by itself is ended by
// its timeout all the same, and told which to raise.
func TestTimeoutsDoNotCountContentsThatMove(t *testing.T) {
	const size, rate = 200_000, 64 << 10
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", 20*time.Millisecond)
	l.Trust(p.Addr(), 1)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "host", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + `
call "read_file" "saved" {
  on      = context.ssh.host
  path    = "/home/deploy/long"
  save_as = "saved"
  timeout = "1s"
}
call "command" "read" {
  on         = context.ssh.host
  shell      = "cat > /home/deploy/read"
  stdin_file = "read"
  timeout = "1s"
}
resource "file" "written" {
  on      = context.ssh.host
  path    = "/home/deploy/written"
  source  = "written"
  timeout = "1s"
}
call "command" "hangs" {
  on          = context.ssh.host
  shell       = "head -c 1000 /dev/zero; sleep 60"
  stdout_file = "hangs"
  timeout     = "1s"
}
`})
	read, written := w.writeRandom("read", size), w.writeRandom("written", size)
	l.Exec(1, "sh", "-c", fmt.Sprintf("head -c %d /dev/urandom > /home/deploy/long", size))
	w.must(0, "plan") // which brings the agent
	p.Slow(rate)
	r := w.run("apply", "-auto-approve")
	t.Logf("%s\n%s", r.took, r.all())
	if r.status != 1 || r.took < 2*size*time.Second/rate || strings.Count(r.all(), "Error: ") != 1 {
		t.Errorf("an apply of which one call hangs took %s: %v", r.took, r)
	}
	r.says(t, "Error: Timed out", "It took longer than 1s", "cancelled on the host. If it may take longer, raise timeout in the block, which is 1s.")
	for path, sum := range map[string]string{"/home/deploy/read": read, "/home/deploy/written": written} {
		if got := l.Exec(1, "sha256sum", path); got[:64] != sum {
			t.Errorf("%s has the SHA-256 %s, want %s", path, got, sum)
		}
	}
	saved, err := os.ReadFile(w.path("saved"))
	if err != nil || !bytes.Equal(saved, []byte(l.Exec(1, "cat", "/home/deploy/long"))) {
		t.Errorf("%d bytes were saved, %v, and not what the host has", len(saved), err)
	}
}
