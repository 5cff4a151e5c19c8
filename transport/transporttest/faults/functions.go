package faults

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/process"
)

// StrikeIn says what happens to which line.
type StrikeIn struct {
	Line  string
	Fault Fault
	// Seed makes the garbage of Garbage, which begins after Offset more bytes each way.
	Seed   uint64
	Offset int
}

// Usage is what an agent has of its machine.
type Usage struct {
	Descriptors, Goroutines int
	// Memory is resident, in KiB.
	Memory int
}

var (
	// Hold runs a program on the host until it is cancelled, which has started others: one in
	// a session of its own, and one that has lost its parent.
	Hold = transport.NewFunc("faults.hold", func(ctx context.Context, _ *transport.Node, _ struct{}) (bool, error) {
		_, err := process.Run(ctx, process.Spec{Argv: []string{"sh", "-c", "setsid sleep 4321 & (setsid sleep 4321 &); sleep 4321; :"}})
		return err == nil, err
	})
	// Carry pulls a blob and writes what comes into its pipe.
	Carry = transport.NewFunc("faults.carry", func(ctx context.Context, n *transport.Node, b transport.Blob) (int64, error) {
		r, err := n.Pull(ctx, b, 0)
		if err != nil {
			return 0, err
		}
		carried, err := io.Copy(n.Pipe(), r)
		return carried, errors.Join(err, r.Close())
	})
	// Used says what this agent uses.
	Used = transport.NewFunc("faults.used", func(context.Context, *transport.Node, struct{}) (Usage, error) {
		runtime.GC()
		return Here(), nil
	})
	// Strike strikes a line of this agent.
	Strike = transport.NewFunc("faults.strike", func(_ context.Context, _ *transport.Node, in StrikeIn) (bool, error) {
		LineOf(in.Line).Strike(in)
		return true, nil
	})
)

// Served is what the agents of the fault table serve.
func Served() transport.ServeOptions {
	return transport.ServeOptions{
		Functions: []transport.Function{Hold, Carry, Used, Strike, Save, Eat, Hoard, Jump},
		Connectors: append(connect.Types(connect.Kinds()), transport.ConnectorType{
			Kind: Piped{}.Kind(), New: func() transport.Connector { return &Piped{} },
		}),
		Agents: connect.Self(),
	}
}

// Here is what this process uses.
func Here() Usage {
	u := Usage{Goroutines: runtime.NumGoroutine()}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.Descriptors = len(open) - 1 // without the one that reads
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			u.Memory, _ = strconv.Atoi(f[1])
		}
	}
	return u
}
