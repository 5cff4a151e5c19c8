package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Connector starts one context. Values are plain structs that CBOR can encode,
// so that a parent elsewhere in the tree can start them when asked from above.
type Connector interface {
	// Kind is the name in a configuration: "local", "sudo", "ssh".
	Kind() string
	// Start runs in the parent's process. The end of ctx covers
	// everything up to the child's greeting; where ctx ends first, Start ends
	// whatever it began.
	Start(ctx context.Context, s Start) (*Link, error)
}

// ThroughConnector is a Connector that always runs in the controller, over
// bytes that the via context carries. Its context is the controller's own
// child.
type ThroughConnector interface {
	Connector
	Through() bool
}

// ConnectorType makes empty connectors of one kind, to decode requests into.
type ConnectorType struct {
	Kind string
	// New returns a pointer to a new value.
	New func() Connector
}

// DialFunc opens a byte stream to an address as seen from some machine.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Start is what a Connector gets to work with.
type Start struct {
	// Dial reaches the network: for a ThroughConnector with a via context
	// from that context's machine. nil is the process' own reach.
	Dial   DialFunc
	Agents AgentSource
	Log    hclog.Logger
	// ProcessName is the child's argv[0]: "mitoplan:USER@HOST:PID".
	ProcessName string
	// Token is random; the child prints it right before its first frame.
	Token string
	// Phase is told what the connector is doing now, for error reports: "dial",
	// "handshake", "auth", "session", "bootstrap", "image", "push", "greeting". Never nil.
	Phase func(name string)
	// Pause stands the hop's time, for at most bound, while something is waited
	// for that says nothing about the host; the result lets it go on. Never nil.
	Pause func(bound time.Duration) (resume func())
	// Within gives the hop this much time from now on, where the caller of Connect
	// did not say how much it has. Never nil.
	Within func(limit time.Duration)
	// Warn is told of what a person should know although the start goes on, such
	// as a line of a file that was left out. The caller of Connect finds it in
	// Context.Warnings, also where the start fails. Never nil; any goroutine may
	// call it.
	Warn func(w kind.Problem)
}

// ErrForwardingRefused is what a Link's Dial wraps where the far side carries
// no forwarded connections; the agent's tunnel is used then.
var ErrForwardingRefused = errors.New("forwarding refused")

// Link is a started child. The next bytes of R are frames: the line with the
// token has been read.
type Link struct {
	R io.Reader
	W io.Writer
	// Close ends the byte stream. It unblocks reads of R and writes to W.
	Close func() error
	// Wait blocks until the process or channel ended. Called once.
	Wait func() Exit
	// Kill is best effort; nil where nothing can be signalled.
	Kill func(os.Signal) error
	// Dial forwards a connection through the link itself; nil: it can not.
	Dial DialFunc
	// LastWords are the last few KiB of stderr or noise; may be nil.
	LastWords func() []byte
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
	// Size is that of the uncompressed file.
	Size int64
}
