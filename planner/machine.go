package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// machine is what several contexts share because they run on one machine: its
// files and accounts, and what the configuration claims of them. Contexts that
// are joined by local and sudo have one machine, which is named by the outermost
// of them. ordering makes it when the first context is placed there, and it
// stays as long as the Planner. Order, conflicts and secrets of things are found
// per machine, and never across two.
type machine struct {
	name string
	// things are who claims or edits a thing, by "path:/etc/x", "user:app".
	things map[kind.Thing][]claim
	// needers are the instances that come after the one that claims a thing. Everything
	// below a path needs that path.
	needers map[kind.Thing][]*instance
	// readers are the instances that come after all who claim or edit a thing, as they read
	// what it holds.
	readers map[kind.Thing][]*instance
	// heeders are the instances whose kinds have a thing among their Settings.
	heeders map[kind.Thing][]*instance
	// covers are the instances that are over a path: everybody else who needs, claims or
	// edits it comes after them.
	covers  map[kind.Thing][]*instance
	writers map[kind.Thing]roster // resolved things that checks said they write
	marked  map[kind.Thing]markers
	// brings are the instances whose action makes a directory besides its own thing.
	// makesAbove are those that make the missing directories above their own; see made.
	brings, makesAbove map[kind.Thing][]*instance
	// secret are the attributes of things that some block puts a secret into;
	// called is true once a call was answered.
	secret map[kind.Thing]map[string]bool
	called bool
	key    []byte // see machineKey
}

// claim says that an instance owns the whole of a thing, or edits a part of it.
type claim struct {
	inst  *instance
	whole bool // the one owner, not only of a part
	said  bool // by the host, not by the configuration
}

// machineOf is the machine of a context, nil while that is not known.
func (o *ordering) machineOf(ctx *instance) *machine {
	if !ctx.block().Def.Leaves(ctx.wire) {
		if ctx.via != nil {
			return ctx.via.machine
		}
		return o.machineNamed("local")
	}
	return o.machineNamed(ctx.addr)
}

// machineNamed is the machine of that name, made if it is new.
func (o *ordering) machineNamed(name string) *machine {
	m := o.machines[name]
	if m == nil {
		m = &machine{name: name, things: map[kind.Thing][]claim{}, needers: map[kind.Thing][]*instance{}, covers: map[kind.Thing][]*instance{}, writers: map[kind.Thing]roster{}, brings: map[kind.Thing][]*instance{}, makesAbove: map[kind.Thing][]*instance{}}
		o.machines[name] = m
	}
	return m
}

// hostMachine returns the machine that a context's arguments are about: the
// account of a sudo context is one of the machine that it is reached through.
func hostMachine(i *instance) *machine {
	if i.via != nil {
		return i.via.machine
	}
	return i.machine
}

// whole reports whether an instance is the one owner of what it writes.
func (i *instance) whole() bool {
	for _, a := range i.block().Def.Args.Attrs {
		if a.Edits != "" {
			return false
		}
	}
	return true
}

func shareThing(i, q *instance) bool {
	for _, thing := range i.things {
		if slices.Contains(q.things, thing) {
			return true
		}
	}
	return false
}
