package executor

import (
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// transfer is a content that a context may pull, with how far that has come. Its source
// counts what has arrived of it, on the goroutines of the transport.
type transfer struct {
	own resource.Own

	mu   sync.Mutex            // guards what follows
	open map[*counted]struct{} // readers that are not closed
}

// moved is how far the content has come, for whichever block it is: a host does not say
// which of those that share it a reader is for, so it is where the last of them is.
func (t *transfer) moved() (done int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	done = t.own.Blob.Size
	for c := range t.open {
		done, ok = min(done, c.at.Load()), true
	}
	return done, ok
}

// source opens the content. It is a transport.BlobSource.
func (t *transfer) source(offset int64) (io.ReadCloser, error) {
	in, err := t.own.Open(offset)
	if err != nil {
		return nil, t.blobError(err)
	}
	c := &counted{ReadCloser: in, of: t}
	c.at.Store(offset)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*counted]struct{}{}
	}
	t.open[c] = struct{}{}
	return c, nil
}

// counted is a reader of a transfer. Whoever opened it closes it once.
type counted struct {
	io.ReadCloser
	of *transfer
	at atomic.Int64 // how far its bytes have arrived
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	return n, c.of.blobError(err)
}

// Taken counts what has arrived; see transport.BlobSource.
func (c *counted) Taken(n int) { c.at.Add(int64(n)) }

func (c *counted) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.ReadCloser.Close()
}

// blobError tells the host that a source has changed, if that is why it cannot be read.
// The words of the error stay here; see changedSource.
func (t *transfer) blobError(err error) error {
	if changed := (*files.ChangedError)(nil); errors.As(err, &changed) {
		return &transport.BlobError{Blob: t.own.Blob, Reason: transport.BlobChanged}
	}
	return err
}

// moved returns what Event.Moved is for a step that has been sent.
func (s *Session) moved(step *planner.Step) func() (done, of int64, ok bool) {
	h := s.handles[step.Hop.Address]
	if h == nil {
		return nil
	}
	var all []*transfer
	for _, own := range slices.Concat(step.Contents, step.Lent) {
		if t := h.offered[own.Blob]; t != nil {
			all = append(all, t)
		}
	}
	save := h.saves[step.Address]
	if all == nil && save == nil {
		return nil
	}
	return func() (done, of int64, ok bool) {
		for _, t := range all {
			if at, open := t.moved(); open {
				done, of, ok = done+at, of+t.own.Blob.Size, true
			}
		}
		if !ok && save != nil {
			return save.moved()
		}
		return done, of, ok
	}
}

// changedSource says of a failure that a content could not be had which file of the
// controller that is, and what is wrong with it. Other failures come back as they are.
func (s *Session) changedSource(step *planner.Step, f *planner.Failure) *planner.Failure {
	if f == nil || f.Code != kind.CodeSource {
		return f
	}
	for _, own := range step.Contents {
		if own.Data != nil {
			continue
		}
		name, open, ok := s.opts.Config.OpenSource(own.Blob.Sum)
		if !ok {
			continue
		}
		in, err := open(0)
		if err == nil {
			in.Close()
			err = errors.New("it is no longer what it was when it was read for the plan")
		}
		out := *f
		out.Attr = s.sentBy(step, own.Arg)
		words := kind.Say("The file %s on the machine that mitoplan runs on cannot be sent: %s. %s", name, files.Cause(err), kind.Rule(unsent(step)))
		out.Detail, out.Own = words.String(), words.Own()
		return &out
	}
	return f
}

// unsent says what came of a step whose content did not come to its end. A resource takes
// its content when it is there as a whole; the command of a call reads it as it comes.
func unsent(step *planner.Step) string {
	if step.Type == planner.StepApply || step.Type == planner.StepCheck {
		return "Nothing was written. Plan again."
	}
	return "The command was ended, and may have used a part of its input. What it did until then stays: look at it, then plan again."
}

// sentBy is the argument that names the file whose content is sent as arg.
func (s *Session) sentBy(step *planner.Step, arg string) string {
	b := s.opts.Config.Block(config.BlockAddress(step.Address))
	if b == nil {
		return arg
	}
	return b.Def.Argument(arg)
}
