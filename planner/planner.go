package planner

import (
	"hash"
	"sort"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Planner makes one Plan from a configuration and from what hosts report. The
// executor makes one with New for every plan, asks Next what may be sent, passes
// each answer to Done, and calls Plan once Finished is true. Replaying a plan
// file drives it in the same way, with the answers that it holds instead of hosts.
//
// A Planner belongs to one goroutine and is never used for a second plan. It
// stays in use after the plan is made: Apply carries out that plan with what the
// Planner knows of each instance, and Outputs evaluates the outputs afterwards.
// It never does I/O, never reads the clock and never starts a goroutine.
type Planner struct {
	opts Options
	*values
	*agenda
	order *ordering

	ready     []*instance
	selectors *selectors // what -target and -exclude say
	inflight  int
	steps     []*Step
	finished  bool

	problems *problems
	answers  []Answer
	secrets  *secrets
	record   *record
	debts    *debts
	rewind   *rewinder
	renewer  *renewer
	absent   *absentees
	leaving  departures
	// companions are the edits that -target brought along.
	companions *companions
	editions   *editions
	conflicts  conflicts
	parts      resource.Parts // shared, since it makes one of each kind and compiles each expression
	contents   contents
	keyed      hash.Hash          // see mac
	hops       map[*instance]*Hop // how contexts are started, as steps carry it
}

// New returns a Planner for a configuration that was loaded without errors.
// Nothing has been decided yet: the first Next expands blocks and evaluates
// arguments. Cycles that loading did not find are among Diagnostics from the
// start, and their blocks have failed.
func New(cfg *config.Config, opts Options) *Planner {
	g, cycles := newGraph(cfg)
	p := &Planner{
		opts:    opts,
		secrets: &secrets{learned: opts.Learned},
		hops:    map[*instance]*Hop{},

		contents: contents{open: cfg.OpenSource},
		values:   newValues(g, opts.Vars, opts.Facts),
	}
	p.problems = newProblems(p.secrets)
	p.problems.add(cycles)
	p.agenda = newAgenda(p.values)
	p.order = newOrdering(p.orderAdded)
	p.record = &record{prior: opts.Prior, digests: digests{key: opts.RecordKey}, secrets: &p.secrets.known, parts: &p.parts, kindOf: cfg.ResourceKind}
	p.editions = newEditions(g, p.record, opts.Destroy)
	p.debts = newDebts(p.values, p.record)
	p.rewind = &rewinder{p.agenda, p.order, p.problems}
	p.renewer = &renewer{p.values, p.rewind}
	p.absent = &absentees{p.values, p.order, &p.parts}
	p.companions = &companions{agenda: p.agenda, absent: p.absent}
	p.conflicts.report = p.problems.reportDiag
	p.scope.SetTimes(opts.Time, time.Time{})
	p.scope.SetDirectory(p)
	p.secrets.record = p.record
	p.secrets.learnVars(opts.Vars, Inputs(cfg))
	p.selectors = newSelectors(p.graph, opts)
	for _, n := range p.nodes {
		p.dirtyNodes[n] = true
	}
	return p
}

// SetRecord says what is recorded from now on, and under which key: a plan file
// is compared with the record that there was when it was made, and recorded in the one
// that is there now.
func (p *Planner) SetRecord(key []byte, prior Prior) {
	p.record.digests, p.record.prior = digests{key: key}, prior
}

// Next returns the steps that may be carried out now. Each step is returned
// once, and each has to be answered with Done. If Next returns nothing and no
// step is unanswered, the plan is finished.
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

// Finished reports whether every step has been answered and nothing is left to
// decide, so that Plan may be called.
func (p *Planner) Finished() bool { return p.finished }

// evaluate is called by Next. It looks again at every block and instance that
// something new may have changed: first blocks in the order of their
// dependencies, then their instances. Afterwards nothing is dirty, and edits of
// one thing are in order.
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

// issue makes steps of the instances that are queued. A predecessor is sent
// before what comes after it. An instance that cannot be sent yet stands back
// and is looked at again when what it waits for is done.
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
