//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var (
	firstRate  = flag.Int("first.rate", 64<<10, "bytes in a second on the line of TestFirstContactOverASlowLine")
	firstDelay = flag.Duration("first.delay", 50*time.Millisecond, "its delay each way")
)

// A host that was never seen is planned and applied to over a slow line, with no argument
// set. While the agent is sent, its bytes, their rate and the time that is left are
// shown, and a line that then carries nothing is given up in 10 s, with how much had
// arrived. Every run of the tests has 64 KB/s. As slow as it may be:
//
//	go test ./e2e -run TestFirstContactOverASlowLine -v -first.rate 8192 -first.delay 300ms
func TestFirstContactOverASlowLine(t *testing.T) {
	t.Parallel() // it waits most of its time
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", *firstDelay)
	l.Trust(p.Addr(), 1)
	p.Slow(*firstRate)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "host", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + `
resource "file" "motd" {
  on      = context.ssh.host
  path    = "/home/deploy/motd"
  content = "Hello.\n"
}
`})
	w.limit = runLimit + time.Duration(float64(4<<20)/float64(*firstRate)*float64(time.Second)) // twice an agent
	cut := w.start("plan")
	cut.until("some of the agent is on its way", func() bool { sent, _ := p.Bytes(); return sent > 150<<10 })
	p.Cut()
	began := time.Now()
	r := cut.wait()
	if took := time.Since(began); r.status != 1 || took > 20*time.Second {
		t.Errorf("a line that was cut was told after %s: %v", took, r)
	}
	r.says(t, "imed out after 10s", "had arrived", "phase push")
	p.Heal()

	first := w.must(0, "plan")
	t.Logf("plan: %s\n%s", first.took.Round(time.Second), first.stderr)
	if !strings.Contains(first.stderr, "agent: ") || !strings.Contains(first.stderr, "/s, ") {
		t.Errorf("nothing was said of how much of the agent had arrived: %s", first.stderr)
	}
	second := w.must(0, "apply", "-auto-approve")
	t.Logf("apply: %s", second.took.Round(time.Second))
	if got := l.Exec(1, "cat", "/home/deploy/motd"); got != "Hello.\n" {
		t.Errorf("the file has %q", got)
	}
	w.converged()
	l.AssertNoAgents(t)
}
