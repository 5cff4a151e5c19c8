package resource

import (
	"cmp"
	"io"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport"
)

// CheckRequest asks what a resource would change.
type CheckRequest struct {
	// Plan and Key name the overlay that the check belongs to; Address is its own
	// name there.
	Plan    string `cbor:"p,omitempty"`
	Address string `cbor:"n"`
	// Kind may be left out if it is the first word of the address.
	Kind string `cbor:"k,omitempty"`
	// Args are the arguments that are known; Unknown names those that will be
	// known after apply and are absent from Args.
	Args    cbor.RawMessage `cbor:"a"`
	Unknown []string        `cbor:"u,omitempty"`
	// After names the direct predecessors on this machine. The check sees their
	// effects, and those of everything that comes before them.
	After []string `cbor:"b,omitempty"`
	// Attempt counts the checks of one action in a plan. What a later one found
	// counts, whichever ends first.
	Attempt int `cbor:"t,omitempty"`
	// Results asks for computed results that are content, too. It is set if
	// another block refers to them.
	Results bool `cbor:"r,omitempty"`
	// Deltas are effects of predecessors in other contexts of the machine.
	Deltas []Delta `cbor:"d,omitempty"`
	// Marked are parts of the thing that other blocks keep between two marks.
	Marked []Marked `cbor:"w,omitempty"`
	// End is set if what the arguments made is to be taken away.
	End *End `cbor:"e,omitempty"`
	// Login is how the connection logged in that leads to the machine, if the kind asks.
	Login *Login `cbor:"l,omitempty"`
	// Key is the key of fingerprints and digests. It is nil on the wire if it is that
	// of Shared, which the agent puts in.
	Key []byte `cbor:"m,omitempty"`
	// Paranoid and From do not cross the wire with the request. From is where contents
	// come from that Args only name. See Take.
	Paranoid bool        `cbor:"-"`
	From     pull.Puller `cbor:"-"`
}

// Login is how a connection logged in: as whom, and by which keys. Keys are told by their
// fingerprints, as ssh-keygen prints them.
type Login struct {
	User string `cbor:"u"`
	// Keys are those that signed, with or without a certificate; Authorities are those that
	// signed the certificates.
	Keys        []string `cbor:"k,omitempty"`
	Authorities []string `cbor:"a,omitempty"`
	// Unknown is set if it logged in without saying how.
	Unknown bool `cbor:"x,omitempty"`
}

// Marked is a part of a thing that another block keeps between two marks.
type Marked struct {
	// Marker is what is around it, as the block has it, and By names the block.
	Marker string `cbor:"m"`
	By     string `cbor:"b"`
}

// kind is the kind of what is checked.
func (r CheckRequest) kind() string {
	first, _, _ := strings.Cut(r.Address, ".")
	return cmp.Or(r.Kind, first)
}

// CheckReply answers a CheckRequest. Whoever receives one takes Received, in which the
// contents have still to be put back.
type CheckReply struct {
	Change Change     `cbor:"-"`
	Wire   wireChange `cbor:"c"`
}

// MarshalCBOR encodes the change.
func (r CheckReply) MarshalCBOR() ([]byte, error) {
	return transport.Marshal(sentReply{Wire: toWire(r.Change)})
}

// sentReply is a CheckReply or an ApplyReply as it is sent.
type sentReply struct {
	Wire    wireChange             `cbor:"c"`
	Then    []ApplyReply           `cbor:"t,omitempty"`
	Why     *transport.RemoteError `cbor:"p,omitempty"`
	Refused int                    `cbor:"r,omitempty"`
	Unsure  bool                   `cbor:"u,omitempty"`
}

// Received is the change that came, of a block of that kind with those arguments.
func (r CheckReply) Received(k *kind.Kind, args map[string]any) Change {
	return r.Wire.change(k, args)
}

// ApplyRequest asks to make a change that was checked before.
type ApplyRequest struct {
	Session string          `cbor:"s"`
	Address string          `cbor:"n"`
	Kind    string          `cbor:"k"`
	Args    cbor.RawMessage `cbor:"a"`
	// Fingerprint is what the check returned. If the thing differs now,
	// the answer is a kind.Problem with the code "moved" and nothing is
	// written. Empty means that there is nothing to compare with.
	Fingerprint string `cbor:"f,omitempty"`
	// Hidden are the arguments of a Brought that no message may show.
	Hidden []string `cbor:"h,omitempty"`
	// End is that of CheckRequest.
	End *End `cbor:"e,omitempty"`
	// Then are the actions that follow in an ordered batch, on the same path. They have no
	// Session, and nothing in Then.
	Then []ApplyRequest `cbor:"t,omitempty"`
	// Whole is set if the first of a batch writes all of the file, so that it would undo those
	// behind it: if one of them fails, the file stays as it is.
	Whole bool `cbor:"w,omitempty"`
	// Bare leaves out results that are content, to which no other block refers: each edit of a
	// batch would answer with the whole file.
	Bare bool `cbor:"b,omitempty"`
	// Login, Key, Paranoid and From are those of CheckRequest. Pipe leads to the controller,
	// which brings a content over it; see Brought.
	Login    *Login        `cbor:"l,omitempty"`
	Key      []byte        `cbor:"m,omitempty"`
	Paranoid bool          `cbor:"-"`
	From     pull.Puller   `cbor:"-"`
	Pipe     io.ReadWriter `cbor:"-"`
}

// ApplyReply answers an ApplyRequest with what was really done. Over the wire goes what
// is looked at of that: what was done, to which things, results, traits and what is kept.
type ApplyReply struct {
	Change Change     `cbor:"-"`
	Wire   wireChange `cbor:"c"`
	// Then answers the actions of ApplyRequest.Then, up to the first that failed.
	Then []ApplyReply `cbor:"t,omitempty"`
	// Why is why an action in Then failed, or the batch.
	Why *transport.RemoteError `cbor:"p,omitempty"`
	// Refused is the number of the action in Then, from 1, for which nothing of a batch was done;
	// 0 if there is none. Unsure is set if its write failed, and the file is another now.
	Refused int  `cbor:"r,omitempty"`
	Unsure  bool `cbor:"u,omitempty"`
}

// MarshalCBOR encodes what is looked at of the change.
func (r ApplyReply) MarshalCBOR() ([]byte, error) {
	c := Change{Op: r.Change.Op, Writes: r.Change.Writes, Results: r.Change.Results, Warnings: r.Change.Warnings, Traits: r.Change.Traits, Leaves: r.Change.Leaves}
	c.Made, c.Kept, c.Stays = r.Change.Made, r.Change.Kept, r.Change.Stays
	return transport.Marshal(sentReply{toWire(c), r.Then, r.Why, r.Refused, r.Unsure})
}

// Received is the change of a block of that kind that came.
func (r ApplyReply) Received(k *kind.Kind) Change {
	return r.Wire.change(k, nil)
}

// LockRequest asks for the lock of the machine, to be held until the agent
// ends. Holder is the text that others are shown while they wait.
type LockRequest struct {
	Session string        `cbor:"run"`
	Holder  string        `cbor:"holder"`
	Wait    time.Duration `cbor:"wait,omitempty"`
}

// LockReply answers a LockRequest: the lock is held.
type LockReply struct{}
