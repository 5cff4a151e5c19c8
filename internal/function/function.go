package function

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Definition is a function that can be called: its schema and what it does.
type Definition struct {
	kind.Kind
	// ReadOnly says that the function never changes anything, whatever its
	// arguments, so that it can run while planning.
	ReadOnly bool
	// Aliases maps words of other tools to the argument that means the same
	// here, for "did you mean".
	Aliases map[string]string

	run runner
}

// runner is a function without the types of its arguments and results.
type runner func(ctx context.Context, out Output, req CallRequest) (CallReply, error)

// Output is where what a program prints goes while it runs.
type Output struct{ Stdout, Stderr io.Writer }

// CallFunc runs one function of the catalogue.
var CallFunc = transport.NewFunc("function.call", func(ctx context.Context, n *transport.Node, in CallRequest) (CallReply, error) {
	return Run(ctx, outputOf(n, in), in)
})

// outputOf is where the output of a call goes: into the log, unless the log may
// not have it, and then it says so.
func outputOf(n *transport.Node, in CallRequest) Output {
	if len(in.Sensitive) == 0 && !in.Quiet {
		return Output{n.Stdout(), n.Stderr()}
	}
	if in.Name == "command" && !in.Check {
		n.Log().Info("what the command prints is not logged, because of a sensitive value")
	}
	return Output{io.Discard, io.Discard}
}

// Run runs one function of the catalogue on this machine.
func Run(ctx context.Context, out Output, req CallRequest) (CallReply, error) {
	def, ok := Lookup(req.Name)
	if !ok {
		return CallReply{}, problem("", "unknown_function", "Unknown function",
			"This agent knows no function %q. It may be older than the controller.", req.Name)
	}
	return def.run(ctx, out, req)
}

// CallRequest asks for one call of a function.
type CallRequest struct {
	Name string          `cbor:"name"`
	Args cbor.RawMessage `cbor:"args"`
	// Sensitive names the arguments that hold a sensitive value: no error
	// and no log record of the call shows them.
	Sensitive []string `cbor:"sensitive,omitempty"`
	// Quiet says that what the function's program prints is not logged, since the
	// program sees a secret and may print any form of it. A function that was given
	// a sensitive argument is quiet anyway.
	Quiet bool `cbor:"quiet,omitempty"`
	// Check asks only whether the call would run: its guards (creates,
	// removes, unless, only_if) are evaluated and nothing else.
	Check bool `cbor:"check,omitempty"`
	// GuardTimeout bounds each guard that is a command (unless, only_if); 0 is
	// no bound.
	GuardTimeout time.Duration `cbor:"guard_timeout,omitempty"`
}

// CallReply answers a CallRequest.
type CallReply struct {
	// WouldRun is whether the guards let the call run. Without Check it says
	// whether it ran; where it did not, there are no Results.
	WouldRun bool `cbor:"would_run"`
	// Reason says in a few words why it would not.
	Reason  string         `cbor:"reason,omitempty"`
	Results map[string]any `cbor:"results,omitempty"`
}

// Kinds returns every function.
func Kinds() []Definition { return slices.Clone(kinds()) }

// kinds reads the schemas once.
var kinds = sync.OnceValue(func() []Definition {
	return []Definition{commandKind(), statKind(), readFileKind(), hostnameKind()}
})

// Lookup returns the function of that name.
func Lookup(name string) (Definition, bool) {
	for _, d := range kinds() {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}
