package function

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport"
)

// Function does the work of one call block, such as running a program or reading a
// file. Each function kind is one struct that implements it; the fields of the
// struct are the arguments. Kind.New makes an empty one for each request, Run decodes
// the arguments into it, calls it once and drops it. If its arguments can be wrong,
// it is a kind.Validator, too, and Call is reached only with arguments that are
// right.
type Function interface {
	// Call does the work and returns the results: a struct whose fields are the
	// results of the kind.
	Call(ctx context.Context, c Call) (results any, err error)
}

// Guarded is a Function with arguments that are evaluated on the machine and decide
// whether it runs, such as creates and unless of command.
type Guarded interface {
	// Guards reports whether the call runs. It changes nothing, because planning calls
	// it, too.
	Guards(ctx context.Context, c Call) (runs bool, err error)
}

// Call is what a Function is given besides its arguments.
type Call struct {
	// Output is where the output of a program goes while it runs.
	Output
	// Sensitive names the arguments that hold a sensitive value. No error and no log
	// record of the call may show them.
	Sensitive []string
	// Check is set if only the guards are asked, as planning does.
	Check bool
	// GuardTimeout bounds each guard that is a command. 0 means no bound.
	GuardTimeout time.Duration
	// From is where the contents are that the arguments only name.
	From pull.Puller
	// Pipe takes the result that the controller saves in a file; see kind.Attr. The
	// controller talks over it with a function whose kind has a partner: see
	// kind.Kind.Partner.
	Pipe io.ReadWriter
	// Log is the log of the run; nil for none.
	Log hclog.Logger
}

// Output is where the output of a program goes while it runs.
type Output struct{ Stdout, Stderr io.Writer }

// CallFunc is the function of the wire that runs one function of the catalogue.
var CallFunc = transport.NewPlainFunc("function.call", func(ctx context.Context, n *transport.Node, in CallRequest) (CallReply, error) {
	in.From, in.Pipe, in.Log = n, n.Pipe(), n.Log()
	return Run(ctx, outputOf(n, in), in)
})

// outputOf returns where the output of a call goes. It is logged, unless a secret may
// be in it: then it is dropped, and the log says that it was.
func outputOf(n *transport.Node, in CallRequest) Output {
	if len(in.Sensitive) == 0 && !in.Quiet {
		return Output{n.Stdout(), n.Stderr()}
	}
	if k, ok := lookup(in.Name); ok && k.Opaque && k.Partner == "" && !in.Check {
		n.Log().Info("what the command prints is not logged, because of a sensitive value")
	}
	return Output{io.Discard, io.Discard}
}

// Run answers one request. It checks the arguments and evaluates the guards. It calls
// the function if the guards allow that and the request is not for the guards alone.
func Run(ctx context.Context, out Output, req CallRequest) (CallReply, error) {
	k, ok := lookup(req.Name)
	if !ok {
		return CallReply{}, kind.NewProblem("", kind.CodeUnknownFunction, "Unknown function",
			"This agent does not know the function %q. It may be older than the controller.", req.Name)
	}
	f := k.New().(Function)
	if err := kind.Decode(req.Args, f); err != nil {
		return CallReply{}, err
	}
	if req.Check && k.ReadOnly {
		return CallReply{WouldRun: true}, nil
	}
	if v, ok := f.(kind.Validator); ok {
		if problems := v.Validate(); len(problems) > 0 {
			return CallReply{}, &problems[0]
		}
	}
	c := Call{Output: out, Sensitive: req.Sensitive, Check: req.Check, GuardTimeout: req.GuardTimeout, From: req.From, Pipe: req.Pipe, Log: req.Log}
	if g, ok := f.(Guarded); ok {
		if runs, err := g.Guards(ctx, c); err != nil || !runs {
			return CallReply{}, err
		}
	}
	if req.Check {
		return CallReply{WouldRun: true}, nil
	}
	results, err := f.Call(ctx, c)
	if err != nil {
		return CallReply{}, err
	}
	return reply(results)
}

// CallRequest asks for one call of a function.
type CallRequest struct {
	Name string          `cbor:"name"`
	Args cbor.RawMessage `cbor:"args"`
	// Sensitive names the arguments that hold a sensitive value. No error and no log
	// record of the call shows them.
	Sensitive []string `cbor:"sensitive,omitempty"`
	// Quiet is set if the output of the program may not be logged, because the program
	// sees a secret and may print it in any form. A call with a sensitive argument is
	// quiet even if Quiet is not set.
	Quiet bool `cbor:"quiet,omitempty"`
	// Check asks only whether the call would run. The guards (creates, removes, unless,
	// only_if) are evaluated, and nothing else is done.
	Check bool `cbor:"check,omitempty"`
	// GuardTimeout bounds each guard that is a command (unless, only_if). 0 means no
	// bound.
	GuardTimeout time.Duration `cbor:"guard_timeout,omitempty"`
	// From, Pipe and Log are those of Call. An agent sets them.
	From pull.Puller   `cbor:"-"`
	Pipe io.ReadWriter `cbor:"-"`
	Log  hclog.Logger  `cbor:"-"`
}

// CallReply answers a CallRequest.
type CallReply struct {
	// WouldRun reports whether the guards let the call run. If Check was not set, it
	// reports whether the call ran. If it did not, there are no Results.
	WouldRun bool           `cbor:"would_run"`
	Results  map[string]any `cbor:"results,omitempty"`
}

// results decodes byte strings as kind.Text if their type is not known.
var results = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// ReplyWith makes a CallReply of a struct of results that the controller made itself.
func ReplyWith(out any) (CallReply, error) { return reply(out) }

// reply makes a CallReply of the struct of results that a function returned.
func reply(out any) (CallReply, error) {
	b, err := cbor.Marshal(out)
	if err != nil {
		return CallReply{}, fmt.Errorf("encode results: %w", err)
	}
	r := CallReply{WouldRun: true}
	if err := results.Unmarshal(b, &r.Results); err != nil {
		return CallReply{}, fmt.Errorf("encode results: %w", err)
	}
	return r, nil
}
