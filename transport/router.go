package transport

import "context"

// Router starts contexts. NewRouter makes one on a Broker, and a function finds
// that of its agent in Node.Router. A Router has no state: two of one Broker
// are the same, and it needs no end. What it starts belongs to the Broker. It
// decides where a message goes by comparing addresses, and never by what a
// context claims. Any goroutine may use it.
type Router struct{ broker *Broker }

// NewRouter makes a router on a broker.
func NewRouter(b *Broker) *Router { return &Router{b} }

// Connect starts a context as a child of this process and returns at once.
// Calls in it queue until it is up. The end of ctx ends the start; it does
// nothing once the context is up. In a process that was started as an agent and did not
// call Main, it returns an error: the program would start itself again and again. So it
// does if the Options of the Broker are wrong.
func (r *Router) Connect(ctx context.Context, c Connector, opts ...ConnectOption) (*Context, error) {
	if err := mayStart(); err != nil {
		return nil, err
	}
	if err := r.broker.given.check(); err != nil {
		return nil, err
	}
	return r.broker.connect(ctx, nil, c, opts)
}
