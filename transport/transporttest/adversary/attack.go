package adversary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Position is where the hostile process sits in the tree.
type Position string

// The positions. Beside is a host of its own, behind the same bastion as an
// honest one. Below is a hostile account below an honest agent, reached by sudo,
// beside an honest root. Bastion is in front of an honest host, whose connection
// it carries.
const (
	Beside  Position = "beside"
	Below   Position = "below"
	Bastion Position = "bastion"
)

// Attack is one thing that a hostile host does.
type Attack struct {
	Name string
	// Rule is the sentence of transport/doc.go or docs/threat-model.md that it
	// tries to break, word for word.
	Rule string
	// Does says what it does on the wire.
	Does string
	At   []Position // none: Beside
	// Config is added to the configuration; BAD stands for the hostile context.
	Config string
	// Source makes the file large.bin, of so many bytes, beside the configuration.
	Source int
	// Env are settings of the program.
	Env []string

	// Start replaces everything from the start of the process on.
	Start func(t *Takeover)
	// Hello replaces the greeting.
	Hello func(h *Host)
	// Up runs beside the host's answers from the setup on.
	Up func(h *Host)
	// Call answers a call; false leaves that to the honest answer.
	Call func(h *Host, c *Call) bool
	// Redirect is where each tunnel leads instead of the address that was asked for.
	Redirect string
	// Tunnel spoils what a tunnel carries to the controller.
	Tunnel func(h *Host, t *Tunnel)

	// Blamed are texts of which the report about the hostile host has at least
	// one. None: what it did has no effect that a user has to be told of.
	Blamed []string
	// Used are the honest hosts that the configuration has use what it says, so
	// that their work may fail.
	Used []int
	// Fails says that the run must end with status 1, since work on the hostile
	// host could not be done.
	Fails bool
	// Waits are the tool's own bounds that the attack may use up, in seconds.
	Waits int
	// Sample marks the attacks that every run of the tests plays.
	Sample bool
}

// Positions are where it is played.
func (a *Attack) Positions() []Position {
	if len(a.At) == 0 {
		return []Position{Beside}
	}
	return a.At
}

// Attacks is the table.
func Attacks() []*Attack {
	return slices.Concat(routing, floods, decoding, entries, greetings, silences, frames, tunnels, results)
}

const random = "random-"

// Random is an attack made of steps that follow from a seed.
func Random(seed uint64) *Attack {
	a := randomAttack
	a.Name = fmt.Sprint(random, seed)
	return &a
}

// Lookup is the attack of that name.
func Lookup(name string) *Attack {
	if s, ok := strings.CutPrefix(name, random); ok {
		if seed, err := strconv.ParseUint(s, 10, 64); err == nil {
			return Random(seed)
		}
	}
	for _, a := range Attacks() {
		if a.Name == name {
			return a
		}
	}
	return nil
}
