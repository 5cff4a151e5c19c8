//go:build unix

package transport

import (
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
