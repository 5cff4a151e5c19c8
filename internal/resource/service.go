package resource

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Limits of what goes over the wire.
const (
	// ShownContent is the longest content that Before, After and Effects hold.
	ShownContent = 1 << 20
	// shownPlan is how much content the checks of one plan may return in total. Content
	// beyond that is returned as a digest. The controller keeps the answers of all
	// contexts of a host and limits their size.
	shownPlan = 24 << 20
	// shownParts is how much such digests may hold of what differs, in all.
	shownParts = 2 << 20
	// sentContent is the longest content that Effects hold though no more is to be returned.
	sentContent = 256
	// sentEffects is how many effects of one check are sent to the controller, which
	// passes them on to contexts of other users on the machine. The overlay of this
	// agent has all of them.
	sentEffects = 10_000
	// keptPlans is how many overlays an agent keeps.
	keptPlans = 4
)

// Service answers the requests to check and to apply, on one machine. It decodes
// the arguments into a Resource, gives it a Host, and sends back its Change. It keeps
// the overlays of the last plans. An agent has one, which any goroutine may use.
type Service struct {
	machine *Machine
	lookup  func(name string) (kind.Kind, bool)

	mu    sync.Mutex
	plans []plan // the last used one last
}

type plan struct {
	id      string
	overlay *overlay
	left    *atomic.Int64 // how much content may still be shown
	parts   *atomic.Int64 // how much of what differs, once that is spent
}

// NewService returns a service of a machine, for resources of the kinds that lookup finds.
func NewService(m *Machine, lookup func(name string) (kind.Kind, bool)) *Service {
	return &Service{machine: m, lookup: lookup}
}

// plan returns the overlay and budget of a plan, and makes them if there are none.
func (s *Service) plan(id string) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.plans, func(p plan) bool { return p.id == id })
	if i < 0 {
		p := plan{id, newOverlay(), new(atomic.Int64), new(atomic.Int64)}
		p.left.Store(shownPlan)
		p.parts.Store(shownParts)
		s.plans = append(s.plans, p)
		s.plans = s.plans[max(0, len(s.plans)-keptPlans):]
		return p
	}
	p := s.plans[i]
	s.plans = append(slices.Delete(s.plans, i, i+1), p)
	return p
}

// Check says what an action would change, seeing the machine as it will be
// after the actions that it names, and adds its effects to the plan.
func (s *Service) Check(ctx context.Context, req CheckRequest) (CheckReply, error) {
	def, res, err := s.decode(req.kind(), req.Args, req.End)
	if err != nil {
		return CheckReply{}, err
	}
	p := s.plan(req.Plan + " " + string(req.Key))
	o := p.overlay
	o.addDeltas(req.Deltas)
	h := &planHost{m: s.machine, v: &view{o: o, after: req.After}}
	h.unknown, h.marked, h.from, h.paranoid, h.login = req.Unknown, req.Marked, req.From, req.Paranoid, req.Login
	if h.nameless(def) {
		o.add(req.Address, req.Attempt, req.After, nil)
		return CheckReply{Change: Change{Op: Create, After: map[string]any{}}}, nil
	}
	c, err := res.Check(ctx, h)
	if err != nil {
		return CheckReply{}, failure(def, err)
	}
	c.Traits = summed(c.Found)
	c.Leaves = summed(h.leaves(&def, c))
	whole := c // With what it leaves behind, even if it does nothing.
	// What does nothing has nothing that an apply could refuse, so no fingerprint.
	if c.Op == NoOp {
		c.Effects = nil
	} else {
		c.Fingerprint = fingerprint(req.Key, c)
	}
	if c.Restores, err = s.restores(ctx, h, whole); err != nil {
		return CheckReply{}, err
	}
	o.add(req.Address, req.Attempt, req.After, o.contents.made(c.Effects))
	c.boundEffects()
	shown := p.shown(c)
	c.Results = p.results(c.Results, req.Results)
	if shown > 0 {
		c = c.bringLong(ctx, h)
	}
	sent := c.wire(shown, req.Key)
	if shown == 0 {
		p.addParts(c, sent)
	}
	return CheckReply{Change: sent}, nil
}

// leaves are the traits by which the end of what a change makes is told from somebody else's: all
// of what it makes; and the part of an edit, where an action before it changes the file.
func (h *planHost) leaves(def *kind.Kind, c Change) []Trait {
	if c.Op == Create || c.Made {
		return c.Left
	}
	if c.Op == NoOp || len(c.Writes) == 0 || !def.Edits() {
		return nil
	}
	if _, changed := h.v.latest(c.Writes[0]); !changed {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Left), func(t Trait) bool { return !t.OfEdit(def) })
}

// Answer is Check without what whoever asked knows already.
func (s *Service) Answer(ctx context.Context, req CheckRequest) (CheckReply, error) {
	reply, err := s.Check(ctx, req)
	if def, ok := s.lookup(req.kind()); ok && err == nil {
		reply.Change = reply.Change.shortened(&def, req.Args)
	}
	return reply, err
}

// nameless reports whether the argument that names the thing is not known yet.
func (h *planHost) nameless(def kind.Kind) bool {
	return slices.ContainsFunc(def.Args.Attrs, func(a kind.Attr) bool {
		return (a.Claims != "" || a.Edits != "") && h.Unknown(a.Name)
	})
}

// Apply makes a change, or those of an ordered batch. It waits for other actions on the same thing,
// and refuses with the code "moved" if the thing is not as it was planned.
func (s *Service) Apply(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	if len(req.Then) == 0 {
		return s.applyOne(ctx, req)
	}
	reply, err := s.applyOrdered(ctx, req)
	if errors.Is(err, errNotBegun) {
		return s.applyEach(ctx, req)
	}
	return reply, err
}
