//go:build linux

package ssh

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// BenchmarkCallCosts counts what one call of 64 bytes over ssh costs, beside as many bytes
// that a cat sends back through the bare library: the time of processors, how often a thread
// gave its processor up, reads and writes, and allocations. It says of which side they are:
// ours, the ssh server's, and that of the agent, or of cat. The counts of reads, writes and
// allocations do not depend on what else the machine does, and the times less than those from
// a call to its answer do.
//
//	go test ./transport/connect/ssh -run NONE -bench "CallCosts/(bare|calls)$" -benchtime 8000x
//	go test ./transport/connect/ssh -run NONE -bench CallCosts/calls_at_once -benchtime 60x
//
// With two processors that nobody else used, one after the other in one run:
//
//	                         bare      call
//	from call to answer      43.3 µs   65.0 µs   0.67 of the bare channel
//	processor, ours          23.4 µs   34.5 µs   27 allocations instead of 2
//	processor, sshd          21.7 µs   22.3 µs
//	processor, there          3.4 µs   16.9 µs
//	reads and writes, ours    3.1       3.1
//	reads and writes, there   2         2        and one look whether anything was printed
//	waits, ours               2.3       2.5
//	waits, there              1         2
//
// So the 22 µs that a call takes longer are those for which processors compute on its two
// ends, and they are limited by Go's scheduler more than by what we compute:
//
//   - Here a call goes from its caller to the writer of the stream, and the answer from the
//     ssh library to the reader of the stream and from that to the caller: three goroutines
//     are woken, and one is for the bare channel. While a processor is idle, each wakes
//     another thread up, which finds nothing to do: strace counts 3 futex, 2.4 nanosleep and
//     2.9 epoll_pwait for a call, and 3, 1.1 and 2.5 for the bare channel. With GOMAXPROCS=1,
//     28 µs are computed here instead of 35, and 17 instead of 23 for the bare channel. A
//     caller that wrote by itself would save one of the three, and would hang where a line
//     is full: it has to return when its ctx ends.
//   - There the thread that read the call goes on with the function and the answer, and
//     another one is woken up to read the next call, because reading may block its thread:
//     2 futex and 1.1 nanosleep for a call, and as many waits. perf finds half of the
//     agent's time in switching between the two, and a third in Go's code: its runtime,
//     decoding, and 40 allocations. With GOMAXPROCS=1 there it takes as long, because the
//     reader then waits until the runtime notices that it is blocked.
//   - Whether a function has printed anything, one poll(2) of both pipes tells, which the
//     runtime is not told of. It keeps what is printed before the result.
func BenchmarkCallCosts(b *testing.B) {
	l := lab.New(b, lab.Options{Hosts: 1})
	n := newLine(b, l, 1)
	in, out := n.shell(b, "cat")
	sent := bytes.Repeat([]byte("x"), 64)
	got := make([]byte, len(sent))
	b.Run("bare", func(b *testing.B) {
		benchmarkCosts(b, l, 1, func() {
			in.Write(sent)
			if _, err := io.ReadFull(out, got); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("calls", func(b *testing.B) {
		benchmarkCosts(b, l, 1, func() {
			if _, err := echoes.Call(b.Context(), n.agent, sent); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("calls at once", func(b *testing.B) {
		const calls = 10_000
		benchmarkCosts(b, l, calls, func() {
			results := make([]*transport.Result[[]byte], calls)
			for i := range results {
				results[i] = echoes.CallAsync(b.Context(), n.agent, sent)
			}
			for _, r := range results {
				if _, err := r.Get(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// benchmarkCosts reports what each of those calls costs of which one makes so many.
func benchmarkCosts(b *testing.B, l *lab.Lab, calls int, one func()) {
	b.Helper()
	b.ReportAllocs()
	one()
	before := costsNow(b, l)
	for b.Loop() {
		one()
	}
	after := costsNow(b, l)
	for _, side := range []string{"ours", "sshd", "there"} {
		c, n := after[side], float64(b.N*calls)
		b.ReportMetric(float64(c.busy-before[side].busy)/1000/n, side+"-µs")
		b.ReportMetric(float64(c.gaveUp-before[side].gaveUp)/n, side+"-waits")
		b.ReportMetric(float64(c.calls-before[side].calls)/n, side+"-io")
	}
}

// costs are what processes have taken since they began.
type costs struct {
	busy   int64 // nanoseconds of processors
	gaveUp int64 // times that a thread waited
	calls  int64 // reads and writes
}

// costsNow are those of this process, of the ssh server of host 1, and of whatever else
// runs there.
func costsNow(b *testing.B, l *lab.Lab) map[string]costs {
	b.Helper()
	runtime.GC()
	sides := map[string]costs{"ours": costsOf(b, "/proc/self")}
	text, err := l.Run(1, "sh", "-c", `for p in /proc/[0-9]*; do echo process $(cat $p/comm); cat $p/task/*/schedstat; grep -h ^voluntary $p/task/*/status; grep ^sysc $p/io; done 2>/dev/null`)
	if err != nil {
		b.Fatal(err, text)
	}
	for _, process := range strings.Split(text, "process ")[1:] {
		name, rest, _ := strings.Cut(process, "\n")
		side := "there"
		switch {
		case strings.HasPrefix(name, "sshd"):
			side = "sshd"
		case name != "cat" && !strings.Contains(name, "mitoplan"):
			continue
		}
		sides[side] = sides[side].plus(costsIn(b, rest))
	}
	return sides
}

func (c costs) plus(d costs) costs {
	return costs{c.busy + d.busy, c.gaveUp + d.gaveUp, c.calls + d.calls}
}

// costsOf reads the files of one process.
func costsOf(b *testing.B, dir string) costs {
	b.Helper()
	var text strings.Builder
	for _, pattern := range []string{"task/*/schedstat", "task/*/status", "io"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			content, _ := os.ReadFile(file) // a thread may have ended
			text.Write(content)
		}
	}
	return costsIn(b, text.String())
}

// costsIn are those in the text of such files: three numbers of schedstat, and lines that
// have names.
func costsIn(b *testing.B, text string) (c costs) {
	b.Helper()
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 3 && strings.Trim(f[0], "0123456789") == "":
			c.busy += number(f[0])
		case len(f) == 2 && f[0] == "voluntary_ctxt_switches:":
			c.gaveUp += number(f[1])
		case len(f) == 2 && (f[0] == "syscr:" || f[0] == "syscw:"):
			c.calls += number(f[1])
		}
	}
	return c
}
