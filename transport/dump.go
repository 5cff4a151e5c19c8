package transport

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// dumpWait bounds how long the dumps of other contexts are waited for.
const dumpWait = 2 * time.Second

// Dump prints who waits for what, and since when, in this process and in every
// context that answers in time.
func (b *Broker) Dump(w io.Writer) {
	b.dumpHere(w, nil)
	b.mu.Lock()
	contexts := make([]*Context, 0, len(b.contexts))
	for _, c := range b.contexts {
		contexts = append(contexts, c)
	}
	b.mu.Unlock()
	slices.SortFunc(contexts, func(x, y *Context) int { return cmp.Compare(x.address.path, y.address.path) })
	ctx, cancel := context.WithTimeout(context.Background(), dumpWait)
	defer cancel()
	texts := make([]string, len(contexts))
	var wg sync.WaitGroup
	for i, c := range contexts {
		if up, err := c.ready.untyped.state(); up && err == nil {
			r := dumpFunc.CallAsync(ctx, c, dumpIn{})
			wg.Go(func() { texts[i] = dumpText(ctx, c, r) })
		}
	}
	wg.Wait()
	for _, t := range texts {
		_, _ = io.WriteString(w, t)
	}
}

func dumpText(ctx context.Context, c *Context, r *Result[dumpOut]) string {
	out, err := r.Get(ctx)
	if err != nil {
		return fmt.Sprintf("context %s (%s): no answer: %v\n", c.address, c.name, err)
	}
	return fmt.Sprintf("in context %s (%s):\n%s", c.address, c.name, indent(shorten(Clean(out.Text), maxText)))
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
}

// dumpHere prints what waits in this process. e is nil in the controller.
func (b *Broker) dumpHere(w io.Writer, e *engine) {
	now := time.Now()
	line := func(since time.Time, format string, args ...any) {
		fmt.Fprintf(w, "%10s  %s\n", now.Sub(since).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
	line(b.since, "broker %s", b.self)
	if b.up != nil {
		dumpStream(line, "parent", b.up)
	}
	for _, c := range b.dumpChildren() {
		line(c.since, "child %s (%s): %s", c.address, c.name, c.state)
		if c.stream != nil {
			dumpStream(line, c.address.String(), c.stream)
		}
	}
	for _, h := range b.dumpHandlers() {
		line(h.since, "%s", h.text)
	}
	if e != nil {
		e.dump(line)
	}
}

// dumpLine prints one line, with the time since when.
type dumpLine = func(since time.Time, format string, args ...any)

func dumpStream(line dumpLine, name string, s *Stream) {
	s.mu.Lock()
	queued, read := s.queued, s.read
	s.mu.Unlock()
	line(read, "stream %s: last read; %d bytes wait to be written", name, queued)
}

type dumpChild struct {
	*child
	state  string
	stream *Stream
}

func (b *Broker) dumpChildren() []*dumpChild {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*dumpChild
	for _, c := range b.children {
		d := &dumpChild{child: c, stream: c.stream, state: "up"}
		if c.stream == nil {
			d.state = fmt.Sprintf("starting (%s), %d frames held", *c.phase.Load(), len(c.held))
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(x, y *dumpChild) int { return cmp.Compare(x.address.path, y.address.path) })
	return all
}

type dumpHandler struct {
	since time.Time
	text  string
}

func (b *Broker) dumpHandlers() []*dumpHandler {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*dumpHandler
	for id, h := range b.handlers {
		switch h := h.(type) {
		case *pendingCall:
			all = append(all, &dumpHandler{h.since, fmt.Sprintf("call %s in %s waits for its reply (id %d)%s", h.name, h.context.name, id, h.context.watch.bounds(h))})
		case *tunnel:
			all = append(all, &dumpHandler{h.since, fmt.Sprintf("tunnel to %s by %s", h.name, h.peer)})
		}
	}
	slices.SortFunc(all, func(x, y *dumpHandler) int { return x.since.Compare(y.since) })
	return all
}

// dump prints which calls wait or run in this context.
func (e *engine) dump(line dumpLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for r := range e.active {
		line(r.since, "function %s is %s", r.name, r.state)
	}
}
