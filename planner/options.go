package planner

import (
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Options are the inputs of a plan besides the configuration.
type Options struct {
	// Vars are the values of the variables, with their marks.
	Vars map[string]cty.Value
	// Facts is the schema of what a context says when it starts.
	Facts kind.Schema
	// Prior is what was recorded by earlier applies; nil if nothing was.
	Prior Prior
	// Time is when the plan is made.
	Time time.Time
	// Key is the HMAC key of this plan's digests; RecordKey is that of what is
	// recorded.
	Key, RecordKey []byte
	// Targets and Excludes are addresses of blocks or instances, as they were
	// given. That of a context means everything on it and below.
	Targets, Excludes []string
	// Learned is told the sensitive strings of arguments as they become known,
	// before any host is; nil if nobody needs them.
	Learned func(secrets ...string)
	// Files are files of the controller that no call may save to, beside those of the
	// configuration: what each is, in words, by absolute path.
	Files map[string]string
	// Drift leaves out calls that are not read-only.
	Drift bool
	// Destroy has everything leave that is recorded. Nothing of the configuration is
	// planned but the contexts that this needs.
	Destroy bool
}

// Prior is what a plan asks of the record of earlier applies. The executor makes
// it of the state, or of what a plan file kept of the state. It is only read,
// and does not change while a plan is made.
type Prior interface {
	Lookup(address string) (Recorded, bool)
	Addresses() []string
	// Interrupted are the addresses whose things applies had begun to make and nobody saw
	// the end of. LookupBegun returns what is known of such a thing, which no Lookup does:
	// that of its address may be of another one.
	Interrupted() []string
	LookupBegun(address string) (Recorded, bool)
	// Debts are what calls owe: the things whose change they have still to
	// answer, by the address of an instance or a block.
	Debts() map[string][]string
	// Thing are digests of how applies left a thing of a machine, nil if that
	// is not recorded. Begun are those of how it was before each action on it
	// whose end nobody saw.
	Thing(machine string, thing kind.Thing) map[string]string
	Begun(machine string, thing kind.Thing) []map[string]string
	// Left is what tells whether a thing is as an apply left it: Thing, and for each action on
	// it whose end nobody saw how that would have left it, nil if that is not recorded. It is
	// asked of what departs, also while a saved plan is made again.
	Left(machine string, thing kind.Thing) (state map[string]string, unseen [][]resource.Trait)
	// Old reports whether the record is of a version that did not keep what
	// was asked to be absent.
	Old() bool
	// Output is the recorded value of an output, cty.NilVal of one that is
	// recorded as sensitive.
	Output(name string) (value cty.Value, recorded bool)
	// Outputs are the names of all recorded outputs.
	Outputs() []string
}

// Recorded is what is known of one address from an earlier apply.
type Recorded struct {
	// Args are digests of the arguments, by name. Digest is what earlier versions
	// recorded instead: one of all of them, secrets left out. Triggers is of the
	// values of the argument triggers.
	Args     map[string]string `cbor:"args,omitempty"`
	Digest   string            `cbor:"digest,omitempty"`
	Triggers string            `cbor:"triggers,omitempty"`
	// Absent is true if the thing was asked to be absent.
	Absent bool `cbor:"absent,omitempty"`
	// Secret are the attributes that were made of a sensitive value then: what
	// is there now may still hold it.
	Secret []string `cbor:"secret,omitempty"`
	// Kind, Machine, Thing and Identity say what was recorded: a thing of a
	// machine, as its host resolved it, and the arguments that name it. LeadsTo
	// is where the machine was: "pid 12, through host 10.0.0.11"; "" if it is
	// that of the controller or not known. Applied is when that was.
	Kind     string            `cbor:"kind,omitempty"`
	Machine  string            `cbor:"machine,omitempty"`
	LeadsTo  string            `cbor:"leads_to,omitempty"`
	Thing    kind.Thing        `cbor:"thing,omitempty"`
	Identity map[string]string `cbor:"identity,omitempty"`
	Applied  time.Time         `cbor:"applied"`
	// Context is where it was applied, and DependsOn the addresses that it came after.
	// Created is true if an apply made the thing, and false if it was there before.
	Context   string   `cbor:"context,omitempty"`
	DependsOn []string `cbor:"depends_on,omitempty"`
	Created   bool     `cbor:"created,omitempty"`
	// End is what taking the thing away needs; nil if an earlier version recorded it.
	End *RecordedEnd `cbor:"end,omitempty"`
	// Begun is how an apply would have left a thing that it was to make, if nobody saw how
	// that ended; see Prior.LookupBegun. No secret is in it.
	Begun []resource.Trait `cbor:"begun,omitempty"`
	// Unanswered is true if an apply began something on it and nobody saw how
	// that ended.
	Unanswered bool `cbor:"-"`
	// Another is true if what was recorded at its address before is another thing: how
	// that came under management says nothing of this one.
	Another bool `cbor:"-"`
	// BegunAnother is the same of what an apply had begun to make at its address.
	BegunAnother bool `cbor:"-"`
}

// RecordedEnd is what the record keeps of a resource so that its thing can be taken away
// when the block is gone. No secret is in it.
type RecordedEnd struct {
	// Args are the values of kind.Kind.EndArgs. Secret names those that are needed and were
	// secrets.
	Args   map[string]any `cbor:"args,omitempty"`
	Secret []string       `cbor:"secret,omitempty"`
	// Kept is what the host said of its change for the end. It is nil if no apply has
	// changed the thing.
	Kept *resource.Kept `cbor:"kept,omitempty"`
}
