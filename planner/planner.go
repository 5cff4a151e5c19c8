package planner

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Options are the inputs of a plan besides the configuration.
type Options struct {
	// Vars are the values of the variables, with their marks.
	Vars map[string]cty.Value
	// Facts is the schema of what a context says when it starts.
	Facts kind.Schema
	// Prior is what was recorded by earlier applies; nil where nothing was.
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
	// before any host is; nil where nobody needs them.
	Learned func(secrets ...string)
	// Drift leaves out calls that are not read-only.
	Drift bool
}

// Prior is what a plan asks of the record of earlier applies.
type Prior interface {
	Lookup(address string) (Recorded, bool)
	Addresses() []string
	// Debts are what calls owe: the things whose change they have still to
	// answer, by the address of an instance or a block.
	Debts() map[string][]string
	// Thing are digests of how applies left a thing of a machine, nil where that
	// is not recorded. Begun are those of how it was before each action on it
	// whose end nobody saw.
	Thing(machine string, thing kind.Thing) map[string]string
	Begun(machine string, thing kind.Thing) []map[string]string
	// Old reports whether the record is of a version that kept no record of what
	// was asked to be absent.
	Old() bool
	// Output is the recorded value of an output, cty.NilVal of one that is
	// recorded as sensitive.
	Output(name string) (value cty.Value, recorded bool)
}

// Recorded is what is known of one address from an earlier apply.
type Recorded struct {
	// Args are digests of the arguments, by name. Digest is what earlier versions
	// recorded instead: one of all of them, secrets left out. Triggers is of the
	// values of the argument triggers.
	Args     map[string]string `cbor:"args,omitempty"`
	Digest   string            `cbor:"digest,omitempty"`
	Triggers string            `cbor:"triggers,omitempty"`
	// Absent is true where the thing was asked to be absent.
	Absent bool `cbor:"absent,omitempty"`
	// Secret are the attributes that were made of a sensitive value then: what
	// is there now may still hold it.
	Secret []string `cbor:"secret,omitempty"`
	// Kind, Machine, Thing and Identity say what the record is of: a thing of a
	// machine, as its host resolved it, and the arguments that name it. Applied
	// is when that was.
	Kind     string            `cbor:"kind,omitempty"`
	Machine  string            `cbor:"machine,omitempty"`
	Thing    kind.Thing        `cbor:"thing,omitempty"`
	Identity map[string]string `cbor:"identity,omitempty"`
	Applied  time.Time         `cbor:"applied"`
	// Unanswered is true where an apply began something on it and nobody saw how
	// that ended.
	Unanswered bool `cbor:"-"`
}

// Planner makes one Plan. It belongs to one goroutine.
type Planner struct {
	opts Options
	*values
	order *ordering

	dirtyNodes map[*node]bool
	dirty      map[*instance]bool
	ready      []*instance
	// targets and excludes are what -target and -exclude say.
	targets, excludes []*selector
	waiting           map[*instance]bool             // for a predecessor that would change
	debts             map[string]map[string][]string // what is recorded, by block and address
	inflight          int
	steps             []*Step
	finished          bool

	diags    hcl.Diagnostics // of the configuration
	failures hcl.Diagnostics // of hosts
	reported map[string]bool
	// warned are the outputs that a warning was given about, also an earlier one,
	// and the warnings of contexts that were told before an apply.
	warned map[string]bool
	// warnings are those of contexts; see warning.go.
	warnings []warning
	record   []Entry
	secrets  secrets
	// slowDigests are the digests of secrets for the record, by their text.
	slowDigests map[string]string
	// sightings are what was found of the things of instances; see sight.
	sightings map[*instance]*sighting
	// brought are the edits that -target brought along; see bring.go.
	brought   []string
	conflicts conflicts
	hops      map[*instance]*Hop // how contexts are started, as steps carry it
}

// New prepares a plan. Its diagnostics are those of references and cycles that
// loading did not find.
func New(cfg *config.Config, opts Options) *Planner {
	g, cycles := newGraph(cfg)
	p := &Planner{
		opts:       opts,
		dirtyNodes: map[*node]bool{},
		dirty:      map[*instance]bool{},
		waiting:    map[*instance]bool{},
		reported:   map[string]bool{},
		warned:     map[string]bool{},
		hops:       map[*instance]*Hop{},
		debts:      readDebts(opts.Prior),
		values:     newValues(g, opts.Vars, opts.Facts),
		diags:      cycles,
	}
	p.order = newOrdering(p.wasPut)
	p.conflicts.report = p.reportDiag
	p.scope.SetTimes(opts.Time, time.Time{})
	p.scope.SetDirectory(p)
	p.learnVars()
	p.readSelectors()
	for _, n := range p.nodes {
		p.dirtyNodes[n] = true
	}
	return p
}

// Next returns what may start now; each step once. With nothing left to start
// and nothing running, the plan is finished.
func (p *Planner) Next() []*Step {
	for !p.finished {
		p.evaluate()
		if p.Misnamed().HasErrors() {
			p.finished = p.inflight == 0
			return nil
		}
		p.issue()
		if len(p.steps) > 0 || p.inflight > 0 {
			break
		}
		if !p.release() {
			p.finished = true
		}
	}
	out := p.steps
	p.steps = nil
	p.inflight += len(out)
	return out
}

// Finished reports whether Plan may be called.
func (p *Planner) Finished() bool { return p.finished }

// evaluate brings everything up to date that something new may have changed:
// blocks in the order of their dependencies, then their instances.
func (p *Planner) evaluate() {
	for len(p.dirtyNodes) > 0 || len(p.dirty) > 0 {
		for _, n := range sortedNodes(p.dirtyNodes) {
			delete(p.dirtyNodes, n)
			p.expand(n)
		}
		for _, i := range sortedInstances(p.dirty) {
			delete(p.dirty, i)
			p.advance(i)
		}
		if len(p.dirtyNodes) == 0 && len(p.dirty) == 0 {
			p.order.edits()
		}
	}
}

// issue makes steps of the instances that are ready, predecessors first.
func (p *Planner) issue() {
	ready := p.ready
	p.ready = nil
	sort.SliceStable(ready, func(a, b int) bool { return ready[a].before(ready[b]) })
	for _, i := range ready {
		if i.phase != queued {
			continue // It was sent before another that comes after it.
		}
		p.send(i, map[*instance]bool{})
		if i.phase == queued {
			i.move(standBack)
		}
	}
}

func sortedNodes(set map[*node]bool) []*node {
	out := make([]*node, 0, len(set))
	for n := range set {
		out = append(out, n)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].order < out[b].order })
	return out
}

func sortedInstances(set map[*instance]bool) []*instance {
	out := make([]*instance, 0, len(set))
	for i := range set {
		out = append(out, i)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].before(out[b]) })
	return out
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
