package planner

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// Answer is what a plan was told of one step, as a plan file holds it. Told the
// same again, a Planner over the same inputs makes the same plan.
type Answer struct {
	Type    StepType            `cbor:"type"`
	Address string              `cbor:"address"`
	Failure *Failure            `cbor:"failure,omitempty"`
	Facts   map[string]any      `cbor:"facts,omitempty"`
	Change  *resource.Change    `cbor:"change,omitempty"`
	Reply   *function.CallReply `cbor:"reply,omitempty"`
}

// Result is what Done was told.
func (a Answer) Result() Result {
	return Result{Failure: a.Failure, Facts: a.Facts, Change: a.Change, Reply: a.Reply, replayed: true}
}

// Answers are what the plan was told, in order, as a plan file may hold it. Sealed
// says that the file is encrypted under the plan's sensitive inputs. What has to
// be kept and is a secret of somebody else is left out, and asked again when
// the plan is applied: a password that only opens a context, and without a seal
// everything sensitive. What is hidden and serves for showing alone is never in.
func (p *Planner) Answers(sealed bool) []Answer {
	k := keeper{p: p, sealed: sealed}
	out := make([]Answer, 0, len(p.answers))
	again := map[*machine]bool{}
	for _, a := range p.answers {
		i := p.instances[a.Address]
		needed := a.Change != nil && p.record.needsSecret(i, a.Change)
		if a = p.forFile(i, a); !needed && k.keeps(i, a) {
			out = append(out, a)
		} else if a.Type == StepCheck {
			again[i.machine] = true
		}
	}
	if len(again) == 0 {
		return out
	}
	// A check sees the effects of those before it, which its agent has to be
	// told of: they are all made anew.
	return slices.DeleteFunc(out, func(a Answer) bool { return a.Type == StepCheck && again[p.instances[a.Address].machine] })
}

// needsSecret reports whether an edit changes the whole of a thing that is a secret, and that the
// record has: while applying, what its host found of that has to be known.
func (rec *record) needsSecret(i *instance, c *resource.Change) bool {
	if rec.prior == nil || i.whole() || c.Op == resource.NoOp || i.departs == nil && rec.sight(i).whole {
		return false
	}
	state, _ := rec.prior.Left(i.machine.name, rec.subject(i, c))
	for _, t := range c.Traits {
		if t.Attr == i.block().Def.Parts() && rec.secretTrait(i, t) {
			if _, recorded := rec.digestOf(t, true, state); recorded {
				return true
			}
		}
	}
	return false
}

// forFile is an answer without what is only shown, and without what making the
// plan again does not ask for.
func (p *Planner) forFile(i *instance, a Answer) Answer {
	switch {
	case a.Failure != nil:
		a.Failure = p.secrets.conceal(i, a.Failure)
	case a.Change != nil:
		before, after := i.hidden()
		c := *a.Change
		c.Traits, c.Leaves = p.record.withoutSecret(i, c.Traits), p.record.withoutSecret(i, c.Leaves)
		c.Before, c.After, c.Effects = shown(c.Before, sortedKeys(before)), shown(c.After, sortedKeys(after)), nil
		c.Warnings, c.Stays = withoutOwn(c.Warnings), withoutOwn(c.Stays)
		a.Change = &c
	}
	return a
}

// withoutOwn are problems that do not say which of their words are mitoplan's own: they are
// shown as one text.
func withoutOwn(problems []kind.Problem) []kind.Problem {
	out := slices.Clone(problems)
	for i := range out {
		out[i].Own = ""
	}
	return out
}

// keeper decides what a plan file may keep.
type keeper struct {
	p      *Planner
	sealed bool
	// texts are the sensitive arguments, once they were asked for.
	texts []string
}

func (k *keeper) keeps(i *instance, a Answer) bool {
	var told map[string]any
	sensitive := false
	switch {
	case a.Facts != nil:
		told, sensitive = a.Facts, len(i.echoed) > 0
	case a.Reply != nil:
		told = a.Reply.Results
	case a.Change != nil:
		told = map[string]any{"": []any{toAny(a.Change.Writes), toAny(a.Change.Restores)}}
		for name, v := range a.Change.Results {
			told[name] = v
		}
	}
	_, hidden := i.hidden()
	for _, attr := range i.block().Def.Results.Attrs {
		sensitive = sensitive || told[attr.Name] != nil && i.resultMark(attr, hidden) != ""
	}
	if holdsSecret(&k.p.secrets.login, told) {
		return false
	}
	return k.sealed || !sensitive && !holdsSecret(&k.p.secrets.known, told) && !k.feeds(told)
}

func toAny(list []kind.Thing) []any {
	out := make([]any, len(list))
	for k, s := range list {
		out[k] = string(s)
	}
	return out
}

// feeds reports whether a sensitive argument is made of what a host told: the
// configuration calls that a secret, though nobody gave it.
func (k *keeper) feeds(v any) bool {
	if k.texts == nil {
		k.texts = append(k.p.Secrets(), "")
	}
	switch v := v.(type) {
	case map[string]any:
		for _, a := range v {
			if k.feeds(a) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, k.feeds)
	}
	for _, text := range wireTexts(v) {
		text = strings.TrimSpace(text)
		if len(text) >= secret.MinLength && slices.ContainsFunc(k.texts, func(s string) bool { return strings.Contains(s, text) }) {
			return true
		}
	}
	return false
}

// Replay answers steps from a plan file. What was checked more than once is
// answered with what was said last.
type Replay map[string]Answer

// NewReplay indexes the answers of a plan file.
func NewReplay(answers []Answer) Replay {
	r := make(Replay, len(answers))
	for _, a := range answers {
		r[string(a.Type)+" "+a.Address] = a
	}
	return r
}

// Answer is the result of a step as the plan file has it, false if there is none.
func (r Replay) Answer(s *Step) (Result, bool) {
	a, ok := r[string(s.Type)+" "+s.Address]
	return a.Result(), ok
}
