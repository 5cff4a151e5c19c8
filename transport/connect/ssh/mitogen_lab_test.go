//go:build linux

package ssh

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// BenchmarkBesideMitogen compares calls with 64 bytes over ssh with those of Mitogen, in
// turns within one run: one after the other, and many on their way at once. The ratios are
// of calls a second; 5 is five times as many as Mitogen makes. It needs Debian's
// python3-mitogen.
//
//	go test ./transport/connect/ssh -run NONE -bench BesideMitogen -benchtime 10x
func BenchmarkBesideMitogen(b *testing.B) {
	if err := exec.Command("/usr/bin/python3", "-c", "import mitogen").Run(); err != nil {
		b.Skip("python3-mitogen is not installed")
	}
	l := lab.New(b, lab.Options{Hosts: 1})
	agent, theirs := newLine(b, l, 1).agent, newMitogen(b, l)
	text := bytes.Repeat([]byte("x"), 64)
	b.Run("one after the other", func(b *testing.B) {
		const calls = 500
		beside(b, calls, func() times { return theirs.round("one", calls) }, func() {
			for range calls {
				if _, err := echoes.Call(b.Context(), agent, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("many at once", func(b *testing.B) {
		const calls = 10_000
		beside(b, calls, func() times { return theirs.round("many", calls) }, func() {
			results := make([]*transport.Result[[]byte], calls)
			for i := range results {
				results[i] = echoes.CallAsync(b.Context(), agent, text)
			}
			for _, r := range results {
				if _, err := r.Get(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// beside runs theirs and ours in turns, so many calls each.
func beside(b *testing.B, calls float64, theirs func() times, our func()) {
	b.Helper()
	var their, ours times
	for b.Loop() {
		their = append(their, theirs()...)
		ours.of(our)
	}
	b.ReportMetric(calls/ours.median(), "calls/s")
	b.ReportMetric(calls/their.median(), "mitogen-calls/s")
	b.ReportMetric(their.median()/ours.median(), "x-mitogen")
}

// mitogen is a program that makes calls with Mitogen when it is asked to.
type mitogen struct {
	b   *testing.B
	in  io.Writer
	out *bufio.Scanner
}

func newMitogen(b *testing.B, l *lab.Lab) *mitogen {
	b.Helper()
	c := exec.CommandContext(b.Context(), "/usr/bin/python3", "testdata/mitogen_calls.py", l.Addr(1), "deploy", l.Key(), l.KnownHosts())
	var words bytes.Buffer
	c.Stderr = &words
	in, inErr := c.StdinPipe()
	out, outErr := c.StdoutPipe()
	if err := c.Start(); err != nil || inErr != nil || outErr != nil {
		b.Fatal(err, inErr, outErr)
	}
	b.Cleanup(func() {
		in.Close()
		_ = c.Wait()
	})
	m := &mitogen{b, in, bufio.NewScanner(out)}
	if !m.out.Scan() || m.out.Text() != "ready" {
		b.Fatalf("Mitogen does not start: %q\n%s", m.out.Text(), words.String())
	}
	return m
}

// round has so many calls made and returns how long that took.
func (m *mitogen) round(way string, calls int) times {
	m.b.Helper()
	fmt.Fprintln(m.in, way, calls)
	if !m.out.Scan() {
		m.b.Fatal("Mitogen has ended")
	}
	took, err := strconv.ParseFloat(strings.TrimSpace(m.out.Text()), 64)
	if err != nil {
		m.b.Fatal(err)
	}
	return times{took}
}
