package planner

import (
	"sort"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

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
