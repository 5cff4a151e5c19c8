package planner

import (
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Action is one thing to do in one context, as a plan shows it. Planner.Plan
// makes one for each resource and call that was looked at, no-ops included, and
// nobody changes it afterwards. An apply sends the actions for which Sent is
// true. What becomes of them is told by Progress and is not written into the
// Action. It never holds a secret: a sensitive attribute is nil and is named in
// Sensitive or SensitiveBefore. Its tags are the form that a plan file has; the
// package comment specifies it.
type Action struct {
	// Address is `file.motd["web1"]["alice"]`; Block is `file.motd`; Keys are
	// `["web1"]` and `["alice"]` without brackets and quotes.
	Address string           `cbor:"address"`
	Block   string           `cbor:"block"`
	Keys    []string         `cbor:"keys,omitempty"`
	Type    config.BlockType `cbor:"type"`
	Kind    string           `cbor:"kind"`
	Name    string           `cbor:"name"`
	// Context is the address of the context it happens in.
	Context string `cbor:"context,omitempty"`
	Op      Op     `cbor:"op"`
	// Reason is for people: `triggered by file.nginx_conf["a"]`.
	Reason string `cbor:"reason,omitempty"`

	// Leaves is true for what leaves the record: the configuration lacks it.
	Leaves bool `cbor:"leaves,omitempty"`

	// Before and After hold what the kind manages, as wire values (string,
	// cbor.ByteString, []byte, int64, float64, bool, []any, map[string]any,
	// resource.Digest); nil means absent. Secrets are in neither: an attribute
	// in SensitiveBefore or Sensitive has the value nil.
	Before map[string]any `cbor:"before"`
	After  map[string]any `cbor:"after"`
	// Uses are the arguments that decide how it is done and are in neither, with
	// their values; sensitive ones have the value nil.
	Uses map[string]any `cbor:"uses,omitempty"`
	// Along is what else changes: what is in a directory, a home. nil is nothing.
	Along *resource.Along `cbor:"along,omitempty"`
	// Unknown names the attributes that are known after apply only.
	Unknown []string `cbor:"unknown,omitempty"`
	// Volatile names those of them that are new at every apply, as timestamp()
	// and uuid() are: no plan of the action is ever empty.
	Volatile []string `cbor:"volatile,omitempty"`
	// Sensitive names the attributes that are never shown; SensitiveBefore are
	// those of what is there now.
	Sensitive       []string `cbor:"sensitive,omitempty"`
	SensitiveBefore []string `cbor:"sensitive_before,omitempty"`
	// SensitiveSame names those that are hidden on either side and known on both,
	// and do not change.
	SensitiveSame []string `cbor:"sensitive_same,omitempty"`
	// Cleared names the attributes after the action that hold a known secret and
	// are shown, since the configuration says so with nonsensitive(). It is not in
	// plan files.
	Cleared []string `cbor:"-"`
	// BeforeUnknown is true for what comes after an opaque action: Before is
	// what is there now, which may have changed by then.
	BeforeUnknown bool `cbor:"before_unknown,omitempty"`
	// Warnings are what the kind has to say beside the change.
	Warnings []string `cbor:"warnings,omitempty"`
	// Told are Warnings of which is known what are mitoplan's own words. It is not in plan
	// files; a plan of one has those that are known without that.
	Told []kind.Wording `cbor:"-"`

	// Fingerprint is of what was read before; Digest is of the arguments.
	// Both are HMACs under the plan's key.
	Fingerprint string `cbor:"fingerprint,omitempty"`
	Digest      string `cbor:"digest,omitempty"`

	// LeftOut is the instance that failed on the same machine while planning;
	// then this is not applied. "" if there is none.
	LeftOut string `cbor:"left_out,omitempty"`
	// DependsOn are the addresses of the actions it waits for. TriggeredBy are
	// those whose change is the reason of a call to run.
	DependsOn   []string `cbor:"depends_on,omitempty"`
	TriggeredBy []string `cbor:"triggered_by,omitempty"`
	// Drift tells where the difference of its thing comes from: "outside",
	// "config", "both" or "unknown"; "" if there is no difference.
	Drift string `cbor:"drift,omitempty"`
}

// Changes reports whether the action does something that a plan counts.
func (a *Action) Changes() bool { return a.Op != NoOp && a.Op != Read && a.Op != Defer }

// Sent reports whether applying the action sends something to its host.
func (a *Action) Sent() bool { return a.Op != NoOp && a.Op != Defer && a.Op != Forget }

// ContextStatus is how far a context has come.
type ContextStatus string

// The states of a context in a plan.
const (
	ContextPending ContextStatus = "pending" // nothing needed it
	ContextUp      ContextStatus = "up"
	// ContextUnreachable is what is away, as kind.Code.Away has it: a problem of it is
	// what -allow-unreachable forgives.
	ContextUnreachable ContextStatus = "unreachable"
	// ContextFailed is what did not start for any other reason: a host was reached and
	// refused, lacks something, or the configuration has a mistake.
	ContextFailed   ContextStatus = "failed"
	ContextDeferred ContextStatus = "deferred"
	// ContextBehind is what is reached through one that is unreachable or failed.
	ContextBehind ContextStatus = "behind"
)

// Context is one context as a plan shows it: where it leads, and how far it came
// while planning. Planner.Plan makes one for each context that something in the
// plan needs. It is for people and programs. The running context is
// transport.Context, which the executor starts from a Hop. Secrets are in none
// of its fields.
type Context struct {
	// Address is `context.ssh.web["a"]`; Parent the address of what it is
	// reached through, "" for the controller. Machine is the address of the
	// outermost context on the same machine.
	Address string `cbor:"address"`
	Parent  string `cbor:"parent,omitempty"`
	Machine string `cbor:"machine"`
	Kind    string `cbor:"kind"`
	Name    string `cbor:"name"`
	Key     string `cbor:"key,omitempty"`
	// Describe is `deploy@10.0.0.11` or `root`, for people. Given is true if
	// the configuration says it, and no host. It is not in plan files.
	Describe string        `cbor:"describe,omitempty"`
	Given    bool          `cbor:"-"`
	Status   ContextStatus `cbor:"status"`
	// Reason says why it is unreachable, failed, behind such a one, or deferred.
	Reason string `cbor:"reason,omitempty"`
	// Facts are what its agent said when it started.
	Facts map[string]any `cbor:"facts,omitempty"`
}

// Label is the address without the leading word: `ssh.web["a"]`.
func (c *Context) Label() string { return config.Label(c.Address) }

// Output is one output value, before and after.
type Output struct {
	Name      string
	Sensitive bool
	Ephemeral bool
	// New is true if the record has no value of it.
	New bool
	// Volatile is true if it is new at every apply.
	Volatile bool
	// Cleared is true if it holds a known secret and is shown, since the
	// configuration says so with nonsensitive().
	Cleared bool
	// Removed is true if the record has it and the configuration does not: Value is
	// null.
	Removed bool
	// Before is the recorded value, cty.NilVal if there is none or if it is hidden;
	// SensitiveBefore is true if it is hidden.
	Before          cty.Value
	SensitiveBefore bool
	// Value is unknown if it is known after apply only.
	Value cty.Value
}

// Summary counts what a plan would do.
type Summary struct {
	Add, Change, Destroy, Run, Forget, Deferred, Unreachable, Failed, Unplanned, LeftOut int
}

// Plan is what an apply would do: contexts, actions and their order, outputs,
// and what the plan does not speak of. Planner.Plan makes it once nothing is
// left to ask. From then on it is passive data that views render, plan files
// hold and Planner.Apply carries out; nobody changes it. Whether there is
// anything to do is decided in one place, Empty. Whether the hosts match the
// configuration may be said only if Complete is true as well.
type Plan struct {
	Time     time.Time
	Contexts []*Context // parents before children, in source order
	Actions  []*Action  // in source order; no-ops included
	Outputs  []*Output
	// OutputsChanged names the outputs that differ from the record's, by name, those
	// among them that the configuration no longer has.
	OutputsChanged []string
	// Orphans are recorded addresses that the configuration lacks and that stay in the
	// record. Disabled are those that enabled = false on their context switches off.
	Orphans  []Orphan
	Disabled []string
	// Destroy is true if everything that is recorded is to go, and nothing else was
	// looked at.
	Destroy bool
	// Drifts are the things that the plan changes, and where the difference comes
	// from.
	Drifts []*Drift
	// Complete is true if every block and instance was looked at and nothing
	// went wrong: nothing failed, was skipped, deferred, unreachable or left
	// out, and a drift could compare all of it. Only then may anybody say that the hosts match the configuration.
	Complete bool
	// Unplanned counts the blocks and instances that an error, or a context that
	// did not start, kept out of the plan.
	Unplanned int
	Targeting Targeting
	// NotCompared is what a drift says nothing about: only an apply can tell it,
	// and the record does not have how the last one left it.
	NotCompared NotCompared
	// Stateless is true if no state was found.
	Stateless bool

	byAddress map[string]*Action
}

// NotCompared counts the things of which a drift could not compare all; Things
// are the first 100 of them.
type NotCompared struct {
	Count  int
	Things []Uncompared
}

// Uncompared names the attributes of a thing that were not compared: timestamp(),
// uuid() or bcrypt() makes them new at every apply, or they are made of what a
// call gives that a drift does not run.
type Uncompared struct {
	Address    string
	Attributes []string
}

// Action returns the action of that address, or nil.
func (p *Plan) Action(address string) *Action {
	if p.byAddress == nil {
		p.byAddress = make(map[string]*Action, len(p.Actions))
		for _, a := range p.Actions {
			p.byAddress[a.Address] = a
		}
	}
	return p.byAddress[address]
}

// Made reports whether there is a plan at all. There is none if it was
// interrupted or refused before it was finished.
func (p *Plan) Made() bool { return !p.Time.IsZero() }

// Empty reports whether applying the plan would do nothing. It alone decides
// text, JSON, prompt and exit status.
func (p *Plan) Empty() bool {
	for _, a := range p.Actions {
		if a.Op != NoOp {
			return false
		}
	}
	return len(p.OutputsChanged) == 0
}

// Summary counts the plan's actions.
func (p *Plan) Summary() Summary {
	s := Summary{Unplanned: p.Unplanned, LeftOut: p.Targeting.LeftOut}
	for _, a := range p.Actions {
		switch a.Op {
		case Create:
			s.Add++
		case Update:
			s.Change++
		case Replace:
			s.Add++
			s.Destroy++
		case Delete:
			s.Destroy++
		case Run, Always:
			s.Run++
		case Forget:
			s.Forget++
		case Defer:
			s.Deferred++
		}
	}
	for _, c := range p.Contexts {
		switch c.Status {
		case ContextUnreachable:
			s.Unreachable++
		case ContextFailed:
			s.Failed++
		}
	}
	return s
}

// NotStarted are the contexts that are unreachable or failed.
func (p *Plan) NotStarted() []*Context {
	var out []*Context
	for _, c := range p.Contexts {
		if c.Status == ContextUnreachable || c.Status == ContextFailed {
			out = append(out, c)
		}
	}
	return out
}
