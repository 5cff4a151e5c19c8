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
	log    hclog.Logger
	caller Address
	// out and err are flushed when the function ends.
	out, err *lineWriter
	progress *progress
}

func nodeOf(ctx context.Context) *Node {
	n, _ := ctx.Value(runningKey{}).(*Node)
	return n
}

// Ending tells a function, by its ctx, of the end of the context that it runs
// in, which may begin while the function is still ending for another reason:
// begun is closed then, and left is how long functions are waited for.
func Ending(ctx context.Context) (begun <-chan struct{}, left func() time.Duration) {
	n := nodeOf(ctx)
	if n == nil {
		return nil, func() time.Duration { return 0 }
	}
	return n.engine.ctx.Done(), n.engine.left
}

// Log sends records to the controller, in order; it waits where the controller
// does not keep up.
func (n *Node) Log() hclog.Logger { return n.log }

// Stdout makes every line a record "stdout: …", in order.
func (n *Node) Stdout() io.Writer { return n.out }

// Stderr makes every line a record "stderr: …", in order.
func (n *Node) Stderr() io.Writer { return n.err }

// Router starts contexts below this one.
func (n *Node) Router() *Router { return &Router{n.broker} }

// Address is that of the context.
func (n *Node) Address() Address { return n.broker.self }

// sendsBy lets a Sender that the function was given send from here.
func (n *Node) sendsBy() *exchange { return &n.broker.exchange }
