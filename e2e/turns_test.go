//go:build linux

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// farDelay is how long a byte takes in each direction between here and a far host.
const farDelay = 50 * time.Millisecond

// farHost is a workspace with n files on a host at the end of a long link. The
// agent is cached there already. The output connects to the host without any file.
func farHost(t testing.TB) (*workspace, *lab.Proxy, *lab.Lab) {
	t.Helper()
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", farDelay)
	l.Trust(p.Addr(), 1)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
variable "n" {
  type = number
}
` + sshBlock(l, "far", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + `
resource "file" "f" {
  on      = context.ssh.far
  count   = var.n
  path    = "/home/deploy/f${count.index}"
  content = "file ${count.index}\n"
}
output "host" { value = context.ssh.far.hostname }
`})
	w.must(0, "plan", "-var", "n=1")
	return w, p, l
}

// The turns that a plan takes with a host do not grow with its resources, and neither do those of
// an apply. Two runs that do the same may differ by turnSlack.
func TestTurnsDoNotGrow(t *testing.T) {
	w, _, l := farHost(t)
	turns := func(args ...string) int {
		os.Remove(w.path("frames"))
		logged := *w
		logged.env = append(logged.env[:len(logged.env):len(logged.env)], "MITOPLAN_LOG=io", "MITOPLAN_LOG_FORMAT=json", "MITOPLAN_LOG_PATH="+w.path("frames"))
		logged.must(0, args...)
		return countTurns(t, w.read("frames"))
	}
	planOne := turns("plan", "-var", "n=1", "-out", "one.plan")
	planMany := turns("plan", "-var", "n=200", "-out", "many.plan")
	if planMany > planOne+turnSlack {
		t.Errorf("the plan of 1 file took %d turns, and of 200 files %d", planOne, planMany)
	}
	applyMany := turns("apply", "many.plan")
	l.Exec(1, "sh", "-c", "rm /home/deploy/f*")
	os.RemoveAll(w.path(".mitoplan"))
	applyOne := turns("apply", "one.plan")
	if applyMany > applyOne+turnSlack {
		t.Errorf("the apply of 1 file took %d turns, and of 200 files %d", applyOne, applyMany)
	}
	t.Logf("turns: plan %d, apply %d", planOne, applyOne)
}

var syncFiles = flag.Int("sync.files", 1000, "how many files TestTurnsOfADirectory synchronizes")

// The turns of a far link do not grow with the files of a directory: a plan takes as many for
// 10 files as for a thousand if the host knows their list. If not, the list goes there in one
// stream, and all contents go with the apply in another. What comes in a stream is not waited for;
// but a link is given more at once only when it has been seen to carry it, so that twice as much
// takes one turn there and one back more.
func TestTurnsOfADirectory(t *testing.T) {
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", syncDelay)
	l.Trust(p.Addr(), 1)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "h", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + `
resource "directory_sync" "d" {
  on     = context.ssh.h
  path   = "/home/deploy/d"
  source = "d"
  delete = true
}
`})
	turns := func(args ...string) int {
		p.Reset()
		w.must(0, args...)
		sent, received := p.Bytes()
		t.Logf("%s: %d turns, %d bytes there and %d back", args[0], p.Turns(), sent, received)
		return p.Turns()
	}
	files := func(n int, text string) {
		for k := range n {
			if k%100 == 0 {
				if err := os.MkdirAll(w.path(fmt.Sprintf("d/%d", k/100)), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			w.write(fmt.Sprintf("d/%d/%d", k/100, k), fmt.Sprint(text, k))
		}
	}
	measure := func() (plan, apply, same int) {
		return turns("plan", "-out", "p.plan"), turns("apply", "p.plan"), turns("plan", "-detailed-exitcode")
	}
	files(10, "first")
	w.must(0, "plan") // which puts the agent there
	planFew, applyFew, sameFew := measure()
	files(*syncFiles, "second")
	planMany, applyMany, sameMany := measure()
	if sameMany > sameFew+turnSlack {
		t.Errorf("the plan of 10 files that are there took %d turns, and of %d files %d", sameFew, *syncFiles, sameMany)
	}
	if most := 2 * bits.Len(uint(*syncFiles)); planMany > planFew+most || applyMany > applyFew+most {
		t.Errorf("of 10 files the plan took %d turns and the apply %d, of %d files %d and %d", planFew, applyFew, *syncFiles, planMany, applyMany)
	}
	if got := strings.TrimSpace(l.Exec(1, "sh", "-c", "find /home/deploy/d -type f | wc -l")); got != fmt.Sprint(*syncFiles) {
		t.Errorf("the host has %s files", got)
	}
}

// syncDelay is how long a byte takes to the host of a directory, and turnSlack how many turns two
// runs that do the same may differ by: two frames may leave together or not.
const (
	syncDelay = 10 * time.Millisecond
	turnSlack = 2
)

// countTurns counts in a log how often the direction of frames changes.
func countTurns(t *testing.T, log string) int {
	t.Helper()
	turns, last := 0, ""
	for line := range strings.Lines(log) {
		var record struct {
			Message   string `json:"@message"`
			Direction string `json:"direction"`
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if record.Message == "frame" && record.Direction != last {
			last = record.Direction
			turns++
		}
	}
	if turns == 0 {
		t.Fatal("the log has no frames")
	}
	return turns
}

// BenchmarkFarHost measures whole runs of the program with a host that is 50 ms
// away and has the agent, and the bare connection of the same library. It reports
// the time and the round trips, which are half of the turns of the bytes on the
// link.
func BenchmarkFarHost(b *testing.B) {
	w, p, l := farHost(b)
	measure := func(name string, prepare, run func()) {
		b.Run(name, func(b *testing.B) {
			turns := 0
			for b.Loop() {
				b.StopTimer()
				prepare()
				p.Reset()
				b.StartTimer()
				run()
				turns += p.Turns()
			}
			b.ReportMetric(float64(turns)/2/float64(b.N), "roundtrips/op")
		})
	}
	plan := func(n int) { w.must(0, "plan", "-var", fmt.Sprintf("n=%d", n), "-out", "bench.plan") }
	measure("handshake-and-exec", func() {}, func() { rawExec(b, p, l) })
	measure("connect", func() {}, func() { plan(0) })
	for _, n := range []int{1, 200} {
		measure(fmt.Sprintf("plan-%d", n), func() {}, func() { plan(n) })
		measure(fmt.Sprintf("apply-%d", n), func() {
			l.Exec(1, "sh", "-c", "rm -f /home/deploy/f*")
			plan(n)
		}, func() { w.must(0, "apply", "bench.plan") })
	}
}

// rawExec connects with the library alone and runs one command.
func rawExec(b testing.TB, p *lab.Proxy, l *lab.Lab) {
	b.Helper()
	if err := bareRun(p.Addr(), bareConfig(b, l), "true", nil, ""); err != nil {
		b.Fatal(err)
	}
}
