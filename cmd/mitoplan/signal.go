package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// lastChance is how long the program may still run after a second interrupt. Agents end
// by themselves when they lose their controller, so nothing stays behind on hosts.
const lastChance = 5 * time.Second

var errInterrupted = errors.New("interrupted")

// signals returns a context that the first interrupt cancels. After the second one the
// process ends within lastChance.
func (a *app) signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	dump := make(chan os.Signal, 1)
	if len(dumpSignals) > 0 {
		signal.Notify(dump, dumpSignals...)
	}
	resumed := make(chan os.Signal, 1)
	if len(resumeSignals) > 0 {
		signal.Notify(resumed, resumeSignals...)
	}
	stopped := make(chan os.Signal, 1)
	if a.terminal.screen != nil {
		listen(stopped, stopSignals)
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() { a.onSignals(got, done, func() { cancel(errInterrupted) }) })
	ended.Go(func() { a.dumpOnSignals(dump, done) })
	ended.Go(func() { a.terminal.onStops(stopped, resumed, done) })
	return ctx, func() {
		signal.Stop(got)
		signal.Stop(dump)
		signal.Stop(resumed)
		signal.Stop(stopped)
		close(done)
		ended.Wait()
		cancel(nil)
	}
}

// dumper writes which calls wait, for what and since when.
type dumper interface{ Dump(w io.Writer) }

// dumps sets what a dump is taken of.
func (a *app) dumps(d dumper) { a.dumped.Store(&d) }

func (a *app) dumpOnSignals(got <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-got:
		}
		if d := a.dumped.Load(); d != nil {
			fmt.Fprintln(a.stderr)
			(*d).Dump(maskedPieces{a})
		}
	}
}

// maskedPieces shows what is written to it on standard error, at once and masked. Each
// Write is of whole lines.
type maskedPieces struct{ a *app }

func (m maskedPieces) Write(p []byte) (int, error) {
	_, err := io.WriteString(m.a.stderr, m.a.mask.Text(string(p)))
	return len(p), err
}

func (a *app) onSignals(got <-chan os.Signal, done <-chan struct{}, cancel func()) {
	var deadline <-chan time.Time
	for n := 0; ; {
		select {
		case <-done:
			return
		case <-deadline:
			a.terminal.leave()
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
