package transport_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func BenchmarkCall(b *testing.B) {
	connectors := map[string]transport.Connector{"memory": agent(), "process": transporttest.Process{}}
	for _, name := range []string{"memory", "process"} {
		for _, depth := range []int{1, 3} {
			b.Run(fmt.Sprintf("%s/depth%d/sequential", name, depth), func(b *testing.B) {
				_, chain := tree(b, transport.Options{}, connectors[name], depth)
				c := up(b, chain)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := echo.Call(context.Background(), c, textIn{Text: "x"}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/depth%d/pipelined", name, depth), func(b *testing.B) {
				_, chain := tree(b, transport.Options{}, connectors[name], depth)
				c := up(b, chain)
				b.ReportAllocs()
				results := make([]*transport.Result[string], b.N)
				b.ResetTimer()
				for i := range results {
					results[i] = echo.CallAsync(context.Background(), c, textIn{Text: "x"})
				}
				for _, r := range results {
					if _, err := r.Get(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func up(b *testing.B, chain []*transport.Context) *transport.Context {
	b.Helper()
	if _, err := last(chain).Ready().Get(context.Background()); err != nil {
		b.Fatal(err)
	}
	return last(chain)
}

// BenchmarkSender sends values through one Sender to a receiver that takes them: up from a
// context, and down to one. An operation is one value.
func BenchmarkSender(b *testing.B) {
	for _, depth := range []int{1, 3} {
		b.Run(fmt.Sprintf("depth%d/up", depth), func(b *testing.B) {
			br, chain := tree(b, transport.Options{}, transporttest.Process{}, depth)
			c := up(b, chain)
			r := transport.NewReceiver(transport.NewRouter(br))
			defer r.Close()
			b.ReportAllocs()
			b.ResetTimer()
			sent := stream.CallAsync(context.Background(), c, senderIn{r.Sender(), b.N})
			take(b, r, b.N)
			if _, err := sent.Get(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
		b.Run(fmt.Sprintf("depth%d/down", depth), func(b *testing.B) {
			br, chain := tree(b, transport.Options{}, transporttest.Process{}, depth)
			c := up(b, chain)
			r := transport.NewReceiver(transport.NewRouter(br))
			defer r.Close()
			to, err := opens.Call(context.Background(), c, senderIn{r.Sender(), b.N})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				for range b.N {
					if err := to.Send(transport.RunContext(context.Background(), br), []byte("x")); err != nil {
						b.Error(err)
						return
					}
				}
			}()
			take(b, r, b.N)
		})
	}
}

// take takes n values from a receiver.
func take(b *testing.B, r *transport.Receiver, n int) {
	b.Helper()
	for i := range n {
		if err := r.Get(context.Background(), new(any)); err != nil {
			b.Fatalf("value %d: %v", i, err)
		}
	}
}

func BenchmarkLargeReply(b *testing.B) {
	_, chain := tree(b, transport.Options{}, transporttest.Process{}, 2)
	c := up(b, chain)
	data := make([]byte, 8<<20)
	b.SetBytes(2 * int64(len(data)))
	for b.Loop() {
		if _, err := large.Call(context.Background(), c, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				sel := transport.NewSelect()
				complete := make([]func(int, error), n)
				for i := range n {
					var r *transport.Result[int]
					r, complete[i] = transport.NewResult[int]()
					_ = sel.Add(r)
				}
				b.StartTimer()
				for _, c := range complete {
					c(0, nil)
				}
				for range sel.All(context.Background()) {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
		})
	}
}

// BenchmarkContext measures how much memory of the controller one idle context
// takes. The contexts are either below one relay or children of the controller.
// Their agents are processes of their own, so that only the controller's side is
// counted.
func BenchmarkContext(b *testing.B) {
	for _, kind := range []string{"child", "grandchild"} {
		b.Run(kind, func(b *testing.B) {
			broker, chain := tree(b, transport.Options{}, transporttest.Process{}, 1)
			up(b, chain)
			const n = 30
			for b.Loop() {
				before := memory()
				all := make([]*transport.Context, n)
				for i := range all {
					via := chain
					if kind == "child" {
						via = nil
					}
					all[i], _ = next(broker, via, transporttest.Process{})
				}
				for i := range all {
					up(b, all[i:i+1])
				}
				b.ReportMetric(float64(memory()-before)/n, "B/context")
				for _, c := range all {
					_ = c.Shutdown(context.Background())
				}
			}
		})
	}
}

// memory returns how many bytes the heap and the stacks hold.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkContextsAtOnce starts many contexts at once, makes a call in each, and ends
// all. The agents are in this process. What one costs should not depend on how many
// there are; other work on the machine changes the processor time less than the time.
//
//	go test ./transport -run NONE -bench ContextsAtOnce -benchtime 5x
func BenchmarkContextsAtOnce(b *testing.B) {
	for _, n := range []int{125, 250, 500, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before := spent(b)
			for b.Loop() {
				broker := transport.NewBroker(transport.Options{})
				results := make([]*transport.Result[string], n)
				for i := range results {
					c, err := next(broker, nil, agent())
					if err != nil {
						b.Fatal(err)
					}
					results[i] = echo.CallAsync(context.Background(), c, textIn{Text: "x"})
				}
				for _, r := range results {
					if _, err := r.Get(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
				_ = broker.Shutdown()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/context")
			b.ReportMetric(float64((spent(b)-before).Microseconds())/float64(b.N)/float64(n), "cpu-us/context")
		})
	}
}

// spent is how much processor time this process has taken.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
