//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// streams is a workspace with one file that goes to every host of a lab, onto a disk.
type streams struct {
	*workspace
	lab  *lab.Lab
	sum  string // SHA-256 of the file
	size int64
}

func newStreams(t testing.TB, hosts int, size int64) *streams {
	t.Helper()
	l := lab.New(t, lab.Options{Hosts: hosts, OnDisk: true})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": everyHost(l, `
resource "file" "image" {
  for_each = context.ssh.h
  on       = each.value
  path     = "/disk/image"
  source   = "image"
}
`)})
	s := &streams{workspace: w, lab: l, size: size, sum: w.writeRandom("image", int(size))}
	w.must(0, "plan") // which brings the agents
	return s
}

// sent is what a first apply took.
type sent struct {
	result
	bytes int64 // to all hosts, of what the line carried
}

// send applies where no host has anything of the file.
func (s *streams) send() sent {
	s.t.Helper()
	s.forget()
	before := s.received()
	r := sent{result: s.must(0, "apply", "-auto-approve")}
	r.bytes = s.received() - before
	s.arrived()
	return r
}

// forget removes the file from all hosts, and what is known of it.
func (s *streams) forget() {
	s.t.Helper()
	for i := 1; i <= s.lab.Hosts(); i++ {
		s.lab.Exec(i, "sh", "-c", "rm -rf /disk/image /home/deploy/.cache/mitoplan-*/digests /home/deploy/.cache/mitoplan-*/blobs; sync -f /disk")
	}
	if err := os.RemoveAll(s.path(".mitoplan")); err != nil {
		s.t.Fatal(err)
	}
}

// received is how much has come to all hosts.
func (s *streams) received() (all int64) {
	for i := 1; i <= s.lab.Hosts(); i++ {
		in, _ := s.lab.Traffic(i)
		all += in
	}
	return all
}

// arrived fails the test if the file of a host is not right.
func (s *streams) arrived() {
	s.t.Helper()
	for i := 1; i <= s.lab.Hosts(); i++ {
		if got := s.lab.Exec(i, "sha256sum", "/disk/image"); got[:64] != s.sum {
			s.t.Errorf("the file of host %d has the SHA-256 %s, want %s", i, got, s.sum)
		}
	}
}

// bounds fails the test if more than 2 % passed above the contents, or the controller took more
// than 64 MiB.
func (r sent) bounds(s *streams) {
	s.t.Helper()
	if all := s.size * int64(s.lab.Hosts()); r.bytes > all+all/50 {
		s.t.Errorf("%d bytes were sent, want %d and 2 %% at most", r.bytes, all)
	}
	if r.peak > 64<<10 {
		s.t.Errorf("the controller took %d MiB, want 64 at most", r.peak>>10)
	}
}

// A file is sent to each host once, and takes little memory here.
func TestStreams(t *testing.T) {
	s := newStreams(t, 3, 8_000_000)
	r := s.send()
	r.bounds(s)
	t.Logf("%d bytes were sent, %.4f times the contents; controller %d MiB", r.bytes, float64(r.bytes)/float64(s.size*3), r.peak>>10)
}

// BenchmarkStreams brings a file of 50 MB to 10 hosts that do not have it, and compares
// in the same run with the bare ssh library, which streams it into a program that hashes,
// writes and syncs. The ratio is that of the medians.
//
//	go test ./e2e -run NONE -bench Streams -benchtime 5x -timeout 30m
func BenchmarkStreams(b *testing.B) {
	s := newStreams(b, 10, 50_000_000)
	sink := s.buildSink()
	var bare, ours, cpu []time.Duration
	var last sent
	peak := int64(0)
	for b.Loop() {
		s.forget()
		bare = append(bare, s.bareStreams(sink))
		s.arrived()
		last = s.send()
		last.bounds(s)
		ours, cpu, peak = append(ours, last.took), append(cpu, last.cpu), max(peak, last.peak)
	}
	b.Logf("bare %s, ours %s", bare, ours)
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "of-bare")
	b.ReportMetric(float64(last.bytes)/float64(s.size*int64(s.lab.Hosts())), "of-contents")
	b.ReportMetric(median(cpu).Seconds(), "cpu-s")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
}

// buildSink brings the program that the bare library streams into to every host.
func (s *streams) buildSink() (path string) {
	s.t.Helper()
	built := filepath.Join(s.t.TempDir(), "sink")
	build := exec.Command("go", "build", "-o", built, "./testdata/sink")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(built)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 1; i <= s.lab.Hosts(); i++ {
		s.lab.WriteFile(i, "/usr/local/bin/sink", string(program), 0o755)
	}
	return "/usr/local/bin/sink"
}

// bareStreams streams the file to every host at once with the bare library.
func (s *streams) bareStreams(sink string) time.Duration {
	s.t.Helper()
	config := bareConfig(s.t, s.lab)
	began := time.Now()
	var wg sync.WaitGroup
	for i := 1; i <= s.lab.Hosts(); i++ {
		addr := s.lab.Addr(i) + ":22"
		wg.Go(func() {
			if err := s.bareStream(addr, config, sink); err != nil {
				s.t.Errorf("%s: %v", addr, err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

func (s *streams) bareStream(addr string, config *ssh.ClientConfig, sink string) error {
	in, err := os.Open(s.path("image"))
	if err != nil {
		return err
	}
	defer in.Close()
	return bareRun(addr, config, sink+" /disk/image", in, s.sum)
}
