package planner

import (
	"strings"
	"unicode"

	"github.com/mitoplan/mitoplan/config"
)

// Hop is one context of a chain: how it is started, and through what. The
// Planner makes it for the first step in the context, and every later Step there
// carries the same one. With it the executor can start what is not up, and what
// that is reached through, without asking the Planner. Nobody changes it; a
// context whose arguments become better known gets a new Hop.
type Hop struct {
	// Address is `context.ssh.web["a"]`, Kind the context kind.
	Address, Kind string
	// Args is the wire form of the arguments.
	Args map[string]any
	// Via is what it is reached through; nil is the controller.
	Via *Hop
	// Key is that of the machine, which the steps in the context have, too.
	Key []byte
	// Full is true if its agent, or one that is made of the program of that, needs kinds that
	// only the full edition has; see editions.go.
	Full bool
	// given is the name that the configuration gives it, as it is written there.
	given string
}

// Label is the address without the leading word: `ssh.web["a"]`.
func (h *Hop) Label() string { return config.Label(h.Address) }

// maxName is how much of a context's name is shown, in bytes.
const maxName = 64

// Name is the name that the configuration gives the context, "" if it gives
// none: in one line, without characters that nobody sees, and not too long.
func (h *Hop) Name() string {
	name := strings.Join(strings.FieldsFunc(h.given, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }), " ")
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	return name
}

// Chain names the contexts from the controller to this one, for people:
// `local`, `ssh web`, `sudo root`, and `ssh web (NAME)` if it has a name.
func (h *Hop) Chain() []string {
	if h == nil {
		return []string{"local"}
	}
	shown := strings.Replace(h.Label(), ".", " ", 1)
	if name := h.Name(); name != "" {
		shown += " (" + name + ")"
	}
	return append(h.Via.Chain(), shown)
}

// hop says how a context is started. What is known of it is final when the
// first step in it is made; a context that is looked at anew is a new hop.
func (p *Planner) hop(ctx *instance) *Hop {
	if ctx == nil {
		return nil
	}
	h := p.hops[ctx]
	if h == nil {
		h = p.newHop(ctx)
	}
	return h
}

func (p *Planner) newHop(ctx *instance) *Hop {
	h := &Hop{Address: ctx.addr, Kind: ctx.block().Kind, Args: ctx.wire, Via: p.hop(ctx.via), Key: p.machineKey(ctx.machine), Full: p.editions.needsFull(ctx), given: parts(ctx)["name"]}
	p.hops[ctx] = h
	return h
}
