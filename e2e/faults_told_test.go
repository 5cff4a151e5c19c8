//go:build linux

package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// told waits until everybody is told who waits for something behind the fault, and holds
// what they are told to the first cause.
func (c *faultCell) told() {
	bound := c.fault.woken
	switch c.op {
	case "push":
		bound = c.fault.push
	case "shutdown":
		bound = shutdownBound
	}
	if c.fault.endures != nil {
		bound = shutdownBound
	}
	late := time.NewTimer(time.Until(c.struck.Add(bound)))
	defer late.Stop()
	last := c.struck
	for _, w := range c.waiters {
		if w.hop < c.hop && !c.ends() {
			continue
		}
		select {
		case <-w.done:
		case <-late.C:
			late.Reset(0)
			c.t.Errorf("%s: %s of hop %d still waits after %s%s", c.name(), w.what, w.hop, bound, c.notYet())
			continue
		}
		if w.at.After(last) {
			last = w.at
		}
		if w.err != nil && c.seen.cause == "" {
			c.seen.cause = afterChain.ReplaceAllString(strings.ReplaceAll(rootCause(w.err), c.id+"-", ""), "$1")
		}
		if why := c.wrong(w); why != "" {
			c.t.Errorf("%s: %s of hop %d: %s", c.name(), w.what, w.hop, why)
		}
	}
	c.seen.told = last.Sub(c.struck)
}

// afterChain are the contexts that one of a chain is in, in what is said of it.
var afterChain = regexp.MustCompile(` in context c1(?: -> c\d)*( was|:)`)

// shutdownBound is within what everything ends that is told to; see docs/bounds.md.
const shutdownBound = 12*time.Second + machineTime

// wrong says what is wrong with what a waiter is told, or "".
func (c *faultCell) wrong(w *faultWaiter) string {
	switch {
	case w.what == "the source of contents":
		return ""
	case c.ends(): // that, too, may be why
		return ""
	case w.err == nil:
		return "it is told nothing"
	}
	if got := firstCause(w.err); got != c.of(c.hop) {
		return fmt.Sprintf("the first cause is %q, want %s: %v", got, c.of(c.hop), w.err)
	}
	if c.fault.says != nil {
		return c.fault.says(c, rootCause(w.err))
	}
	return ""
}

// ends reports whether those who wait are told because everything is shut down.
func (c *faultCell) ends() bool { return c.op == "shutdown" || c.fault.endures != nil }

// rootCause is what the context says that failed first.
func rootCause(err error) string {
	text := err.Error()
	for ; err != nil; err = errors.Unwrap(err) {
		var connect *transport.ConnectError
		if errors.As(err, &connect) && connect.Root != nil {
			err = connect.Root
		}
		text = err.Error()
	}
	return text
}

// firstCause is the name of the context that failed first.
func firstCause(err error) string {
	var lost *transport.LostError
	var connect *transport.ConnectError
	switch {
	case errors.As(err, &connect):
		if connect.Root != nil {
			return firstCause(connect.Root)
		}
		return connect.Context
	case errors.As(err, &lost):
		return cmp.Or(lost.Root, lost.Context)
	}
	return ""
}

// goesOn holds what is before a hop to go on.
func (c *faultCell) goesOn(before int) {
	for _, w := range c.waiters {
		if w.hop >= before {
			continue
		}
		select {
		case <-w.done:
			if w.err == nil && w.what == "a start" {
				continue // it is up
			}
			c.t.Errorf("%s: %s of hop %d is over, too: %v", c.name(), w.what, w.hop, w.err)
		default:
		}
	}
}
