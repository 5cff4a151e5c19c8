package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

func buildAgent(b *testing.B) string {
	b.Helper()
	image, err := agentbin.Build(b.Context(), "../..", connect.Platform{OS: "linux", Arch: "amd64"}, agentbin.Usual)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "agent")
	if err := os.WriteFile(path, image, 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

func start(b *testing.B, r *transport.Router, agent string) transport.Greeting {
	b.Helper()
	c, err := r.Connect(b.Context(), &connect.Local{Common: connect.Common{AgentPath: agent}})
	if err != nil {
		b.Fatal(err)
	}
	g, err := c.Ready().Get(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// BenchmarkStart measures the time from the call of Connect to the greeting of the
// real agent. For comparison it starts /bin/true in the same run. Of each agent's whole life
// it counts the time of processors and the page faults, which other work on the machine
// changes less.
//
//	go test ./cmd/mitoplan-agent -run NONE -bench Start -benchtime 500x
func BenchmarkStart(b *testing.B) {
	agent := buildAgent(b)
	b.Run("true", func(b *testing.B) {
		for b.Loop() {
			if err := exec.CommandContext(b.Context(), "/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("local", func(b *testing.B) {
		broker := transport.NewBroker(transport.Options{Name: "bench"})
		defer broker.Shutdown()
		r := transport.NewRouter(broker)
		before := endedChildren(b)
		for b.Loop() {
			c, err := r.Connect(b.Context(), &connect.Local{Common: connect.Common{AgentPath: agent}})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.Ready().Get(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			_ = c.Shutdown(context.Background())
			b.StartTimer()
		}
		_ = broker.Shutdown()
		after := endedChildren(b)
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		b.ReportMetric(float64(spent)/1e6/float64(b.N), "cpu-ms/agent")
		b.ReportMetric(float64(after.Minflt-before.Minflt)/float64(b.N), "faults/agent")
	})
}

// endedChildren is what the children of this process took that have ended.
func endedChildren(b *testing.B) (u unix.Rusage) {
	b.Helper()
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

// BenchmarkIdle measures the memory of an agent that has greeted and has nothing to
// do, and how much of it is not shared with other agents.
func BenchmarkIdle(b *testing.B) {
	agent := buildAgent(b)
	broker := transport.NewBroker(transport.Options{Name: "bench"})
	defer broker.Shutdown()
	r := transport.NewRouter(broker)
	const agents = 10
	var pids []int64
	for range agents {
		pids = append(pids, start(b, r, agent).PID)
	}
	select { // let them come to rest
	case <-time.After(time.Second):
	case <-b.Context().Done():
	}
	var rss, private float64
	for _, pid := range pids {
		rss += kilobytes(b, fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
		private += kilobytes(b, fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Private_Dirty:")
	}
	for b.Loop() {
	}
	b.ReportMetric(rss/agents, "KB-rss/agent")
	b.ReportMetric(private/agents, "KB-private/agent")
	b.ReportMetric(0, "ns/op")
}

func kilobytes(b *testing.B, file, field string) float64 {
	b.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, field); ok {
			n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("%s is not in %s", field, file)
	return 0
}
