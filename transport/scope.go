package transport

import (
	"context"
	"errors"
	"os"
	"sync"
)

// mains is what Main was given, for Run.
var mains struct {
	mu sync.Mutex // guards of
	of ServeOptions
}

// Run calls fn with a new Router, and returns what it returns. With the ctx that fn gets,
// it can send by Senders that contexts answer with: see Router.Sending. Router.Broker has
// the rest of what a Broker can do. When fn has returned,
// everything that it started is ended, within Options.ShutdownTimeout; what could not
// be ended is part of the error. Agents are where the Main of the program says: for
// connect.Main they are the program itself.
func Run(ctx context.Context, fn func(ctx context.Context, r *Router) error) error {
	return RunWith(ctx, Options{}, fn)
}

// RunWith is Run with options for the Broker. Agents and Connectors that are not set
// are those of Main. Without Options.Log, the environment variable MITOPLAN_LOG says what
// is logged to standard error: off, error, warn, info, debug, trace, or io, which is trace
// with every frame. If it is not set, nothing is logged, and what functions print is not shown.
func RunWith(ctx context.Context, o Options, fn func(ctx context.Context, r *Router) error) (err error) {
	mains.mu.Lock()
	if o.Agents == nil {
		o.Agents = mains.of.Agents
	}
	if o.Connectors == nil {
		o.Connectors = mains.of.Connectors
	}
	mains.mu.Unlock()
	if o.Log == nil {
		if err := o.logTo(os.Stderr, os.Getenv(logVariable)); err != nil {
			return err
		}
	}
	if err := o.check(); err != nil {
		return err
	}
	if fn == nil {
		return errors.New("transport.Run: the function is nil")
	}
	b := NewBroker(o)
	defer func() { err = errors.Join(err, b.Shutdown()) }()
	r := NewRouter(b)
	return fn(r.Sending(ctx), r)
}

// sendsBy lets a Sender that came back from a context send from here.
func (r *Router) sendsBy() *exchange { return &r.broker.exchange }
