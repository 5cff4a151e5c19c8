package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// lastChance is how long a second interrupt leaves for the end. Agents end by
// themselves when they lose their controller, so that nothing stays behind.
const lastChance = 5 * time.Second

var errInterrupted = errors.New("interrupted")

// signals returns a context that the first interrupt cancels. The second one
// ends the process after a last chance.
func (a *app) signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		a.onSignals(got, done, func() { cancel(errInterrupted) })
	}()
	return ctx, func() {
		signal.Stop(got)
		close(done)
		<-ended
		cancel(nil)
	}
}

func (a *app) onSignals(got <-chan os.Signal, done <-chan struct{}, cancel func()) {
	var deadline <-chan time.Time
	for n := 0; ; {
		select {
		case <-done:
			return
		case <-deadline:
			a.exit(1)
			return
		case <-got:
		}
		switch n++; n {
		case 1:
			fmt.Fprintln(a.stderr, "\nInterrupt received: nothing new starts, what runs on hosts is cancelled.")
			cancel()
		case 2:
			fmt.Fprintln(a.stderr, "\nTwo interrupts received: exiting within 5 seconds.")
			deadline = time.After(lastChance)
		}
	}
}
