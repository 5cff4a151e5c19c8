package transport

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// oneProcessor is what the variable GOMAXPROCS of an agent that is started holds unless the
// account sets it; nobody else writes a number like that. The agent begins with one
// processor, and takes all that the machine gives it as soon as it has much to do. Many
// agents answer one short call and end: of what those cost, the threads of further
// processors are a sixth (BenchmarkStart in cmd/mitoplan-agent).
const oneProcessor = "01"

const processorsVariable = "GOMAXPROCS"

// An agent has much to do with its second call, with one that brings more than this many
// bytes or has a pipe, and with one that takes longer than this. What it does for others beside
// calls, a context that it starts or a tunnel, is much.
const (
	muchAsked = 4 << 10
	longCall  = 10 * time.Millisecond
)

// processors gives this process all processors when it has something to do. The zero
// value is of a process that has them already.
type processors struct {
	few   bool
	calls atomic.Int32
	once  sync.Once
}

// takeOneProcessor reports whether this process began with one processor because it is an
// agent. What the agent starts shall find the environment of the account.
func takeOneProcessor() bool {
	few := os.Getenv(processorsVariable) == oneProcessor
	if few {
		_ = os.Unsetenv(processorsVariable)
	}
	return few
}

// all gives the process what Go takes by itself.
func (p *processors) all() {
	if p.few {
		p.once.Do(runtime.SetDefaultGOMAXPROCS)
	}
}

// callBegins is called when a function is about to run with so many bytes of arguments, and
// perhaps a pipe. What it returns is called when the function has returned.
func (p *processors) callBegins(args int, pipe bool) (ends func()) {
	if !p.few {
		return func() {}
	}
	if p.calls.Add(1) > 1 || args > muchAsked || pipe {
		p.all()
		return func() {}
	}
	late := time.AfterFunc(longCall, p.all)
	return func() { late.Stop() }
}
