package executor

import (
	"context"
	"time"

	"github.com/mitoplan/mitoplan/planner"
)

// planning is the work of Session.Plan: it makes one plan. It embeds the Planner.
// If the session was opened from a plan file, it answers steps from that file
// instead of sending them.
type planning struct {
	*planner.Planner
	s       *Session
	began   map[*planner.Step]time.Time
	stopped bool
}

// makePlan drives the planner until the plan is made or ctx ends.
func (s *Session) makePlan(ctx context.Context) error {
	defer s.loop.begin()()
	return s.drive(ctx, &planning{Planner: s.planner, s: s, began: map[*planner.Step]time.Time{}})
}

// Next leaves out the steps that are answered from the plan file.
func (p *planning) Next() []*planner.Step {
	if p.stopped {
		return nil
	}
	var out []*planner.Step
	for _, step := range p.Planner.Next() {
		if r, ok := p.s.replay.Answer(step); ok {
			p.s.later(func() { p.Planner.Done(step, r) })
			continue
		}
		if p.s.replay != nil {
			p.s.asked = append(p.s.asked, step.Address)
		}
		out = append(out, step)
	}
	return out
}

// Stop ends planning at once. Nothing has been changed on any host, so nothing
// is waited for.
func (p *planning) Stop() { p.stopped = true }

// Finished reports whether the plan is complete, or planning was stopped.
func (p *planning) Finished() bool { return p.stopped || p.Planner.Finished() }

func (p *planning) limit(step *planner.Step) limit { return p.s.limits.step(step) }

func (p *planning) sent(step *planner.Step) {
	limit := p.limit(step).String()
	if step.Type == planner.StepContext {
		h := p.s.handles[step.Address]
		limit = p.s.connectLimit(h)
		p.s.emit(Event{Type: ContextStarting, Address: step.Address, Limit: limit, Until: h.until(limit)})
		return
	}
	p.began[step] = time.Now()
	p.s.emit(Event{Type: ReadStart, Address: step.Address, Context: step.Context, Limit: limit, Until: p.s.untilOf(step, limit), Moved: p.s.moved(step)})
}

// Done tells the views and the planner how a step came back.
func (p *planning) Done(step *planner.Step, r planner.Result) {
	if step.Type == planner.StepContext {
		p.contextDone(step, r)
	} else if began, ok := p.began[step]; ok {
		delete(p.began, step)
		p.s.emit(Event{Type: ReadDone, Address: step.Address, Context: step.Context, Elapsed: time.Since(began)})
	}
	p.Planner.Done(step, r)
}

func (p *planning) contextDone(step *planner.Step, r planner.Result) {
	e := Event{Type: ContextStatus, Address: step.Address, Status: planner.ContextUp, Elapsed: time.Since(p.s.handles[step.Address].began)}
	if r.Failure != nil {
		e.Status, e.Reason = r.Failure.ContextStatus(), r.Failure.Summary
	}
	p.s.emit(e)
}
