package transport

import (
	"context"
	"fmt"
)

// Router starts contexts. NewRouter makes one on a Broker, and a function finds
// that of its agent in Node.Router. A Router has no state: two of one Broker
// are the same, and it needs no end. What it starts belongs to the Broker. It
// decides where a message goes by comparing addresses, and never by what a
// context claims. Any goroutine may use it.
type Router struct{ broker *Broker }

// NewRouter makes a router on a broker.
func NewRouter(b *Broker) *Router { return &Router{b} }

// Broker is what the Router starts contexts on: in Run, the one that Run made, for its
// Dump, Offer and Withdraw. In a function it is that of the context, for contexts that
// functions have started there; Shutdown is not for functions, because the context itself
// ends them.
func (r *Router) Broker() *Broker {
	if r == nil {
		return nil
	}
	return r.broker
}

// Address is where this process is in the tree: 0 in the controller. It may be sent to
// other contexts.
func (r *Router) Address() Address {
	if r.Broker().unmade() {
		return Address{}
	}
	return r.broker.self
}

// Sending returns a ctx made of ctx with which Senders that came from other processes send
// from this one. The ctx that Run gives is one already, and so is that of a function.
func (r *Router) Sending(ctx context.Context) context.Context {
	if ctx.Value(runningKey{}) != nil || r.Broker().unmade() {
		return ctx // that of a function keeps what else is in it
	}
	return context.WithValue(ctx, runningKey{}, r)
}

// Connect starts a context as a child of this process and returns at once.
// Calls in it queue until it is up. The end of ctx ends the start; it does
// nothing once the context is up. In a process that was started as an agent and did not
// call Main, it returns an error: the program would start itself again and again. So it
// does if the Options of the Broker are wrong.
func (r *Router) Connect(ctx context.Context, c Connector, opts ...ConnectOption) (*Context, error) {
	if r.Broker().unmade() {
		return nil, fmt.Errorf("connect: %w", errNoBroker)
	}
	if err := mayStart(); err != nil {
		return nil, err
	}
	if err := r.broker.given.check(); err != nil {
		return nil, err
	}
	return r.broker.connect(ctx, nil, c, opts)
}
