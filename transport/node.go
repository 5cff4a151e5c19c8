package transport

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Node is what a function sees of the context that it runs in. Any goroutine
// may use it.
type Node struct {
	broker *Broker
	engine *engine
	log    remoteLog
	caller Address
	// out and err are flushed when the function ends.
	out, err lineWriter
	progress *progress
	pipe     *Pipe
}

// nodeOf is the Node of the function that was called with ctx, nil if ctx is
// not that of a function.
func nodeOf(ctx context.Context) *Node {
	n, _ := ctx.Value(runningKey{}).(*Node)
	return n
}

// Ending tells a function when the context that it runs in begins to end. That
// may happen while the function is ending for another reason. begun is closed
// then, and left is how long functions are still waited for. ctx is the one
// that the function was called with.
func Ending(ctx context.Context) (begun <-chan struct{}, left func() time.Duration) {
	n := nodeOf(ctx)
	if n == nil {
		return nil, func() time.Duration { return 0 }
	}
	return n.engine.ctx.Done(), n.engine.left
}

// Log sends entries to the controller, in order. It waits while the controller
// does not keep up, and while the context has logged more than 20,000 entries at
// once or 10,000 a second, so that none is left out. Entries are left out only while
// Options.Log takes longer than a second for one; then their number is logged.
func (n *Node) Log() hclog.Logger { return &n.log }

// Stdout makes every line that is written an entry "stdout: …", in order.
func (n *Node) Stdout() io.Writer { return &n.out }

// Stderr makes every line that is written an entry "stderr: …", in order.
func (n *Node) Stderr() io.Writer { return &n.err }

// Pipe is the function's end of the pipe that the call was made with (see
// Func.CallPipe). Without one, there is nothing to read, and writes fail.
func (n *Node) Pipe() *Pipe { return n.pipe }

// Router starts contexts below this one.
func (n *Node) Router() *Router { return &Router{n.broker} }

// Address is where the context is in the tree.
func (n *Node) Address() Address { return n.broker.self }

// Shared are the bytes that all calls in the context share: see WithShared. It is nil if
// there are none. The function must not change them.
func (n *Node) Shared() []byte { return n.engine.shared }

// sendsBy lets a Sender that the function was given send from here.
func (n *Node) sendsBy() *exchange { return &n.broker.exchange }
