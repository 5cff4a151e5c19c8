package planner

import (
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
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

// remember keeps what a step said, without its secrets. The result of a call
// that was given a secret is not kept at all: it has to be asked for again.
func (p *Planner) remember(s *Step, i *instance, r Result) {
	if s.Type == StepRead && len(i.sensitive) > 0 && r.Failure == nil {
		return
	}
	e := Entry{Type: s.Type, Address: s.Address, Failure: r.Failure, Facts: r.Facts, Reply: r.Reply}
	if r.Change != nil {
		c := *r.Change
		c.Before, c.After = shown(c.Before, i.sensitive), shown(c.After, i.sensitive)
		c.Effects = nil
		e.Change = &c
	}
	p.record = append(p.record, e)
}

// Record is what the plan was told, in order, without secrets.
func (p *Planner) Record() []Entry { return p.record }

// Replay answers steps from a record. What was checked more than once is
// answered with what was said last.
type Replay map[string]Entry

// NewReplay indexes a record.
func NewReplay(entries []Entry) Replay {
	r := make(Replay, len(entries))
	for _, e := range entries {
		r[string(e.Type)+" "+e.Address] = e
	}
	return r
}

// Answer is the recorded result of a step, false where there is none.
func (r Replay) Answer(s *Step) (Result, bool) {
	e, ok := r[string(s.Type)+" "+s.Address]
	return e.Result(), ok
}
