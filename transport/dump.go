package transport

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxDump is from how many bytes on contexts that have answered are counted only.
const maxDump = 1 << 20

// Dump prints who waits for what, since when and until when, in this process and in
// every context of its tree, with the queues, when each neighbour was heard last, and
// what goroutines do. All contexts are asked at once. Each is printed with one Write, in the
// order of the tree, as soon as it and those before it have answered. Of one that does
// not answer within 2 s it says what this process knows. Inputs and results of functions
// are never in it.
func (b *Broker) Dump(w io.Writer) {
	switch {
	case w == nil:
		return
	case b.unmade():
		_, _ = io.WriteString(w, errNoBroker.Error()+"\n")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), dumpWait)
	defer cancel()
	_, _ = io.WriteString(w, b.dumpHere(nil)+goroutines(stacks()))
	contexts := b.dumpContexts()
	asked := b.askDumps(ctx, contexts, int64(dumpWait))
	silent := make(map[Address]*Context)
	printed, left := 0, 0
	for _, c := range contexts {
		text, answered := c.dumpText(ctx, asked[c], silent)
		if answered && printed+len(text) > maxDump {
			left++
			continue
		}
		n, _ := io.WriteString(w, indent(text, c.address.Depth()-b.self.Depth()-1, "  "))
		printed += n
	}
	if left > 0 {
		fmt.Fprintf(w, "%d more contexts have answered. They are left out, because this is long already.\n", left)
	}
}

// indent puts a text so many steps to the right.
func indent(s string, steps int, step string) string {
	margin := strings.Repeat(step, steps)
	return margin + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+margin) + "\n"
}

// dumpText is what a context answers, or what is known of it. r is nil if it was not
// asked, as it is not up. silent are those above it that did not answer.
func (c *Context) dumpText(ctx context.Context, r *Result[*dumpOut], silent map[Address]*Context) (text string, answered bool) {
	head := fmt.Sprintf("context %s (%s)", c.address, c.name)
	if r == nil {
		return head + " is not up" + c.callsWaiting(), false
	}
	out, err := r.Get(ctx)
	switch {
	case err == nil && out != nil:
		return head + ":\n" + indent(shorten(out.text(), maxText), 1, "| "), true
	case ctx.Err() == nil:
		return head + ": " + fmt.Sprint(err), false
	}
	silent[c.address] = c
	head += " did not answer within " + dumpWait.String()
	if above := silent[c.address.Parent()]; above != nil {
		head += ", and neither did " + above.name + ", which it is behind"
	}
	return head + c.callsWaiting(), false
}

// text is the answer of a context. Its lines get a mark, so that a host cannot write
// what looks like another context.
func (o *dumpOut) text() string {
	text := Clean(o.Text) + goroutines(Clean(o.Stacks))
	for _, below := range o.Below {
		if below == nil {
			continue // a hostile host says so
		}
		text += fmt.Sprintf("context %s (%s):\n", below.Address, Clean(below.Name)) + indent(below.text(), 1, "| ")
	}
	return text
}

// callsWaiting says how many calls wait for a context.
func (c *Context) callsWaiting() string {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	n, oldest := 0, time.Now()
	for _, p := range c.order {
		if p.listed && p.name != dumpName {
			n++
			if p.since.Before(oldest) {
				oldest = p.since
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; calls that wait for it: %d, the oldest for %s", n, time.Since(oldest).Round(time.Millisecond))
}
