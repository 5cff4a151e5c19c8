//go:build linux

package ssh

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// BenchmarkLine compares calls and pipes with what the bare ssh library does over the
// same chain of hosts, in turns within one run; the ratios are those of the medians.
// Above 1, ours is slower.
//
//	go test ./transport/connect/ssh -run NONE -bench Line -benchtime 20x
func BenchmarkLine(b *testing.B) {
	l := lab.New(b, lab.Options{Hosts: 3})
	for _, depth := range []int{1, 3} {
		b.Run(fmt.Sprintf("calls/depth%d", depth), func(b *testing.B) { benchmarkCalls(b, newLine(b, l, depth)) })
		b.Run(fmt.Sprintf("pours/depth%d", depth), func(b *testing.B) { benchmarkPours(b, newLine(b, l, depth)) })
		b.Run(fmt.Sprintf("drinks/depth%d", depth), func(b *testing.B) { benchmarkDrinks(b, newLine(b, l, depth)) })
	}
}

// benchmarkCalls compares calls of 64 bytes, one after the other, with as many bytes that
// a cat sends back, and counts those that are on their way at once.
func benchmarkCalls(b *testing.B, n *line) {
	const calls, atOnce = 500, 20_000
	in, out := n.shell(b, "cat")
	var bare, ours, many times
	sent := bytes.Repeat([]byte("x"), 64)
	got := make([]byte, len(sent))
	for b.Loop() {
		bare.of(func() {
			for range calls {
				in.Write(sent)
				if _, err := io.ReadFull(out, got); err != nil {
					b.Fatal(err)
				}
			}
		})
		ours.of(func() {
			for range calls {
				if _, err := echoes.Call(b.Context(), n.agent, sent); err != nil {
					b.Fatal(err)
				}
			}
		})
		many.of(func() {
			results := make([]*transport.Result[[]byte], atOnce)
			for i := range results {
				results[i] = echoes.CallAsync(b.Context(), n.agent, sent)
			}
			for _, r := range results {
				if _, err := r.Get(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.ReportMetric(ours.median()/bare.median(), "of-bare")
	b.ReportMetric(calls/ours.median(), "calls/s")
	b.ReportMetric(atOnce/many.median(), "calls-at-once/s")
}

const poured = 64 << 20

func benchmarkPours(b *testing.B, n *line) {
	var bare, ours times
	for b.Loop() {
		bare.of(func() {
			_, out := n.shell(b, fmt.Sprintf("head -c %d /dev/zero", poured))
			if got, err := io.Copy(io.Discard, out); got != poured {
				b.Fatal(got, err)
			}
		})
		ours.of(func() {
			r, p := pours.CallPipe(b.Context(), n.agent, poured)
			if got, err := io.Copy(io.Discard, p); got != poured {
				b.Fatal(got, err)
			}
			if _, err := r.Get(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
	reportStreams(b, bare, ours)
}

func benchmarkDrinks(b *testing.B, n *line) {
	var bare, ours times
	for b.Loop() {
		bare.of(func() {
			in, out := n.shell(b, "cat >/dev/null; echo done")
			if _, err := io.Copy(in, io.LimitReader(zeros{}, poured)); err != nil {
				b.Fatal(err)
			}
			in.Close()
			if said, err := io.ReadAll(out); string(said) != "done\n" {
				b.Fatal(said, err)
			}
		})
		ours.of(func() {
			r, p := drinks.CallPipe(b.Context(), n.agent, 0)
			if _, err := io.Copy(p, io.LimitReader(zeros{}, poured)); err != nil {
				b.Fatal(err)
			}
			p.CloseWrite()
			if got, err := r.Get(b.Context()); got != poured {
				b.Fatal(got, err)
			}
		})
	}
	reportStreams(b, bare, ours)
}

func reportStreams(b *testing.B, bare, ours times) {
	b.ReportMetric(ours.median()/bare.median(), "of-bare")
	b.ReportMetric(poured/1e6/ours.median(), "MB/s")
}

// line is an agent behind a chain of hosts, and a bare client that went the same way.
type line struct {
	agent *transport.Context
	bare  *ssh.Client
}

func newLine(b *testing.B, l *lab.Lab, depth int) *line {
	b.Helper()
	broker := transport.NewBroker(transport.Options{})
	b.Cleanup(func() { _ = broker.Shutdown() })
	n := &line{}
	for i := 1; i <= depth; i++ {
		start := transport.NewRouter(broker).Connect
		if n.agent != nil {
			start = n.agent.Connect
		}
		k := on(l, i, "deploy")
		c, err := start(b.Context(), &k)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Ready().Get(b.Context()); err != nil {
			b.Fatal(err)
		}
		n.agent = c
		n.bare = bareClient(b, l, i, n.bare)
	}
	return n
}

// bareClient logs in to host i, through the host before.
func bareClient(b *testing.B, l *lab.Lab, i int, before *ssh.Client) *ssh.Client {
	b.Helper()
	config := bareConfig(b, l.Key())
	addr := l.Addr(i) + ":22"
	var c *ssh.Client
	var err error
	if before == nil {
		c, err = ssh.Dial("tcp", addr, config)
	} else if conn, dialErr := before.Dial("tcp", addr); dialErr != nil {
		err = dialErr
	} else if sc, chans, reqs, shakeErr := ssh.NewClientConn(conn, addr, config); shakeErr != nil {
		err = shakeErr
	} else {
		c = ssh.NewClient(sc, chans, reqs)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}

// shell runs a command with the bare client.
func (n *line) shell(b *testing.B, command string) (io.WriteCloser, io.Reader) {
	b.Helper()
	s, err := n.bare.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	in, inErr := s.StdinPipe()
	out, outErr := s.StdoutPipe()
	if err := s.Start(command); err != nil || inErr != nil || outErr != nil {
		b.Fatal(err, inErr, outErr)
	}
	return in, out
}

// times are how long each of several runs took, in seconds.
type times []float64

func (t *times) of(f func()) {
	began := time.Now()
	f()
	*t = append(*t, time.Since(began).Seconds())
}

func (t times) median() float64 {
	s := slices.Sorted(slices.Values(t))
	return s[len(s)/2]
}
