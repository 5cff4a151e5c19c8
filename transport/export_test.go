package transport

import "io"

// Handles and flags for tests that play a hostile child.
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

// Raw reads and writes bare frames.
type Raw struct {
	r *frameReader
	w io.Writer
}

// NewRaw wraps a byte stream.
func NewRaw(rw io.ReadWriter) *Raw { return &Raw{newFrameReader(rw), rw} }

// Read reads a frame.
func (r *Raw) Read() (*Message, error) { return r.r.read() }

// Write writes a frame.
func (r *Raw) Write(flags uint8, m *Message) error {
	m.flags = flags
	_, err := r.w.Write(m.appendTo(nil))
	return err
}

// Greet plays the child's side of the greeting and returns its address.
func (r *Raw) Greet() (Address, error) {
	data, _ := Marshal(greetingPayload{Protocol: Protocol, Facts: Greeting{User: "mallory"}})
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

// EncodeReply is the payload of a reply with that value.
func EncodeReply(v any) []byte {
	out, _ := Marshal(v)
	data, _ := Marshal(replyPayload{Out: out})
	return data
}

// EncodeLost is the payload of a word about a child's end.
func EncodeLost(a Address) []byte {
	data, _ := Marshal(lostPayload{a, &LostError{Cause: "made up"}})
	return data
}

// SetupFrame is a parent's answer to a greeting.
func SetupFrame() *Message {
	data, _ := Marshal(setupPayload{Protocol: Protocol, Address: Address{}.Child(1, 0), Interval: 5e9, Timeout: 15e9, KillDelay: 5e9, Shutdown: 10e9})
	return &Message{Handle: handleSetup, Data: data}
}

// IsPart reports whether the frame is a fragment.
func IsPart(m *Message) bool { return m.flags&flagPart != 0 }

// Waiting is how much of what the context said waits for its turn, and the
// bytes of the entries among it.
func Waiting(c *Context) (n int, bytes int64) { return c.mail.length(), c.logs.Load() }

// Held is how many events a Select has room for.
func (s *Select) Held() int { return cap(s.ready) }

// EncodeLog is the payload of an entry.
func EncodeLog(text string) []byte {
	data, _ := Marshal(logPayload{Level: 3, Message: text})
	return data
}

// MaxLogBytes is how much of one context may wait to be shown.
const MaxLogBytes = logBytes

// Unconsumed is how many bytes of the context's connection wait in this
// process, those of unfinished messages not counted.
func Unconsumed(c *Context) int64 { return c.account.bytes.Load() }

// Values is how many bytes of the host's values are held.
func Values(c *Context) int64 { return c.account.values.Load() }

// Queued is how many bytes wait to be written to a child of this process.
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

// Handle is that of a receiver.
func (r *Receiver) Handle() uint32 { return r.handle }

// Users is how many contexts may send to the receiver.
func (r *Receiver) Users() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users)
}

// EncodeEntry is the payload of an entry with these pairs.
func EncodeEntry(name, text string, pairs ...string) []byte {
	data, _ := Marshal(logPayload{Level: 3, Name: name, Message: text, Pairs: pairs})
	return data
}

// EncodeError is the payload of a reply with an error.
func EncodeError(e *RemoteError) []byte {
	data, _ := Marshal(replyPayload{Err: toWire(e)})
	return data
}

// RawReply is the payload of a reply whose value has these bytes.
func RawReply(out []byte) []byte {
	data, _ := Marshal(replyPayload{Out: out})
	return data
}

// Path is an address on the wire.
func Path(a Address) []byte { return []byte(a.path) }

// Bounds that tests hold others to.
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
)

// MakeSender is a sender as a host may make it up.
func MakeSender(to Address, handle uint32) Sender { return Sender{to: to, handle: handle} }
