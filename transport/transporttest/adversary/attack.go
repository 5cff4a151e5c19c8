package adversary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Position is where the hostile process sits in the tree.
type Position string

// The positions. Beside is a host of its own, behind the same bastion as an honest
// host. Below is an account below an honest agent, reached by sudo; an honest root
// context stands beside it. Bastion is a host in front of an honest one, whose
// connection it carries.
const (
	Beside  Position = "beside"
	Below   Position = "below"
	Bastion Position = "bastion"
)

// Attack is one thing that a hostile host does. The fields say in this order what
// it does, how it takes the agent's place, and what must be true of the report
// afterwards.
type Attack struct {
	Name string
	// Rule is a sentence of transport/doc.go or docs/threat-model.md, word for
	// word. The attack tries to break it.
	Rule string
	// Does says what it does on the wire.
	Does string
	At   []Position // Beside if it is empty
	// Config is added to the configuration. In it, BAD stands for the hostile
	// context.
	Config string
	// Source is the size in bytes of a file large.bin that is made beside the
	// configuration.
	Source int
	// Env are variables in the environment of mitoplan.
	Env []string

	// Start runs as soon as the process has started, in place of everything else.
	Start func(t *Takeover)
	// Hello runs in place of the greeting.
	Hello func(h *Host)
	// Up runs once the host has its setup, while it goes on answering calls.
	Up func(h *Host)
	// Call answers a call. If it returns false, the call gets the honest answer.
	Call func(h *Host, c *Call) bool
	// AnswersNothing is true if the host answers no call.
	AnswersNothing bool
	// Stays is true if the process ends neither when it is told to nor when its stream
	// has ended. Behind a bastion it is a matter of chance which of the two it sees.
	Stays bool
	// ReadsNothing is true if the host reads nothing once it has its setup.
	ReadsNothing bool
	// KeepsMarks is true if the host sends no mark back.
	KeepsMarks bool
	// Behind gets what an honest agent sends that the host starts in the place of each
	// context below it. If it returns false, the frame is passed on. Without it, the
	// host answers for such contexts itself.
	Behind func(h *Host, f Frame) bool
	// Redirect is the address that each tunnel is connected to, instead of the one
	// that was asked for.
	Redirect string
	// Tunnel carries what comes through a tunnel to the controller, and may change
	// it.
	Tunnel func(h *Host, t *Tunnel)

	// Blamed are texts. The report must have at least one of them about the hostile
	// host. If there are none, the attack has no effect that a user must be told
	// of.
	Blamed []string
	// Used are the honest hosts whose resources use what the hostile host says.
	// Work on them may fail.
	Used []int
	// Fails is true if work on the hostile host cannot be done, so that the run
	// must end with status 1.
	Fails bool
	// Waits is how many seconds the attack may take up by the tool's own bounds.
	Waits int
	// Sample marks the attacks that every run of the tests plays. The others are
	// played when asked for.
	Sample bool
	// Together marks the attacks that every run of the tests plays at the same time, each
	// by a context of its own: they take long, but only by waiting. Such a context does
	// no call.
	Together bool
}

// Positions returns where the attack is played.
func (a *Attack) Positions() []Position {
	if len(a.At) == 0 {
		return []Position{Beside}
	}
	return a.At
}

// Tables returns all attacks but the random ones, those that are of one kind together.
func Tables() [][]*Attack {
	return [][]*Attack{routing, senders, floods, decoding, entries, greetings, silences, frames, tunnels, results, blobs, contents, saves, toThoseBehind}
}

// Attacks returns all attacks but the random ones.
func Attacks() []*Attack { return slices.Concat(Tables()...) }

// Together returns the attacks that are played at the same time.
func Together() (all []*Attack) {
	for _, a := range Attacks() {
		if a.Together {
			all = append(all, a)
		}
	}
	return all
}

const random = "random-"

// Random returns an attack whose steps follow from a seed.
func Random(seed uint64) *Attack {
	a := randomAttack
	a.Name = fmt.Sprint(random, seed)
	return &a
}

// Lookup returns the attack of that name, or nil.
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
