package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Code says which problem a Problem is, for programs.
type Code = kind.Code

// Connector starts one context: it is how a place is reached. A program makes
// one, a plain struct of package connect or its own, and gives it to
// Router.Connect or Context.Connect. CBOR can encode it, so that another
// context can start the child when it is asked to. Start is called once for
// each context; the Link that it returns belongs to the caller. A Connector
// keeps nothing between starts, and never reads the frames of the child.
type Connector interface {
	// Kind is the name of the kind in a configuration: "local", "sudo", "ssh".
	Kind() string
	// Start runs in the process of the parent. ctx covers everything up to the
	// child's greeting. If ctx ends first, Start ends whatever it began.
	Start(ctx context.Context, s Start) (*Link, error)
}

// ThroughConnector is a Connector that always runs in the controller, over
// bytes that the context carries that it goes through. Its context is a child
// of the controller.
type ThroughConnector interface {
	Connector
	Through() bool
}

// SentConnector is a Connector that is sent in the form of another one if another context
// starts it. So a process needs the code of that one only, and not that of every kind
// that may be started in it.
type SentConnector interface {
	Connector
	// Sent returns the connector that is sent. It must be of a kind that the parent of
	// the new context starts. Validate has found nothing wrong before it is called.
	Sent() (Connector, error)
}

// ConnectorType makes empty connectors of one kind, to decode requests into.
type ConnectorType struct {
	Kind string
	// New returns a pointer to a new value.
	New func() Connector
}

// DialFunc opens a byte stream to an address as seen from some machine.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Start is what a Connector gets to work with. None of its functions is nil,
// but for Dial.
type Start struct {
	// Dial reaches the network: for a ThroughConnector from the machine of the
	// context that it goes through. nil means that this process reaches it
	// itself.
	Dial   DialFunc
	Agents AgentSource
	// ProcessName is the child's argv[0]: "mitoplan:NAME:USER@HOST:PID", where
	// NAME is that of its context.
	ProcessName string
	// Token is random. The child prints it right before its first frame.
	Token string
	// Phase is told what the connector is doing now, for error reports: PhaseDial
	// to PhaseGreeting, or one of its own.
	Phase func(Phase)
	// Pause stops the clock of the start, for at most bound, while something is waited
	// for that says nothing about the host: an agent that is built. resume starts
	// the clock again with the time that was left.
	Pause func(bound time.Duration) (resume func())
	// Ask is called when a person has to do something here and now, such as touching a
	// security key. what says it to that person, as a sentence: it is logged at once, and
	// is in Progress as long as nobody has done it. The clock of the start stands until
	// answered is called, for at most AskedFor.
	Ask func(what string) (answered func())
	// Within says how long the start may go on from now on without progress, unless
	// the caller of Connect said it.
	Within func(limit time.Duration)
	// Progress begins the time without progress again, because the other side has
	// said something that brings the start on. What this process has written is no
	// progress, because it may still be in buffers on the way. Phase does the same if
	// the phase is a new one.
	Progress func()
	// Push is called when an agent of size bytes is about to be sent. The start then
	// has 1 s more in all for each 4 KiB. arrived tells how much of it the host says
	// that it has: more than before is progress. Calling done says that the host has
	// it all, or wants no more.
	Push func(size int64) (arrived func(n int64), done func())
	// Warn is told of what a person should know although the start goes on,
	// such as a line of a file that was left out. The caller of Connect finds
	// it in Context.Warnings, also if the start fails. Any goroutine may call
	// it.
	Warn func(w Problem)
	// Log takes what happens, for who wants to know why the start does not come to an end.
	// nil takes everything and shows nothing.
	Log *StartLog
	// Slots says when it is the turn of this start to do what many starts compete
	// for. nil lets everything through at once.
	Slots *Slots
}

// ErrForwardingRefused is wrapped by the error of a Link's Dial if the far side
// carries no forwarded connections. The agent's tunnel is used then.
var ErrForwardingRefused = errors.New("forwarding refused")

// Link is a child that was started. The next bytes of R are frames: the line
// with the token has been read.
type Link struct {
	R io.Reader
	W io.Writer
	// Close ends the byte stream. It unblocks reads of R and writes to W.
	Close func() error
	// Wait blocks until the process or channel has ended. It is called once.
	Wait func() Exit
	// Kill signals the process, as well as it can; nil if nothing can be
	// signalled.
	Kill func(os.Signal) error
	// Dial forwards a connection through the link itself; nil if the link
	// cannot.
	Dial DialFunc
	// Login says by which keys the connector logged in; nil if it does not log in anywhere.
	Login *Login
	// LastWords returns the last few KiB of standard error or noise; may be
	// nil.
	LastWords func() []byte
}

// Login says by which keys a connector logged in to a host, each by its fingerprint as
// ssh-keygen prints it: SHA256:... .
type Login struct {
	// Keys are those that signed; Authorities are those that signed certificates of them.
	Keys, Authorities []string
	// Unknown is set if there may be others that are not told.
	Unknown bool
}

// AgentSource says where agent images come from.
type AgentSource interface {
	Agent(ctx context.Context, goos, goarch string) (*AgentImage, error)
}

// AgentImage is an agent's executable for one platform.
type AgentImage struct {
	// SHA256 is of the uncompressed file and names it in caches on hosts.
	SHA256 [32]byte
	Gzip   []byte
	// Size is that of the uncompressed file, in bytes.
	Size int64
}
