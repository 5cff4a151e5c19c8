package resource

import (
	"time"

	"github.com/fxamacker/cbor/v2"
)

// CheckRequest asks what a resource would change.
type CheckRequest struct {
	// Plan names the overlay that the check belongs to; Address is its own
	// name there.
	Plan    string `cbor:"plan"`
	Address string `cbor:"address"`
	Kind    string `cbor:"kind"`
	// Args are the arguments that are known; Unknown names those that will be
	// known after apply and are absent from Args.
	Args    cbor.RawMessage `cbor:"args"`
	Unknown []string        `cbor:"unknown,omitempty"`
	// After names the direct predecessors on this machine. The check sees their
	// effects, and those of everything that comes before them.
	After []string `cbor:"after,omitempty"`
	// Attempt counts the checks of one action in a plan. What a later one found
	// counts, whichever ends first.
	Attempt int `cbor:"attempt,omitempty"`
	// Results asks for computed results that are content, too. It is set if
	// another block refers to them.
	Results bool `cbor:"results,omitempty"`
	// Deltas are effects of predecessors in other contexts of the machine.
	Deltas []Delta `cbor:"deltas,omitempty"`
	// Key is the key of the fingerprint.
	Key []byte `cbor:"key,omitempty"`
	// Paranoid has every file read whose content counts, also if it seems unchanged
	// since its digest was kept on the host.
	Paranoid bool `cbor:"paranoid,omitempty"`
	// From is where contents come from that Args only name. It is set by the agent
	// and does not cross the wire.
	From Puller `cbor:"-"`
}

// CheckReply answers a CheckRequest.
type CheckReply struct {
	Change Change `cbor:"change"`
}

// ApplyRequest asks to make a change that was checked before.
type ApplyRequest struct {
	Session string          `cbor:"run"`
	Address string          `cbor:"address"`
	Kind    string          `cbor:"kind"`
	Args    cbor.RawMessage `cbor:"args"`
	// Fingerprint is what the check returned. If the thing differs now,
	// the answer is a kind.Problem with the code "moved" and nothing is
	// written. Empty means that there is nothing to compare with.
	Fingerprint string `cbor:"fingerprint,omitempty"`
	Key         []byte `cbor:"key,omitempty"`
	// Paranoid has every file read whose content counts, also if it seems unchanged
	// since its digest was kept on the host.
	Paranoid bool `cbor:"paranoid,omitempty"`
	// From is where contents come from that Args only name. It is set by the agent
	// and does not cross the wire.
	From Puller `cbor:"-"`
}

// ApplyReply answers an ApplyRequest with what was really done.
type ApplyReply struct {
	Change Change `cbor:"change"`
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
