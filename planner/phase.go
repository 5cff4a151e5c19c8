package planner

import "fmt"

// phase is how far a plan has come with one instance. The package comment draws
// how one leads to the next.
type phase uint8

const (
	named     phase = iota // it exists, and nothing but its address is known
	enabled                // `enabled` is true
	placed                 // the context that it runs in, or is reached through, is known
	linked                 // what comes before it is known
	evaluated              // its arguments will not become better known in this plan
	claimed                // what it is about is in the order of its machine
	queued                 // it stands in line to be sent
	waiting                // something before it would change, or may
	sent                   // its host was asked
	settled                // it has a verdict
)

var phaseNames = [...]string{"named", "enabled", "placed", "linked", "evaluated", "claimed", "queued", "waiting", "sent", "settled"}

func (p phase) String() string { return phaseNames[p] }

// verdict is how an instance ended.
type verdict int

const (
	pending  verdict = iota
	done             // looked at; see answer
	disabled         // enabled = false: it does not exist
	failed           // it has a problem, which is reported
	skipped          // something that it needs has a problem
	deferred         // it waits for something that only an apply can make
	excluded         // -target or -exclude left it out
)

// broken reports whether the values of an instance will never be known.
func (v verdict) broken() bool { return v == failed || v == skipped }

// transition is the name of a step from one phase to another.
type transition uint8

const (
	enable transition = iota
	place
	link
	evaluate
	claimThings
	queue
	standBack
	wait
	release
	send
	settle
	amend
	askAgain
	evaluateAnew
	undefer
	numTransitions
)

// transitions are all that are allowed. The last three rewind: an instance goes
// back to a phase, but never further than it had come.
var transitions = [numTransitions]struct {
	name    string
	from    []phase
	to      phase
	rewinds bool
}{
	enable:      {name: "enable", from: []phase{named}, to: enabled},
	place:       {name: "place", from: []phase{enabled}, to: placed},
	link:        {name: "link", from: []phase{placed}, to: linked},
	evaluate:    {name: "evaluate", from: []phase{linked}, to: evaluated},
	claimThings: {name: "claim", from: []phase{evaluated}, to: claimed},
	queue:       {name: "queue", from: []phase{claimed}, to: queued},
	// What it needs first is not up, or not looked at.
	standBack: {name: "stand back", from: []phase{queued}, to: claimed},
	wait:      {name: "wait", from: []phase{queued}, to: waiting},
	release:   {name: "release", from: []phase{waiting}, to: queued},
	send:      {name: "send", from: []phase{queued}, to: sent},
	settle:    {name: "settle", from: []phase{named, enabled, placed, linked, evaluated, claimed, queued, waiting, sent}, to: settled},
	// Something turned up that gives it another verdict.
	amend: {name: "amend", from: []phase{settled}, to: settled},
	// Its order changed: its host is asked once more with the arguments that it has.
	askAgain: {name: "ask again", from: []phase{sent, settled}, to: claimed, rewinds: true},
	// Its arguments became better known.
	evaluateAnew: {name: "evaluate anew", from: []phase{evaluated, claimed, queued, waiting}, to: linked, rewinds: true},
	// What it waited for will not come from an apply.
	undefer: {name: "undefer", from: []phase{settled}, to: linked, rewinds: true},
}

// progress is where an instance stands: its phase, and its verdict once it has
// settled. It starts as named, goes through the transitions that the package
// comment draws, and only move changes it. What turns up late takes it back, but
// never to a phase that it had not reached before.
type progress struct {
	phase phase
	// reached is the phase that an instance settled from.
	reached phase
	// verdict is pending until it has settled.
	verdict verdict
	// attempt counts how often its host was asked; see Step.Attempt.
	attempt int
}

// move makes a transition. A transition that the table does not allow is a bug
// of the planner: move panics, so that no plan is made on top of it.
func (p *progress) move(t transition) {
	row := &transitions[t]
	if !p.may(t) {
		panic(fmt.Sprintf("planner: %s is not allowed for an instance that is %s", row.name, p.phase))
	}
	had := p.had()
	switch {
	case row.rewinds:
		p.phase, p.verdict = min(had, row.to), pending
	default:
		p.reached, p.phase = had, row.to
	}
}

// may reports whether a transition is allowed.
func (p *progress) may(t transition) bool {
	for _, from := range transitions[t].from {
		if from == p.phase {
			return true
		}
	}
	return false
}

// had returns the phase that the instance is in or, if it has settled, the one
// that it settled from.
func (p *progress) had() phase {
	if p.phase == settled {
		return p.reached
	}
	return p.phase
}

// passed reports whether an instance came as far as a phase.
func (p *progress) passed(to phase) bool { return p.had() >= to }

// settled reports whether it has a verdict.
func (p *progress) settled() bool { return p.phase == settled }

// asked reports whether its host was asked, whatever came of that.
func (p *progress) asked() bool { return p.had() == sent }

// end gives an instance a verdict, or another one than it had.
func (p *progress) end(v verdict) {
	if p.settled() {
		p.move(amend)
	} else {
		p.move(settle)
	}
	p.verdict = v
}

// forget drops what the host was asked, so that asked is false afterwards. The
// verdict stays.
func (p *progress) forget() { p.reached = min(p.reached, claimed) }
