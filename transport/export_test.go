package transport

import (
	"context"
	"io"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Handles and flags, for tests that play a hostile child.
const (
	HandleGreeting  = handleGreeting
	HandleSetup     = handleSetup
	HandleCall      = handleCall
	HandleHeartbeat = handleHeartbeat
	HandleSpawn     = handleSpawn
	HandleLog       = handleLog
	HandleLost      = handleLost
	HandleCancel    = handleCancel
	FlagPart        = flagPart
	FlagDead        = flagDead
)

// Raw reads and writes single frames, without streams or routing.
type Raw struct {
	r *frameReader
	w io.Writer
}

// NewRaw makes a Raw on a byte stream.
func NewRaw(rw io.ReadWriter) *Raw { return &Raw{newFrameReader(rw, aheadOfChild), rw} }

// Read reads a frame. Marks are sent back, and heard of by nobody.
func (r *Raw) Read() (*Message, error) {
	for {
		m, err := r.r.read()
		if err != nil || m.Handle != handleMark {
			return m, err
		}
		if m.flags&flagCredit == 0 {
			if err := r.Write(flagCredit, &Message{Src: m.Dst, Dst: m.Src, Handle: handleMark, Data: m.Data}); err != nil {
				return nil, err
			}
		}
	}
}

// Write writes a frame.
func (r *Raw) Write(flags uint8, m *Message) error {
	m.flags = flags
	_, err := r.w.Write(m.appendTo(nil))
	return err
}

// Greet plays the child's side of the greeting and returns its address.
func (r *Raw) Greet() (Address, error) { return r.GreetAs(Protocol) }

// GreetAs is Greet for a child that speaks another protocol.
func (r *Raw) GreetAs(protocol int) (Address, error) {
	data, _ := Marshal(greetingPayload{Protocol: protocol, Facts: Greeting{User: "mallory"}})
	if err := r.Write(0, &Message{Handle: handleGreeting, Data: data}); err != nil {
		return Address{}, err
	}
	m, err := r.Read()
	if err != nil {
		return Address{}, err
	}
	var p setupPayload
	err = Unmarshal(m.Data, &p)
	return p.Address, err
}

// EncodeReply encodes the payload of a reply with the value v.
func EncodeReply(v any) []byte {
	out, _ := Marshal(v)
	data, _ := Marshal(replyPayload{Out: out})
	return data
}

// EncodeLost encodes the payload that reports the loss of the child at a.
func EncodeLost(a Address) []byte {
	data, _ := Marshal(lostPayload{a, &LostError{Cause: "made up"}})
	return data
}

// SetupFrame makes the frame with which a parent answers a greeting.
func SetupFrame() *Message {
	data, _ := Marshal(setupPayload{Protocol: Protocol, Address: Address{}.Child(1, 0), Interval: 5e9, Timeout: 15e9, KillDelay: 5e9, Shutdown: 10e9})
	return &Message{Handle: handleSetup, Data: data}
}

// IsPart reports whether the frame is a fragment.
func IsPart(m *Message) bool { return m.flags&flagPart != 0 }

// Waiting returns how many items from the context wait in its mailbox, and how many
// bytes of log entries are among them.
func Waiting(c *Context) (n int, bytes int64) { return c.mail.length(), c.logs.Load() }

// Held returns how many events the Select has room for.
func (s *Select) Held() int { return cap(s.ready) }

// EncodeLog encodes the payload of a log entry.
func EncodeLog(text string) []byte {
	data, _ := Marshal(logPayload{Level: 3, Message: text})
	return data
}

// LogAboutFrame makes a frame with an entry of a context about a child that has that last hop and
// that name.
func LogAboutFrame(self Address, hop, name string) *Message {
	data, _ := Marshal(logPayload{Level: 3, Name: name, Message: "forged", Child: []byte(hop)})
	return &Message{Src: self, Handle: handleLog, Data: data}
}

// MaxLogBytes is how many bytes of one context's log entries may wait to be shown.
const MaxLogBytes = logBytes

// Unconsumed returns how many bytes that arrived over the context's connection
// nobody here has consumed yet. Unfinished messages are not counted.
func Unconsumed(c *Context) int64 { return c.account.bytes.Load() }

// Values returns how many bytes of decoded values from this host are held.
func Values(c *Context) int64 { return c.account.values.Load() }

// Queued returns how many bytes wait to be written to a child of this process.
func Queued(c *Context) int {
	c.broker.mu.Lock()
	s := c.child.stream
	c.broker.mu.Unlock()
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queued
}

// Handle returns the receiver's handle.
func (r *Receiver) Handle() uint32 { return r.handle }

// Users returns how many contexts may send to the receiver.
func (r *Receiver) Users() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users)
}

// EncodeEntry encodes the payload of a log entry with these pairs.
func EncodeEntry(name, text string, pairs ...string) []byte {
	data, _ := Marshal(logPayload{Level: 3, Name: name, Message: text, Pairs: pairs})
	return data
}

// EncodeError encodes the payload of a reply with an error.
func EncodeError(e *RemoteError) []byte {
	data, _ := Marshal(replyPayload{Err: toWire(e)})
	return data
}

// RawReply encodes the payload of a reply whose value is these bytes.
func RawReply(out []byte) []byte {
	data, _ := Marshal(replyPayload{Out: out})
	return data
}

// Path encodes an address as it is on the wire.
func Path(a Address) []byte { return []byte(a.path) }

// Bounds, handles and flags of the wire that tests compare with.
const (
	MaxUnconsumed  = maxUnconsumed
	MaxDecoded     = maxDecoded
	HoardTime      = hoardTime
	EntryBurst     = entryBurst
	HandleBye      = handleBye
	HandleShutdown = handleShutdown
	HandleCredit   = handleCredit
	FlagFin        = flagFin
	FlagCredit     = flagCredit
	FlagBulk       = flagBulk
	SenderWindow   = queue.Sender
)

// MakeSender makes a sender for any address and handle, as a lying host could.
func MakeSender(to Address, handle uint32) Sender { return Sender{to: to, handle: handle} }

// Pulling is how many pulls of children run.
func Pulling(b *Broker) int {
	b.pulls.mu.Lock()
	defer b.pulls.mu.Unlock()
	return len(b.pulls.running)
}

// Flags, handles and payloads for tests that play a hostile child or parent.
const (
	HandlePull       = handlePull
	FlagReset        = flagReset
	PullPatience     = pullPatience
	PullsOfOne       = pullsOfOne
	PullsOfNeighbour = pullsOfNeighbour
	PullQueue        = pullQueue
)

// Flags are those of a frame.
func Flags(m *Message) uint8 { return m.flags }

// EncodePull is the payload of a request for a blob.
func EncodePull(blob Blob, offset int64, asker Address, window int) []byte {
	data, _ := Marshal(pullPayload{blob, offset, asker, window})
	return data
}

// EncodeNoBlob is the payload of a dead frame that gives a reason.
func EncodeNoBlob(reason BlobReason) []byte {
	data, _ := Marshal(replyPayload{Err: &wireError{Blob: &BlobError{Reason: reason}}})
	return data
}

// EncodeCall is the payload of a call.
func EncodeCall(f Function, in any, id uint32) []byte {
	raw, _ := Marshal(in)
	data, _ := Marshal(callPayload{Func: f.FuncName(), In: raw, Low: id})
	return data
}

// DecodeReply decodes the payload of a reply.
func DecodeReply(data []byte, out any) error {
	var p replyPayload
	if err := Unmarshal(data, &p); err != nil {
		return err
	}
	if p.Err != nil {
		return p.Err.error(nil)
	}
	return Unmarshal(p.Out, out)
}

// WithFlags gives a frame flags.
func WithFlags(m *Message, flags uint8) *Message { m.flags = flags; return m }

// RunContext is ctx as Run gives it to its function, for senders that came from contexts.
func RunContext(ctx context.Context, b *Broker) context.Context {
	return context.WithValue(ctx, runningKey{}, NewRouter(b))
}
