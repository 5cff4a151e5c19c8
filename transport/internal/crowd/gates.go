package crowd

import (
	"sync"
	"time"
)

// The ranges of each kind of work. A few hosts need not wait for each other.
var (
	logins    = Range{First: 16, Least: 2, Most: 256}
	processes = Range{First: 32, Least: 1, Most: 256}
	pushes    = Range{First: 4, Least: 1, Most: 64}
	// An sshd begins to refuse those who have not logged in when there are ten of
	// them (MaxStartups in sshd_config(5)).
	atPlace = Range{First: 8, Least: 1, Most: 256}
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

	max     int
	mu      sync.Mutex
	places  map[string]*Gate
	nearest map[any]time.Duration
}

// NewGates returns gates that let at most max through at once; 0 is no bound of the
// caller's.
func NewGates(max int) *Gates {
	return &Gates{
		Logins: NewGate(logins, max), Processes: NewGate(processes, max), Pushes: NewGate(pushes, max),
		max: max, places: map[string]*Gate{}, nearest: map[any]time.Duration{},
	}
}

// Place is the gate of one host: for those who are on the way to it and have not
// logged in.
func (g *Gates) Place(name string) *Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := g.places[name]
	if gate == nil {
		gate = NewGate(atPlace, g.max)
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
