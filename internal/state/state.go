package state

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Version is the format of the state and of the journal that this program
// writes. It reads this one and older ones; the package comment has the list.
const Version = 5

// complete is the first format in which everything that was applied has an instance.
const complete = 3

// Origin says how a recorded thing came under management. Only what was
// created is ever removed again.
type Origin string

// The two origins.
const (
	Created Origin = "created"
	Adopted Origin = "adopted"
)

// State is what is known about earlier applies: an instance for each address, how
// their things were left, which calls are owed, and which actions have no known
// end. Store.Load reads it, or makes an empty one for a new project. During an
// apply, the Writer of Store.Begin updates it with each line of the journal, and
// Store.Save writes it. One goroutine owns it at a time. It is never the truth
// about a host, and it holds no secret.
type State struct {
	Version int `json:"version"`
	// Serial rises when what is recorded changes, and never otherwise. It is 0
	// until something is recorded. Lineage is a random text that is chosen once,
	// so that the state of another project is never taken for this one.
	Serial  uint64 `json:"serial"`
	Lineage string `json:"lineage"`
	// Salt is the random key that digests in the record are made with. Equal
	// arguments of two projects have different digests, and nobody can find the
	// value behind a digest by trying values without this file.
	Salt string `json:"salt"`
	// Tool is the version of mitoplan that wrote the file.
	Tool string `json:"tool"`
	// Instances are by address.
	Instances map[string]*Instance `json:"records"`
	Outputs   map[string]Output    `json:"outputs"`
	// Unanswered are the intents of earlier applies whose action failed or has no
	// known end, by address. If a thing was absent before such an intent and is
	// there now, the apply created it. An entry is removed when a later apply
	// succeeds at the address, and not when it begins, so that it can be looked
	// up while that apply runs.
	Unanswered map[string]Intent `json:"unanswered,omitempty"`
	// Debts are the changes that a call has still to run for, by the address of
	// the call.
	Debts map[string]Debt `json:"debts,omitempty"`
	// Things are what applies left on hosts, by machine and thing:
	// "path:/etc/motd", "user:app".
	Things map[string]map[kind.Thing]*Thing `json:"things,omitempty"`

	// pending are the intents of the running apply; see fold.go.
	pending map[string]Intent
	found   bool
	// content is the digest of the content that has the serial Serial. unsaved
	// is true if the file does not hold that content yet.
	content [sha256.Size]byte
	folded  bool // a line of a journal said something
	unsaved bool
	damage  string // see Damage
	old     bool   // see Old
}

// Instance is what is known about one instance of a resource or call as it was
// applied last. An apply replaces it as a whole when the action succeeds, and
// removes it when the address is to be forgotten. It holds digests of arguments,
// and of their values only those that End needs.
type Instance struct {
	Address string `json:"address"`
	Block   string `json:"block"`
	Kind    string `json:"kind"`
	// Context is the address of the context it was applied in; Machine that
	// of the outermost context on the same machine.
	Context string `json:"context"`
	Machine string `json:"machine,omitempty"`
	// LeadsTo is where the machine was, by the arguments of the contexts on the way
	// to it: "host 10.0.0.11".
	LeadsTo string `json:"leads_to,omitempty"`
	// Identity are the things it claims, e.g. "path": "/etc/motd".
	Identity map[string]string `json:"identity,omitempty"`
	// Thing is the thing that it manages, "path:/etc/motd"; see State.Things.
	Thing kind.Thing `json:"thing,omitempty"`
	// Absent is true if the configuration asked for the thing to be absent.
	Absent bool `json:"absent,omitempty"`
	// Args are digests of the arguments that were applied, by name. Formats 1
	// and 2 have Digest instead: one digest of all arguments that are no secret.
	Args   map[string]string `json:"args,omitempty"`
	Digest string            `json:"digest,omitempty"`
	// Secret are the attributes that were made of a sensitive value.
	Secret []string `json:"secret,omitempty"`
	Origin Origin   `json:"origin,omitempty"`
	// Begun is how an apply would have left the thing that it was to make, if nobody saw
	// how that ended; nil of all others.
	Begun []Trait `json:"begun,omitempty"`
	// End is what taking its thing away needs; nil if an earlier version recorded it.
	End       *End     `json:"end,omitempty"`
	DependsOn []string `json:"depends_on,omitempty"`
	// Triggers is a digest of `triggers` at the last successful run.
	Triggers string    `json:"triggers,omitempty"`
	Applied  time.Time `json:"applied,omitzero"`
}

// Output is one output value as of the last apply. Type and Value are cty's
// JSON forms; a sensitive output has neither.
type Output struct {
	Sensitive bool            `json:"sensitive,omitempty"`
	Type      json.RawMessage `json:"type,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`
}

// New returns the empty state of a new project.
func New() *State {
	s := &State{Version: Version, Lineage: random(), Salt: random(), unsaved: true}
	s.init()
	s.content, _ = s.digest() // an empty state can be encoded
	return s
}

// Found reports whether there was a state to read, as opposed to a first apply.
func (s *State) Found() bool { return s != nil && s.found }

// Damage says which part of the journal could not be read, "" if nothing is wrong.
// The state is usable all the same. It may be called on nil.
func (s *State) Damage() string {
	if s == nil {
		return ""
	}
	return s.damage
}

// Old reports whether the state was written in a format in which some of what was
// applied has no instance.
func (s *State) Old() bool { return s != nil && s.old }

// Key returns the key of the record's digests. It may be called on nil.
func (s *State) Key() []byte {
	if s == nil {
		return nil
	}
	return []byte(s.Salt)
}

// Instance returns what is known about an address, or nil. It may be called on nil.
func (s *State) Instance(address string) *Instance {
	if s == nil {
		return nil
	}
	return s.Instances[address]
}

// Addresses returns those of all instances, sorted. It may be called on nil.
func (s *State) Addresses() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Instances))
}

func (s *State) init() {
	if s.Instances == nil {
		s.Instances = map[string]*Instance{}
	}
	if s.Outputs == nil {
		s.Outputs = map[string]Output{}
	}
	if s.Unanswered == nil {
		s.Unanswered = map[string]Intent{}
	}
	if s.Debts == nil {
		s.Debts = map[string]Debt{}
	}
	if s.Things == nil {
		s.Things = map[string]map[kind.Thing]*Thing{}
	}
	s.tidyThings()
	s.tidyDebts()
	if s.Salt == "" {
		s.Salt = random()
	}
	s.pending = map[string]Intent{}
}

func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; crypto/rand says so
	return hex.EncodeToString(b[:])
}
