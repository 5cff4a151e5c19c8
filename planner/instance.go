package planner

import (
	"sort"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// instance is one context, resource or call of the expanded configuration, and
// everything that is known of it. A node makes its instances when it expands,
// and they stay until the Planner is dropped, applies included. Its progress
// says which phase it is in. Each embedded part belongs to one concern, whose
// file alone writes it; everybody may read all of it. An instance never asks its
// host itself: send makes a Step of it.
type instance struct {
	node *node
	addr string
	keys []string
	pos  int // among its node's instances

	placement
	selection
	nullNews
	progress
	findings
	order
	arguments
	claims
	echoes
	// departs is set if the configuration lacks it: it stands for a recorded thing that
	// is to be taken away. See depart.go.
	departs *departure
	// stands tells of a file whether its content is left alone; see stood.go.
	stands stands
	// applied holds the results after apply, and is nil before.
	applied map[string]any
	// missed is set if its action ended without being carried out.
	missed bool
}

// placement says where an instance is. It is made when the block expands, and
// completed when the context of the instance is known.
type placement struct {
	// on is the context it runs in; via is what a context is reached through.
	on, via *instance
	onKey   string
	each    *config.Each
	count   *int
	machine *machine
	// attached is, for a context, what runs in it or goes through it.
	attached []*instance
}

// selection is what -target and -exclude mean for an instance; see target.go.
type selection struct {
	// wanted is true if it is to be looked at at all; for a context, to be
	// started.
	wanted bool
	// targeted is true for a context where -target means everything on it and below.
	// Neither is ever taken back.
	targeted bool
}

// findings are all that came of looking at an instance. Whatever looks at it again
// drops them as one value, in reopen or askAgain, so that nothing of an earlier look
// is left. What has to outlive that stands elsewhere, and says so.
type findings struct {
	ending
	answer
	// decided is nil before the end, and if there is nothing to decide.
	decided *decision
}

// ending says why an instance ended as it did.
type ending struct {
	refused bool // a host said that it cannot be so
	away    bool // a context that failed as kind.Code.Away has it
	reason  string
	cause   string // what a context behind others that are deferred waits for in the end
	held    bool   // because it would undo an edit; see held.go
}

// arguments are what an instance is given, as far as that is known; see evaluate.go.
type arguments struct {
	args               config.Arguments
	wire               map[string]any
	unknown, sensitive []string
	volatile           []string // those of unknown that are new at every apply
	timeout            time.Duration
	save               *Save // what it saves on the controller; nil for nothing
	// preconditionOpen and timeoutOpen are true if a precondition, or the timeout, is
	// known after apply. Each evaluation sets both anew.
	preconditionOpen, timeoutOpen bool
	// value is a context's value under valueKey, until more is known of it.
	value    cty.Value
	valueKey string
}

// claims are the things that an instance owns or edits: first those declared,
// then the other names that its check gave; see machine.go.
type claims struct {
	things   []kind.Thing
	declared int
}

// answer is what the host said; see send.go.
type answer struct {
	// contents are those of the arguments that it was asked with.
	contents []resource.Own
	facts    map[string]any
	change   *resource.Change
	reply    *function.CallReply
}

// echoes are where the last answer of a host held a secret. Only the next answer
// replaces them: a program that is asked again still gets to see that secret.
type echoes struct {
	// echoed are the attributes that the host answered with a known secret in;
	// echoedBefore are those of what was there.
	echoed, echoedBefore map[string]bool
}

func (i *instance) block() *config.Block { return i.node.block }
func (i *instance) isContext() bool      { return i.node.block.Type == config.ContextBlock }
func (i *instance) isCall() bool         { return i.node.block.Type == config.CallBlock }

// reads reports whether a call changes nothing.
func (i *instance) reads() bool { return i.block().Def.Reads(i.wire, i.unknown) }

// guarded reports whether something on the machine decides whether a call runs.
func (i *instance) guarded() bool { return i.block().Def.Guarded(i.wire) }

// before orders instances: dependencies first, then by position.
func (i *instance) before(j *instance) bool {
	if i.node != j.node {
		return i.node.order < j.node.order
	}
	return i.pos < j.pos
}

// finish settles an instance, or gives a settled one another verdict. It keeps
// the counts of its block and marks the block's value as stale.
func (i *instance) finish(v verdict, reason string) {
	if !i.settled() {
		i.node.open--
	}
	i.node.countBroken(i.verdict, v)
	i.end(v)
	i.reason = reason
	i.node.outdateValue()
}

// breaks makes an instance fail that was looked at before. Its reason stays.
func (i *instance) breaks() {
	i.finish(failed, i.reason)
}

// reopen takes a settled instance back to an earlier phase. Its block has an
// open instance again, and what came of looking at the instance is dropped.
func (i *instance) reopen(t transition) {
	i.node.open++
	i.node.countBroken(i.verdict, pending)
	i.move(t)
	i.findings = findings{}
	i.node.outdateValue()
}

// leftOut reports whether -target or -exclude left the instance out of the plan.
func (i *instance) leftOut() bool {
	return i.verdict == excluded || i.verdict == pending && !i.wanted
}

// waitsForValues reports whether an instance can only be evaluated when
// everything that it refers to has been applied.
func (i *instance) waitsForValues() bool { return len(i.unknown) > 0 || i.metaOpen() }

// metaOpen reports whether a precondition or the timeout is known after apply.
func (i *instance) metaOpen() bool { return i.preconditionOpen || i.timeoutOpen }

func sortedInstances(set map[*instance]bool) []*instance {
	out := make([]*instance, 0, len(set))
	for i := range set {
		out = append(out, i)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].before(out[b]) })
	return out
}

// whyNotUp says of a context that is failed or skipped why nothing can be done there.
func (i *instance) whyNotUp() string {
	if i.verdict == failed && !i.away {
		return i.addr + " failed"
	}
	return i.addr + " is unreachable"
}
