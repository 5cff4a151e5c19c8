//go:build linux

package e2e

import (
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var distanceAll = flag.Bool("distance.all", false, "measure every row of the table of what distance and number cost, and print it")

// distance is one row of the table: what is measured, and the bounds that the figures
// are held to.
type distance struct {
	what string
	// sample is set if every run of the tests measures it.
	sample  bool
	measure func(t *testing.T) string
}

// TestDistance measures what contents, slow lines and many cold hosts cost. It fails if
// a figure is beyond its bound. Every run of the tests measures what can be counted
// in a short time. The whole table takes some minutes:
//
//	go test ./e2e -run TestDistance -v -distance.all -timeout 30m
func TestDistance(t *testing.T) {
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range []distance{
		{"one file of 50 MB, nothing to change", true, unchangedLarge},
		{"100 files of 1.2 KB, nothing to change", true, unchangedSmall},
		{"first contact over 60 KB/s", false, firstContactIsSlow},
		{"200 hosts: cold; warm, 20 files each", false, manyHosts},
	} {
		if *distanceAll || row.sample {
			t.Run(row.what, func(t *testing.T) { fmt.Fprintf(out, "%s\t%s\n", row.what, row.measure(t)) })
		}
	}
	out.Flush()
	t.Logf("\n%s", &table)
}

// link is what a run sent to a host and received from it, above a login that runs true.
type link struct{ up, down int64 }

func (l link) String() string {
	return fmt.Sprintf("%.1f KB up, %.1f KB down", float64(l.up)/1000, float64(l.down)/1000)
}

// bound fails the test if more passed.
func (l link) bound(t *testing.T, up, down int64) {
	t.Helper()
	if l.up > up || l.down > down {
		t.Errorf("%s above a login, want at most %s", l, link{up, down})
	}
}

// nearHost is a workspace with one host behind a counting proxy.
func nearHost(t *testing.T, config string) (*workspace, *lab.Proxy, *lab.Lab) {
	t.Helper()
	l := lab.New(t, lab.Options{})
	p := lab.NewProxy(t, l.Addr(1)+":22", 0)
	l.Trust(p.Addr(), 1)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": sshBlock(l, "near", "127.0.0.1", "deploy", fmt.Sprintf("port = %d", p.Port())) + config})
	return w, p, l
}

// counted runs the program and returns what passed the proxy above a login.
func counted(t *testing.T, w *workspace, p *lab.Proxy, l *lab.Lab, args ...string) (link, result) {
	t.Helper()
	p.Reset()
	rawExec(t, p, l)
	loginUp, loginDown := p.Bytes()
	p.Reset()
	r := w.must(0, args...)
	up, down := p.Bytes()
	return link{up - loginUp, down - loginDown}, r
}

// unchangedLarge plans a host whose file of 50 MB is as it should be.
func unchangedLarge(t *testing.T) string {
	const size = 50_000_000
	w, p, l := nearHost(t, `
resource "file" "image" {
  on     = context.ssh.near
  path   = "/home/deploy/image"
  source = "image"
}
`)
	content := make([]byte, size)
	_, _ = rand.Read(content)
	w.write("image", string(content))
	w.must(0, "apply", "-auto-approve")
	w.must(0, "plan") // what is read of a file that has just been written is not kept
	used, r := counted(t, w, p, l, "plan", "-out", "image.plan")
	r.says(t, "No changes.")
	used.bound(t, 4000, 4000)
	st, err := os.Stat(w.path("image.plan"))
	if err != nil {
		t.Fatal(err)
	}
	if st.Size() > 100_000 {
		t.Errorf("the plan file has %d bytes", st.Size())
	}
	if r.peak > 40<<10 {
		t.Errorf("the controller took %d MiB, want 40 at most", r.peak>>10)
	}
	return fmt.Sprintf("%s; controller %d MiB; plan file %.1f KB", used, r.peak>>10, float64(st.Size())/1000)
}

// unchangedSmall plans a host whose 100 files of 1.2 KB are as they should be.
func unchangedSmall(t *testing.T) string {
	w, p, l := nearHost(t, `
resource "file" "f" {
  on      = context.ssh.near
  count   = 100
  path    = "/home/deploy/f${count.index}"
  content = join("", [for i in range(60) : "file ${count.index} of 100, ${i}\n"])
}
`)
	w.must(0, "apply", "-auto-approve")
	if size := len(l.ReadFile(1, "/home/deploy/f10")); size < 1100 || size > 1300 {
		t.Fatalf("the files have %d bytes each", size)
	}
	used, r := counted(t, w, p, l, "plan")
	r.says(t, "No changes.")
	used.bound(t, 15_000, 10_000)
	return fmt.Sprintf("%s; controller %d MiB", used, r.peak>>10)
}

// firstContactIsSlow pushes the agent over a line of 60 KB/s.
func firstContactIsSlow(t *testing.T) string {
	w, p, _ := nearHost(t, `
output "host" { value = context.ssh.near.hostname }
`)
	p.Slow(60_000)
	r := w.must(0, "plan")
	return fmt.Sprintf("up after %.0f s", r.took.Seconds())
}

// manyHosts plans on 200 hosts at once: first on none that has an agent, then on all
// with 20 files each that are as they should be.
func manyHosts(t *testing.T) string {
	l := lab.New(t, lab.Options{Hosts: 200})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": everyHost(l, `
resource "file" "f" {
  for_each = { for p in setproduct(keys(context.ssh.h), range(20)) : "${p[0]}-${p[1]}" => p }
  on       = context.ssh.h[each.value[0]]
  path     = "/home/deploy/f${each.value[1]}.conf"
  content  = "managed\n"
}
`)})
	cold := w.must(0, "plan")
	w.must(0, "apply", "-auto-approve")
	bare := bareFanOut(t, l)
	warm := w.must(0, "plan")
	warm.says(t, "No changes.")
	return fmt.Sprintf("cold %.1f s, none lost; warm %.1f s, %.2f times the bare logins, controller %d MiB",
		cold.took.Seconds(), warm.took.Seconds(), warm.took.Seconds()/bare.Seconds(), warm.peak>>10)
}
