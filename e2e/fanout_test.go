//go:build linux

package e2e

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// BenchmarkFanOut plans on many hosts at once, and compares in the same run: cold
// hosts, which have no agent yet, with the best of several fixed bounds of -parallelism;
// hosts that have one with the bare ssh library, which logs in to all and runs true.
// Ratios are printed as metrics: those of the medians, and cpu-of-bare of the processor
// time that the controller and the hosts take together, which other work on the machine
// changes less.
//
//	go test ./e2e -run NONE -bench FanOut -fleet.hosts 200 -benchtime 3x -timeout 30m
func BenchmarkFanOut(b *testing.B) {
	l := lab.New(b, lab.Options{Hosts: *fleetHosts})
	call := newWorkspace(b, map[string]string{"main.mito.hcl": everyHost(l, `
call "hostname" "n" {
  on = context.ssh.h
}
`)})
	files := newWorkspace(b, map[string]string{"main.mito.hcl": everyHost(l, `
resource "file" "f" {
  for_each = { for p in setproduct(keys(context.ssh.h), range(20)) : "${p[0]}-${p[1]}" => p }
  on       = context.ssh.h[each.value[0]]
  path     = "/home/deploy/f${each.value[1]}.conf"
  content  = "managed\n"
}
`)})
	b.Run("cold", func(b *testing.B) {
		took := map[int][]time.Duration{}
		for b.Loop() {
			for _, fixed := range []int{0, 8, 20, 64, 200} {
				makeCold(l)
				took[fixed] = append(took[fixed], fixedRun(call, fixed).took)
			}
		}
		best := median(took[8])
		for fixed, all := range took {
			b.Logf("-parallelism=%d: %s", fixed, median(all))
			if fixed > 0 {
				best = min(best, median(all))
			}
		}
		b.ReportMetric(float64(median(took[0]))/float64(best), "of-best-fixed")
	})
	for name, w := range map[string]*workspace{"warm, one call each": call, "warm, 20 files each": files} {
		w.must(0, "plan")
		b.Run(name, func(b *testing.B) {
			var bare, ours, cpu []time.Duration
			var bareSpent, oursSpent time.Duration
			peak := int64(0)
			for b.Loop() {
				before, own := l.Spent(), spentHere(b)
				bare = append(bare, bareFanOut(b, l))
				bareSpent += spentHere(b) - own
				between := l.Spent()
				r := w.must(0, "plan")
				ours, cpu, peak = append(ours, r.took), append(cpu, r.cpu), max(peak, r.peak)
				bareSpent += between - before
				oursSpent += l.Spent() - between + r.cpu
			}
			b.Logf("bare %s, ours %s", median(bare), median(ours))
			b.ReportMetric(float64(median(ours))/float64(median(bare)), "of-bare")
			b.ReportMetric(oursSpent.Seconds()/bareSpent.Seconds(), "cpu-of-bare")
			b.ReportMetric(median(cpu).Seconds(), "cpu-s")
			b.ReportMetric(float64(peak)/1024, "peak-MiB")
		})
	}
}

// spentHere is how much processor time this process has taken.
func spentHere(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// fixedRun plans with a bound, 0 for none, and fails if a host is lost.
func fixedRun(w *workspace, bound int) result {
	if bound == 0 {
		return w.must(0, "plan")
	}
	return w.run("plan", "-parallelism="+strconv.Itoa(bound))
}

// everyHost is a configuration with every host of a lab and what is done there.
func everyHost(l *lab.Lab, blocks string) string {
	var hosts strings.Builder
	for i := 1; i <= l.Hosts(); i++ {
		fmt.Fprintf(&hosts, "%s = %q, ", l.Name(i), l.Addr(i))
	}
	return fmt.Sprintf(`
context "ssh" "h" {
  for_each      = { %s }
  host          = each.value
  user          = "deploy"
  identity_file = %q
  known_hosts   = %q
  agent         = false
  ssh_config    = "false"
}
`, hosts.String(), l.Key(), l.KnownHosts()) + blocks
}

// makeCold removes the agents of all hosts.
func makeCold(l *lab.Lab) {
	for i := 1; i <= l.Hosts(); i++ {
		l.Exec(i, "sh", "-c", "rm -rf /home/deploy/.cache /var/tmp/mitoplan-* /dev/shm/mitoplan-* /tmp/mitoplan-*")
	}
}

// bareFanOut logs in to every host at once with the bare library and runs true.
func bareFanOut(t testing.TB, l *lab.Lab) time.Duration {
	t.Helper()
	config := bareConfig(t, l)
	began := time.Now()
	var wg sync.WaitGroup
	for i := 1; i <= l.Hosts(); i++ {
		addr := l.Addr(i) + ":22"
		wg.Go(func() {
			if err := bareRun(addr, config, "true", nil, ""); err != nil {
				t.Errorf("%s: %v", addr, err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// bareConfig is how the bare library logs in to the hosts of a lab.
func bareConfig(t testing.TB, l *lab.Lab) *ssh.ClientConfig {
	t.Helper()
	pem, err := os.ReadFile(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		t.Fatal(err)
	}
	return &ssh.ClientConfig{User: "deploy", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: time.Minute}
}

// bareRun runs a command with the bare library, which has to print a text.
func bareRun(addr string, config *ssh.ClientConfig, command string, in io.Reader, want string) error {
	c, err := ssh.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.NewSession()
	if err != nil {
		return err
	}
	s.Stdin = in
	out, err := s.Output(command)
	if err == nil && string(out) != want {
		err = fmt.Errorf("%s printed %q, want %q", command, out, want)
	}
	return err
}
