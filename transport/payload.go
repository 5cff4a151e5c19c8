package transport

import (
	"errors"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Protocol is the version of the wire format that this package speaks.
const Protocol = 4

// greetingPayload is what a child sends first.
type greetingPayload struct {
	Protocol int      `cbor:"protocol"`
	Facts    Greeting `cbor:"facts"`
}

// setupPayload is the parent's answer to the greeting.
type setupPayload struct {
	Protocol    int     `cbor:"protocol"`
	Address     Address `cbor:"address"`
	Name        string  `cbor:"name"`
	Level       int32   `cbor:"level"`
	Interval    int64   `cbor:"interval"`
	Timeout     int64   `cbor:"timeout"`
	KillDelay   int64   `cbor:"kill_delay"`
	Shutdown    int64   `cbor:"shutdown"`
	Parallelism int     `cbor:"parallelism,omitempty"`
	Shared      []byte  `cbor:"shared,omitempty"`
	MaxMessage  int     `cbor:"max_message,omitempty"`
}

// callPayload asks for a function to be run. The call's id is the reply handle
// of the message.
type callPayload struct {
	Func    string          `cbor:"f"`
	In      cbor.RawMessage `cbor:"i"`
	After   []uint32        `cbor:"a,omitempty"`
	Settled []uint32        `cbor:"s,omitempty"`
	Timeout int64           `cbor:"t,omitempty"`
	// Pipe is the caller's end of a pipe to the function, 0 for none.
	Pipe uint32 `cbor:"p,omitempty"`
	// Low is the lowest id that the caller still needs: every call of this
	// caller below it has been answered, and no unanswered one comes after such
	// a call. It is 0 if it is that of the call before.
	Low uint32 `cbor:"l,omitempty"`
}

// cancelPayload cancels one call of the same caller.
type cancelPayload struct {
	ID uint32 `cbor:"id"`
}

// replyPayload is the result of a call or of a spawn: Out, or Err.
type replyPayload struct {
	Out cbor.RawMessage `cbor:"o,omitempty"`
	Err *wireError      `cbor:"e,omitempty"`
}

// spawnPayload asks a context to start a child.
type spawnPayload struct {
	Address     Address         `cbor:"address"`
	Kind        string          `cbor:"kind"`
	Connector   cbor.RawMessage `cbor:"connector"`
	Name        string          `cbor:"name"`
	Timeout     int64           `cbor:"timeout"`
	Parallelism int             `cbor:"parallelism,omitempty"`
	Shared      []byte          `cbor:"shared,omitempty"`
}

// logPayload is one entry.
type logPayload struct {
	Level   int32    `cbor:"l"`
	Name    string   `cbor:"n,omitempty"`
	Message string   `cbor:"m"`
	Pairs   []string `cbor:"k,omitempty"`
	// Child is the last hop of the address of a child of the sender, if the entry is about
	// its start or its end.
	Child []byte `cbor:"c,omitempty"`
}

// Bounds of log entries.
const (
	// logWindow is how many entries of one context may be under way.
	logWindow = queue.LogEntries
	maxLine   = 8 << 10
	maxPairs  = 64
	maxPair   = 4 << 10
	// maxAllPairs keeps an entry within one frame: it would not keep its place
	// before a reply otherwise. minPair is left of each even so.
	maxAllPairs = 16 << 10
	minPair     = 32
	logBacklog  = 4 * logWindow
	// logBytesWindow is how many bytes of entries of one context may be under
	// way, logBytes how many of them may wait to be shown.
	logBytesWindow = 4 << 20
	logBytes       = 2 * logBytesWindow
)

// lostPayload tells the context that asked for a child that the child has
// ended. Err is nil if it was told to end.
type lostPayload struct {
	Address Address    `cbor:"address"`
	Err     *LostError `cbor:"e,omitempty"`
}

// shutdownPayload tells a child to end.
type shutdownPayload struct {
	Within int64 `cbor:"within"`
}

// creditPayload lets the other side send more: so many log entries, and so many
// bytes of long messages.
type creditPayload struct {
	Logs  uint32 `cbor:"logs,omitempty"`
	Bytes uint32 `cbor:"bytes,omitempty"`
}

// wireError is an error as a value: exactly one field is set, but for Cause and Known.
type wireError struct {
	Remote    *plainRemote    `cbor:"remote,omitempty"`
	Connect   *ConnectError   `cbor:"connect,omitempty"`
	Cancelled *CancelledError `cbor:"cancelled,omitempty"`
	Timeout   *TimeoutError   `cbor:"timeout,omitempty"`
	Skipped   *wireSkipped    `cbor:"skipped,omitempty"`
	Lost      *LostError      `cbor:"lost,omitempty"`
	Blob      *BlobError      `cbor:"blob,omitempty"`
	// Cause is the error because of which a start or a function failed, if it is of one of
	// the types above. It stands beside Connect and Remote only.
	Cause *wireError `cbor:"cause,omitempty"`
	// Context is the name in Lost or Connect, of a Cause only: who gets another one knows
	// which context it is of.
	Context string `cbor:"context,omitempty"`
	// Known are the names of known errors that it is. They stand beside Remote and
	// Connect only.
	Known []string `cbor:"known,omitempty"`
}

type wireSkipped struct {
	Function string     `cbor:"function"`
	Cause    *wireError `cbor:"cause,omitempty"`
}

func toWire(err error) *wireError {
	switch e := err.(type) {
	case *RemoteError:
		sent := *e
		sent.Problem = copied(e.Problem)
		sent.clean()
		return &wireError{Remote: (*plainRemote)(&sent), Known: e.known, Cause: namedToWire(e.cause)}
	case *ConnectError:
		sent := *e
		sent.Problem, sent.Exit = copied(e.Problem), copied(e.Exit)
		sent.clean()
		return &wireError{Connect: &sent, Cause: causeToWire(e.cause), Known: knownNames(e)}
	case *LostError:
		return &wireError{Lost: e.toSend()}
	case *CancelledError:
		sent := *e
		sent.clean()
		return &wireError{Cancelled: &sent}
	case *TimeoutError:
		sent := *e
		sent.clean()
		return &wireError{Timeout: &sent}
	case *BlobError:
		sent := *e
		sent.clean()
		return &wireError{Blob: &sent}
	case *SkippedError:
		sent := &wireSkipped{e.Function, toWire(e.Cause)}
		cleanNames(&sent.Function)
		return &wireError{Skipped: sent}
	}
	return toWire(&RemoteError{Kind: "error", Message: err.Error()})
}

// toSend is a copy whose texts are clean: the other side refuses one that is not UTF-8.
func (e *LostError) toSend() *LostError {
	if e == nil {
		return nil
	}
	sent := *e
	sent.Exit = copied(e.Exit)
	sent.clean()
	return &sent
}

// copied is another of what p points to, if it points to something.
func copied[T any](p *T) *T {
	if p != nil {
		v := *p
		p = &v
	}
	return p
}

// lasting is the error in the chain of err that errors.As still finds when err is that of a
// function in another context: of what the function itself waited for. A function that was
// cancelled, or skipped a call of its own, says nothing so of the call that its caller made.
func lasting(err error) error {
	var (
		connect *ConnectError
		lost    *LostError
		timeout *TimeoutError
		blob    *BlobError
	)
	switch {
	case errors.As(err, &connect):
		return connect
	case errors.As(err, &lost):
		return lost
	case errors.As(err, &timeout):
		return timeout
	case errors.As(err, &blob):
		return blob
	}
	return nil
}

// causeToWire is the error in the chain of err that has one of the types of this
// package; nil if none has. A start that fails in another context is told with it,
// so that errors.As finds in the controller what it finds there.
func causeToWire(err error) *wireError {
	var (
		timeout   *TimeoutError
		cancelled *CancelledError
		skipped   *SkippedError
		lost      *LostError
		remote    *RemoteError
	)
	switch {
	case errors.As(err, &timeout):
		return namedToWire(timeout)
	case errors.As(err, &cancelled):
		return namedToWire(cancelled)
	case errors.As(err, &skipped):
		return namedToWire(skipped)
	case errors.As(err, &lost):
		return namedToWire(lost)
	case errors.As(err, &remote):
		return namedToWire(remote)
	}
	return nil
}

// namedToWire is an error as the cause of another one, with the name of its context. It is
// nil for nil.
func namedToWire(err error) *wireError {
	if err == nil {
		return nil
	}
	w := toWire(err)
	switch e := err.(type) {
	case *LostError:
		w.Context = e.Context
	case *ConnectError:
		w.Context = e.Context
	}
	cleanNames(&w.Context)
	return w
}

// cause is the error that crossed the wire as the cause of another one; nil for nil.
func (w *wireError) cause(chain []string) error {
	if w == nil {
		return nil
	}
	cleanNames(&w.Context)
	err := w.error(chain)
	switch e := err.(type) {
	case *LostError:
		e.Context = w.Context
	case *ConnectError:
		e.Context = w.Context
	}
	return err
}

// error is the error that crossed the wire, for a call in a context with that
// chain of hops. Every text in it is cleaned.
func (w *wireError) error(chain []string) error {
	switch {
	case w.Remote != nil:
		e := (*RemoteError)(w.Remote)
		e.Chain, e.known, e.cause = chain, cleanKnown(w.Known), lasting(w.Cause.cause(nil))
		e.clean()
		return e
	case w.Connect != nil:
		w.Connect.clean()
		w.Connect.known = cleanKnown(w.Known)
		if w.Cause != nil && w.Cause.Connect == nil {
			w.Connect.cause = w.Cause.cause(chain)
		}
		return w.Connect
	case w.Lost != nil:
		w.Lost.clean()
		return w.Lost
	case w.Cancelled != nil:
		w.Cancelled.clean()
		return w.Cancelled
	case w.Timeout != nil:
		w.Timeout.clean()
		return w.Timeout
	case w.Blob != nil:
		w.Blob.clean()
		return w.Blob
	case w.Skipped != nil && w.Skipped.Cause != nil:
		cleanNames(&w.Skipped.Function)
		return &SkippedError{w.Skipped.Function, w.Skipped.Cause.error(chain)}
	}
	return &RemoteError{Kind: "protocol", Message: "the context answered with an error that it did not name", Chain: chain}
}

// deadError is why the other end says that nothing more will come.
func deadError(data []byte) error {
	var r replyPayload
	if err := Unmarshal(data, &r); err != nil || r.Err == nil {
		return errors.New("ended by the other end, which gives no reason")
	}
	return r.Err.error(nil)
}

// Names of the functions that every context serves.
const (
	dialName  = "transport.dial"
	endName   = "transport.end"
	dumpName  = "transport.dump"
	levelName = "transport.level"
)

// dialIn asks a context to open a connection from its machine.
type dialIn struct {
	Network string `cbor:"network"`
	Addr    string `cbor:"addr"`
	// Handle is the caller's end of the tunnel.
	Handle uint32 `cbor:"handle"`
}

// dialOut answers with the context's end of the tunnel.
type dialOut struct {
	Handle uint32 `cbor:"handle"`
}

// endIn asks a context to end a child of it within a time, in ns.
type endIn struct {
	Address Address `cbor:"address"`
	Within  int64   `cbor:"within"`
}

type endOut struct{}

// dumpOut is who waits for what in a context, as text, the stacks of its goroutines as
// the runtime writes them, and the same of contexts that it has started itself.
type dumpOut struct {
	Address Address    `cbor:"address"`
	Name    string     `cbor:"name"`
	Text    string     `cbor:"text"`
	Stacks  string     `cbor:"stacks"`
	Below   []*dumpOut `cbor:"below,omitempty"`
}
