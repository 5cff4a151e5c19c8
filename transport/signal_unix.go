//go:build unix

package transport

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// dumpOnSignal makes SIGUSR1 log who waits for what in this context. stop ends
// that.
func (a *agent) dumpOnSignal(b *Broker, e *engine) (stop func()) {
	got, done, ended := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	signal.Notify(got, syscall.SIGUSR1)
	go func() {
		defer close(ended)
		for {
			select {
			case <-got:
				a.dump(b, e)
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(got); close(done); a.sink.release(); <-ended }
}

func (a *agent) dump(b *Broker, e *engine) {
	out := a.sink.lines("dump: ")
	_, _ = out.Write([]byte(b.dumpHere(e)))
	out.Flush()
}

// errHungUp is the cause of an agent whose terminal is gone.
var errHungUp = errors.New("hung up")

// hangups tells that the terminal of the program above is gone, such as the one that sudo has
// for its prompt: it ends with whoever started sudo, and sudo passes SIGHUP on. If sudo has
// stopped itself by then, with an agent that was stopped, the agent is the only one left that
// can continue it. A signal that is ignored, as under nohup, stays so.
func (a *agent) hangups() (got <-chan os.Signal, stop func()) {
	if !a.ownProcess || signal.Ignored(syscall.SIGHUP) {
		return nil, func() {}
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
