package planner

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// actionsOf adds the actions of a block to the plan. What has a problem, or
// is behind something that has, is not in the plan: its cause is reported.
func (p *Planner) actionsOf(n *node, plan *Plan) {
	if n.deferred != "" {
		plan.Actions = append(plan.Actions, &Action{
			Address: n.addr, Block: n.addr, Type: n.block.Type, Kind: n.block.Kind, Name: n.block.Name,
			Op: Defer, Reason: n.deferred,
		})
	}
	for _, i := range n.insts {
		switch i.verdict {
		case done:
			plan.Actions = append(plan.Actions, p.action(i))
		case deferred:
			a := p.newAction(i)
			a.Op, a.Reason = Defer, i.reason
			plan.Actions = append(plan.Actions, a)
		}
	}
}

func (p *Planner) newAction(i *instance) *Action {
	b := i.block()
	a := &Action{
		Address: i.addr, Block: i.node.addr, Keys: i.keys, Type: b.Type, Kind: b.Kind, Name: b.Name,
		Context: i.on.addr, Unknown: i.unknown, Volatile: i.volatile,
	}
	if i.verdict == deferred {
		return a
	}
	a.Digest = p.digest(i)
	a.BeforeUnknown = i.opaqueBefore()
	for _, q := range i.directlyAfter() {
		a.DependsOn = append(a.DependsOn, q.addr)
	}
	return a
}

// directlyAfter are the actions that an instance waits for, in the order of the
// configuration. Which edges were drawn between the edits of a thing hangs on which of
// them became known first; of those only the nearest count.
func (i *instance) directlyAfter() []*instance {
	var out []*instance
	for _, q := range i.preds {
		if q.verdict == done && !q.isContext() && !i.farBehind(q) {
			out = append(out, q)
		}
	}
	slices.SortStableFunc(out, compareInstances)
	return out
}

// farBehind reports whether an instance comes after q only because both change the same
// thing, and after another that does and comes after q, too.
func (i *instance) farBehind(q *instance) bool {
	if !i.implied[q] {
		return false
	}
	return slices.ContainsFunc(i.preds, func(r *instance) bool {
		return r != q && r.verdict == done && i.implied[r] && shareThing(r, q) && comesAfter(r, q)
	})
}

func (p *Planner) action(i *instance) *Action {
	a := p.newAction(i)
	if i.isCall() {
		a.Op, a.Reason, a.TriggeredBy = i.decided.op, i.decided.reason, i.decided.triggeredBy
		a.Sensitive, a.After = i.sensitive, i.block().Def.WithoutSent(shown(i.wire, i.sensitive))
		a.Cleared = p.secrets.cleared(i, a.After)
		return a
	}
	a.Op = i.resourceOp()
	if i.change == nil {
		a.Sensitive = i.sensitive
		return a
	}
	a.Unknown = i.unknownAttrs(a.Op)
	before, after := i.hidden()
	a.SensitiveBefore, a.Sensitive = i.among(before, i.change.Before), i.among(after, i.change.After)
	a.SensitiveSame = i.same(slices.Concat(a.SensitiveBefore, a.Sensitive))
	a.Before, a.After = shown(i.change.Before, a.SensitiveBefore), shown(i.change.After, a.Sensitive)
	if a.Op != NoOp {
		a.Uses, a.Along = i.uses(), p.secrets.along(i, i.change.Along)
	}
	a.Cleared = p.secrets.cleared(i, a.After)
	if !i.opaqueBefore() {
		a.Fingerprint = i.change.Fingerprint
	}
	for _, w := range i.change.Warnings {
		p.warn(a, i, w)
	}
	return a
}

// warn adds what a kind has to say to an action.
func (p *Planner) warn(a *Action, i *instance, w kind.Problem) {
	a.Warnings = append(a.Warnings, p.secrets.hideText(i, w.Error()))
	said := kind.TextOf(&w)
	told := p.secrets.hide(i, secret.Told{Text: said.String(), Own: said.Own()})
	a.Told = append(a.Told, kind.WordingOf(told.Text, told.Own))
}

// unknownAttrs are the arguments that are unknown, and the attributes of which a check
// does not say what they will be: those that are there now, and what a diff is shown of.
func (i *instance) unknownAttrs(op Op) []string {
	out := i.unknown
	if op == NoOp || op == Delete || i.change.After == nil {
		return out
	}
	def := i.block().Def
	for _, attrs := range [...][]kind.Attr{def.Args.Attrs, def.Results.Attrs} {
		for k := range attrs {
			a := &attrs[k]
			_, was := i.change.Before[a.Name]
			_, is := i.change.After[a.Name]
			if !is && (was || a.Diff && a.Computed) && !contains(out, a.Name) {
				out = append(slices.Clip(out), a.Name)
			}
		}
	}
	return out
}

// among returns the hidden attributes that a thing has, in the order of the
// kind's definition. Sensitive arguments are in it even if the thing does not
// have them.
func (i *instance) among(hidden map[string]bool, thing map[string]any) []string {
	if len(hidden) == 0 || thing == nil {
		return nil
	}
	var out []string
	def := i.block().Def
	for _, a := range slices.Concat(def.Args.Attrs, def.Results.Attrs) {
		_, has := thing[a.Name]
		if hidden[a.Name] && (has || contains(i.sensitive, a.Name)) && !contains(out, a.Name) {
			out = append(out, a.Name)
		}
	}
	for _, name := range sortedKeys(thing) {
		if hidden[name] && !contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// same returns the hidden attributes that the change leaves as they are. An
// attribute that is not known on both sides is not in it.
func (i *instance) same(hidden []string) []string {
	var out []string
	for _, name := range hidden {
		before, was := i.change.Before[name]
		after, is := i.change.After[name]
		if was && is && !contains(i.unknown, name) && !contains(out, name) && alike(before, after) {
			out = append(out, name)
		}
	}
	return out
}

// digest is the HMAC of everything that is sent for an action, under the plan's
// key. The files that mitoplan uses itself are left out: a saved plan is applied with others.
func (p *Planner) digest(i *instance) string {
	wire := i.wire
	if _, told := wire[ownArg]; told {
		wire = maps.Clone(wire)
		delete(wire, ownArg)
	}
	return p.digestOf(i.addr, i.block().Kind, i.on.addr, wire, i.unknown)
}

func (p *Planner) digestOf(parts ...any) string {
	b, err := canonicalMode.Marshal(parts)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(p.mac(b))
}

// canonical is a value as JSON, for comparing.
func canonical(v cty.Value) string {
	if !v.IsWhollyKnown() {
		return ""
	}
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return ""
	}
	var plain any
	if json.Unmarshal(b, &plain) != nil {
		return string(b)
	}
	b, _ = json.Marshal(plain)
	return string(b)
}

// uses are the arguments that take part in how an action is done, with their
// values from the configuration: a host names them and says nothing of what they
// are. Sensitive ones have the value nil.
func (i *instance) uses() map[string]any {
	out := map[string]any{}
	for _, name := range i.change.Uses {
		if a, ok := i.block().Def.Args.Attr(name); ok && i.wire[a.Name] != nil && (name != replaceArg || !i.stood()) {
			out[a.Name] = i.wire[a.Name]
		}
	}
	if len(out) == 0 {
		return nil
	}
	return shown(out, i.sensitive)
}
