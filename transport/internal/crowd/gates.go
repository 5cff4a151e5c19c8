package crowd

import (
	"sync"
	"time"
)

// The ranges of each kind of work. A few hosts need not wait for each other.
var (
	logins    = Range{First: 64, Least: 2, Most: 256}
	processes = Range{First: 32, Least: 1, Most: 256}
	pushes    = Range{First: 4, Least: 1, Most: 64}
	// An sshd begins to refuse those who have not logged in when there are ten of
	// them (MaxStartups in sshd_config(5)).
	atPlace = Range{First: 8, Least: 1, Most: 256}
)

// For how long the other side of each kind of work must be silent to be lent, before
// any work of the kind was done.
const (
	loginSilence = time.Second
	// A program that is silent may have all to itself of this machine.
	processSilence = 2 * time.Second
	// A host that is sent an agent says every 2 s how much it has.
	pushSilence = 3 * time.Second
)

// Gates are those of one process. What its starts share has a gate: the processor and
// the line of this machine, and each host that several of them go to.
type Gates struct {
	// Logins is for connections to hosts, from dialling to the agent's greeting.
	Logins *Gate
	// Processes is for programs of this machine that become agents.
	Processes *Gate
	// Pushes is for agents that are sent.
	Pushes *Gate

	late    func() time.Duration
	max     int
	mu      sync.Mutex
	places  map[string]*Gate
	nearest map[any]time.Duration
}

// NewGates returns gates that let at most max through at once; 0 is no bound of the
// caller's. late is for how long this process could not go on until now, of which only
// differences count: a host is not silent for that.
func NewGates(max int, late func() time.Duration) *Gates {
	g := &Gates{late: late, max: max, places: map[string]*Gate{}, nearest: map[any]time.Duration{}}
	g.Logins = g.gate(logins, loginSilence)
	g.Processes = g.gate(processes, processSilence)
	g.Pushes = g.gate(pushes, pushSilence)
	return g
}

// gate makes one of the gates. It lends slots of the silent, after first at first, if
// first is not 0.
func (g *Gates) gate(in Range, first time.Duration) *Gate {
	gate := NewGate(in, g.max)
	gate.silence.first, gate.silence.late = first, g.late
	return gate
}

// Place is the gate of one host: for those who are on the way to it and have not
// logged in.
func (g *Gates) Place(name string) *Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := g.places[name]
	if gate == nil {
		gate = g.gate(atPlace, 0)
		g.places[name] = gate
	}
	return gate
}

// Others is how many slots are held beside one.
func (g *Gate) Others() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.running-1, 0)
}

// Crowd is how many slots are held, how many wait for one, and how many may be held at once
// now, those that count for one each.
func (g *Gate) Crowd() (running, waiting, most int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running, len(g.queue), min(int(g.limit.Now()), g.max)
}

// Nearest is told how long it took to reach something through something else, and
// returns the least of what it was told about that.
func (g *Gates) Nearest(through any, took time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if least, known := g.nearest[through]; !known || took < least {
		g.nearest[through] = took
	}
	return g.nearest[through]
}
