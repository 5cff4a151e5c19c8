package transport

import "context"

// Router starts contexts, and decides where each message goes.
type Router struct{ broker *Broker }

// NewRouter makes a router on a broker.
func NewRouter(b *Broker) *Router { return &Router{b} }

// Connect starts a context as a child of this process and returns at once:
// calls queue until it is up. ctx ends the attempt, not the context.
func (r *Router) Connect(ctx context.Context, c Connector, opts ...ConnectOption) (*Context, error) {
	return r.broker.connect(ctx, nil, c, opts)
}
