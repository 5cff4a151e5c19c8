package transport

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

func itoa(n int) string { return strconv.Itoa(n) }

var (
	// ErrReceiverClosed is the error of waiting at, or sending to, a closed
	// receiver.
	ErrReceiverClosed = errors.New("receiver is closed")
	// ErrSenderRefused is the error of sending to a receiver that takes nothing from
	// this context: it listens to others only, or the Sender was not given to this one.
	ErrSenderRefused = errors.New("receiver takes nothing from this context")
	// ErrSenderClosed is the last event of a receiver whose sender was closed.
	ErrSenderClosed = errors.New("sender was closed")
)

// RemoteError is the error of a function that ran in a context. If the function
// returned a *Problem, that arrives as Problem; a panic arrives with its Stack.
// errors.Is finds the known errors (see KnownErrors) that the function's error was, and
// errors.As a *LostError, *ConnectError, *TimeoutError or *BlobError of what the function
// itself waited for. A *CancelledError or *SkippedError is of the call itself, always.
type RemoteError struct {
	// Kind is the type of the error where it happened, or "panic".
	Kind     string   `cbor:"kind,omitempty"`
	Message  string   `cbor:"message"`
	Function string   `cbor:"function"`
	Chain    []string `cbor:"-"`
	Problem  *Problem `cbor:"problem,omitempty"`
	Stack    string   `cbor:"stack,omitempty"`
	known    []string // names of known errors
	// cause is the error of one of the types of this package that the function's error
	// was; see lasting.
	cause error
}

func (e *RemoteError) Error() string {
	return "call " + e.Function + in(e.Chain) + ": " + e.Message
}

// plainRemote is a RemoteError as a reply has it, beside which its known errors are.
type plainRemote RemoteError

// sentError is a RemoteError as a value of a program.
type sentError struct {
	plainRemote
	Chain []string   `cbor:"chain,omitempty"`
	Known []string   `cbor:"known,omitempty"`
	Cause *wireError `cbor:"cause,omitempty"`
}

// MarshalCBOR encodes the error for the wire, as a value that a program sends.
func (e *RemoteError) MarshalCBOR() ([]byte, error) {
	return Marshal(cbor.Tag{Number: tagError, Content: sentError{plainRemote(*e), e.Chain, e.known, namedToWire(e.cause)}})
}

// UnmarshalCBOR decodes an error that a program sent.
func (e *RemoteError) UnmarshalCBOR(b []byte) error {
	var w sentError
	if err := plainMode.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = RemoteError(w.plainRemote)
	e.Chain, e.known, e.cause = w.Chain, cleanKnown(w.Known), lasting(w.Cause.cause(nil))
	for i := range e.Chain {
		cleanNames(&e.Chain[i])
	}
	e.clean()
	return nil
}

// Unwrap gives the known errors, the Problem, and a *LostError, *ConnectError, *TimeoutError
// or *BlobError that the function's error was, so that errors.As finds them.
func (e *RemoteError) Unwrap() []error {
	errs := knownErrors(e.known)
	if e.cause != nil {
		errs = append(errs, e.cause)
	}
	if e.Problem != nil {
		errs = append(errs, e.Problem)
	}
	return errs
}

// ConnectError says why a context did not come up. Context.Ready completes with
// it, and so does every call in that context.
type ConnectError struct {
	Context string   `cbor:"-"`
	Chain   []string `cbor:"-"`
	Phase   Phase    `cbor:"phase,omitempty"`
	Problem *Problem `cbor:"problem,omitempty"`
	Cause   string   `cbor:"cause"`
	// LastWords is what the child last wrote to its standard error.
	LastWords string `cbor:"last_words,omitempty"`
	Exit      *Exit  `cbor:"exit,omitempty"`
	// Root is the *ConnectError or *LostError of the hop that failed first; nil
	// if this is that hop.
	Root error `cbor:"-"`
	// cause is the Go error. If the start was made by another process, it is the
	// error of one of the types of this package that was in it there.
	cause error
	// known are the names of known errors that came from that process.
	known []string
}

func (e *ConnectError) Error() string {
	var b strings.Builder
	b.WriteString("connect " + e.Context + behind(e.Chain, e.Context))
	if e.Phase != "" {
		b.WriteString(": " + string(e.Phase))
	}
	b.WriteString(": " + e.Cause)
	writeEnding(&b, e.Exit, e.LastWords)
	return b.String()
}

// Unwrap gives the root cause, the Problem, and the error of the connector. If the start
// was made by another process, it gives the known errors that the last one was.
func (e *ConnectError) Unwrap() []error {
	errs := knownErrors(e.known)
	if e.Root != nil {
		errs = append(errs, e.Root)
	}
	if e.Problem != nil {
		errs = append(errs, e.Problem)
	}
	if e.cause != nil {
		errs = append(errs, e.cause)
	}
	return errs
}

// LostError says how a context ended that nobody had told to end. Context.Lost
// completes with it, and so does every call that was waiting.
type LostError struct {
	Context   string   `cbor:"-"`
	Chain     []string `cbor:"-"`
	Cause     string   `cbor:"cause"`
	Exit      *Exit    `cbor:"exit,omitempty"`
	LastWords string   `cbor:"last_words,omitempty"`
	// Root is the name of the hop that was lost first, "" if this is that hop.
	Root string `cbor:"-"`
	// root is the error of that hop.
	root error
}

func (e *LostError) Error() string {
	var b strings.Builder
	b.WriteString("context " + e.Context + behind(e.Chain, e.Context) + " was lost: " + e.Cause)
	writeEnding(&b, e.Exit, e.LastWords)
	return b.String()
}

// Unwrap gives the error of the hop that was lost first.
func (e *LostError) Unwrap() error { return e.root }

// SkippedError says that a call did not run because a call that it comes after
// failed.
type SkippedError struct {
	// Function is the call that was skipped. Cause is the error of the call
	// that it comes after; if that was skipped, too, the error of the call
	// that failed.
	Function string
	Cause    error
}

// skipped is the error of a call that comes after one that ended with an error. It
// keeps no chain of calls, which may be as long as there are calls.
func skipped(function string, err error) *SkippedError {
	if before, ok := err.(*SkippedError); ok {
		err = before.Cause
	}
	return &SkippedError{Function: function, Cause: err}
}

func (e *SkippedError) Error() string {
	s := "call " + e.Function + " skipped"
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the error of the call that failed.
func (e *SkippedError) Unwrap() error { return e.Cause }

// CancelledError says that a call was cancelled, by its caller or because what
// it ran in ended.
type CancelledError struct {
	Function string `cbor:"function"`
	// Phase is how far the call had come.
	Phase Phase  `cbor:"phase"`
	Cause string `cbor:"cause,omitempty"`
	// ended is the error of the caller's ctx; nil if that has not ended.
	ended error
}

func (e *CancelledError) Error() string {
	s := "call " + e.Function + " cancelled (" + string(e.Phase) + ")"
	if e.Cause != "" {
		s += ": " + e.Cause
	}
	return s
}

// Unwrap gives the error of the ctx whose end cancelled the call: context.Canceled or
// context.DeadlineExceeded, and the cause that it was given. It is nil if the call was
// cancelled for another reason.
func (e *CancelledError) Unwrap() error { return e.ended }

// endOf is the error of whoever waited until ctx ended. errors.Is finds both the error
// of ctx and its cause.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return &endedError{err, cause}
}

// endedError is the end of a ctx that was given a cause.
type endedError struct{ err, cause error }

func (e *endedError) Error() string   { return e.cause.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, e.cause} }

// TimeoutError says that something took longer than it may.
type TimeoutError struct {
	Function string        `cbor:"function,omitempty"`
	After    time.Duration `cbor:"after"`
	// Phase is how far it had come, or which of the Bounds is over.
	Phase Phase `cbor:"phase,omitempty"`
	// Arrived is how many bytes of Size had arrived, if something was being sent;
	// without that, Size is 0. It is -1 if the other side had not said it yet.
	Arrived int64 `cbor:"arrived,omitempty"`
	Size    int64 `cbor:"size,omitempty"`
	// Late is for how long this process itself could not go on, because its machine was
	// busy or had stopped it. That time was given in addition to After.
	Late time.Duration `cbor:"late,omitempty"`
	// Moved is for how long contents of the call moved, which was given in addition to
	// After, too.
	Moved time.Duration `cbor:"moved,omitempty"`
}

func (e *TimeoutError) Error() string {
	s := "timed out after " + e.After.String()
	if e.Function != "" {
		s = "call " + e.Function + " " + s
	}
	switch {
	case e.Size > 0 && e.Arrived < 0:
		s += ", when it was not known yet how much of " + prose.Bytes(e.Size) + " had arrived"
	case e.Size > 0 && e.Arrived == 0:
		s += ", when nothing of " + prose.Bytes(e.Size) + " had arrived"
	case e.Size > 0:
		s += ", when " + prose.BytesOf(e.Arrived, e.Size) + " had arrived"
	}
	if e.Late > 0 {
		s += ", not counting " + e.Late.String() + " in which this machine was too busy to go on"
	}
	if e.Phase != "" {
		s += " (" + string(e.Phase) + ")"
	}
	return s
}

// Timeout reports true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

// Is reports true for context.DeadlineExceeded: some time that was given is over.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// errorSize is how many bytes the texts of an error take that a context
// answered with.
func errorSize(err error) (n int64) {
	texts := func(all ...string) {
		for _, s := range all {
			n += int64(len(s))
		}
	}
	problem := func(p *Problem) {
		if p != nil {
			texts(string(p.Code), p.Attr, p.Summary, p.Detail, p.Own, p.Said)
		}
	}
	switch e := err.(type) {
	case *RemoteError:
		texts(e.Kind, e.Message, e.Function, e.Stack)
		texts(e.known...)
		problem(e.Problem)
		n += errorSize(e.cause)
	case *ConnectError:
		texts(string(e.Phase), e.Cause, e.LastWords)
		texts(e.known...)
		problem(e.Problem)
		n += errorSize(e.cause)
	case *LostError:
		texts(e.Cause, e.LastWords)
	case *CancelledError:
		texts(e.Function, string(e.Phase), e.Cause)
	case *SkippedError:
		n = int64(len(e.Function)) + errorSize(e.Cause)
	}
	return n
}

// in names the chain of hops in an error.
func in(chain []string) string {
	if len(chain) == 0 {
		return ""
	}
	return " in context " + strings.Join(chain, " -> ")
}

// behind names the hops before a context whose name was said already. A context that errors
// show under another name than its own is named whole.
func behind(chain []string, name string) string {
	if last := len(chain) - 1; last >= 0 && chain[last] == name {
		chain = chain[:last]
	}
	return in(chain)
}

// writeEnding adds how a process ended, and its last words, to an error.
func writeEnding(b *strings.Builder, exit *Exit, words string) {
	if exit != nil {
		b.WriteString(" (" + exit.String() + ")")
	}
	if words = strings.TrimSpace(words); words != "" {
		b.WriteString("; it last said: " + words)
	}
}

// Exit says how a process ended.
type Exit struct {
	Status int    `cbor:"status"`
	Signal string `cbor:"signal,omitempty"`
	Err    error  `cbor:"-"`
}

func (e Exit) String() string {
	switch {
	case e.Signal != "":
		return "signal " + e.Signal
	case e.Err != nil:
		return e.Err.Error()
	}
	return "exit status " + itoa(e.Status)
}

// explain copies into e what err knows of the failure.
func explain(e *ConnectError, err error) {
	var p *Problem
	if errors.As(err, &p) {
		e.Problem = p
	}
	var inner *ConnectError
	if errors.As(err, &inner) && inner.Context == "" {
		e.Phase, e.Cause = inner.Phase, inner.Cause
		e.LastWords, e.Exit = inner.LastWords, inner.Exit
	}
	var lost *LostError
	switch {
	case errors.As(err, &lost):
		_, e.Root = rootOf(lost)
	case inner != nil && inner.Context != "":
		_, e.Root = rootOf(inner)
	}
}

// rootOf is the name of the hop that failed first, and its error.
func rootOf(err error) (string, error) {
	switch e := err.(type) {
	case *ConnectError:
		if e.Root != nil {
			return rootOf(e.Root)
		}
		return e.Context, e
	case *LostError:
		if e.root != nil {
			return rootOf(e.root)
		}
		return e.Context, e
	}
	return "", err
}

// Problem is something wrong that a person can act on. A Connector returns one as
// its error, and warns with it; functions return one, and RemoteError and
// ConnectError have those that came from a context. It is an error; its fields are
//
//	Code    Code   // tells problems apart, such as "sudo_wrong_password"
//	Attr    string // the argument that caused it, or ""
//	Summary string // short and constant
//	Detail  string // sentences: names, the cause, what to do
//	Said    string // what a program of the host printed about it
//	Masked  string // Detail without values; it does not cross the wire
type Problem = kind.Problem
