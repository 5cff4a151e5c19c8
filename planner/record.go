package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// Entry is one thing that a plan was told, as a plan file holds it. Told the
// same again, a Planner over the same inputs makes the same plan.
type Entry struct {
	Type    StepType            `cbor:"type"`
	Address string              `cbor:"address"`
	Failure *Failure            `cbor:"failure,omitempty"`
	Facts   map[string]any      `cbor:"facts,omitempty"`
	Change  *resource.Change    `cbor:"change,omitempty"`
	Reply   *function.CallReply `cbor:"reply,omitempty"`
}

// Result is what Done was told.
func (e Entry) Result() Result {
	return Result{Failure: e.Failure, Facts: e.Facts, Change: e.Change, Reply: e.Reply}
}

// Record is what the plan was told, in order, as a plan file may hold it. Sealed
// says that the file is encrypted under the plan's sensitive inputs. What has to
// be kept and is a secret of somebody else is left out, and asked again when
// the plan is applied: a password that only opens a context, and without a seal
// everything sensitive. What is hidden and serves for showing alone is never in.
func (p *Planner) Record(sealed bool) []Entry {
	k := keeper{p: p, sealed: sealed}
	out := make([]Entry, 0, len(p.record))
	again := map[*machine]bool{}
	for _, e := range p.record {
		i := p.instances[e.Address]
		if e = p.forFile(i, e); k.keeps(i, e) {
			out = append(out, e)
		} else if e.Type == StepCheck {
			again[i.machine] = true
		}
	}
	if len(again) == 0 {
		return out
	}
	// A check sees the effects of those before it, which its agent has to be
	// told of: they are all made anew.
	return slices.DeleteFunc(out, func(e Entry) bool { return e.Type == StepCheck && again[p.instances[e.Address].machine] })
}

// forFile is an entry without what is only shown, and without what making the
// plan again does not ask for.
func (p *Planner) forFile(i *instance, e Entry) Entry {
	switch {
	case e.Failure != nil:
		e.Failure = p.conceal(i, e.Failure)
	case e.Change != nil:
		before, after := i.hidden()
		c := *e.Change
		c.Traits = slices.DeleteFunc(slices.Clone(c.Traits), func(t resource.Trait) bool { return p.secretTrait(i, t) })
		c.Before, c.After, c.Effects = shown(c.Before, sortedKeys(before)), shown(c.After, sortedKeys(after)), nil
		e.Change = &c
	}
	return e
}

// keeper decides what a plan file may keep.
type keeper struct {
	p      *Planner
	sealed bool
	// texts are the sensitive arguments, once they were asked for.
	texts []string
}

func (k *keeper) keeps(i *instance, e Entry) bool {
	var told map[string]any
	sensitive := false
	switch {
	case e.Facts != nil:
		told, sensitive = e.Facts, len(i.echoed) > 0
	case e.Reply != nil:
		told = e.Reply.Results
	case e.Change != nil:
		told = map[string]any{"": []any{toAny(e.Change.Writes), toAny(e.Change.Restores)}}
		for name, v := range e.Change.Results {
			told[name] = v
		}
	}
	_, hidden := i.hidden()
	for _, a := range i.block().Def.Results.Attrs {
		sensitive = sensitive || told[a.Name] != nil && i.resultMark(a, hidden) != ""
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
		for _, e := range v {
			if k.feeds(e) {
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

// Replay answers steps from a record. What was checked more than once is
// answered with what was said last.
type Replay map[string]Entry

// check refuses what is no entry: whoever wrote it, the planner is told only what
// it may be told.
func (e Entry) check() error {
	facts, change, reply := e.Facts != nil, e.Change != nil, e.Reply != nil
	fits := false
	switch {
	case e.Failure != nil:
		fits = !facts && !change && !reply
	case e.Type == StepContext:
		fits = !change && !reply
	case e.Type == StepCheck:
		fits = !facts && change && !reply
	case e.Type == StepRead, e.Type == StepProbe:
		fits = !facts && !change && reply
	}
	if !fits {
		return fmt.Errorf("what it recorded about %q is no answer", e.Address)
	}
	return nil
}

// NewReplay indexes a record.
func NewReplay(entries []Entry) Replay {
	r := make(Replay, len(entries))
	for _, e := range entries {
		r[string(e.Type)+" "+e.Address] = e
	}
	return r
}

// Answer is the recorded result of a step, false if there is none.
func (r Replay) Answer(s *Step) (Result, bool) {
	e, ok := r[string(s.Type)+" "+s.Address]
	return e.Result(), ok
}
