package resource

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Limits of what goes over the wire.
const (
	// shownContent is the longest content that Before, After and Effects hold.
	shownContent = 1 << 20
	// shownPlan is how much content a plan's checks answer with in all: what
	// comes after that is shown by its digest. The controller holds what all
	// contexts of a host answer, and has a bound for that.
	shownPlan = 24 << 20
	// sentEffects is how many effects of one check go to the controller, which
	// tells contexts of other users on the machine of them. The overlay here has
	// all.
	sentEffects = 10_000
	// keptPlans is how many overlays an agent keeps.
	keptPlans = 4
)

// Service answers checks and applies on one machine. Any goroutine may use it.
type Service struct {
	machine *Machine

	mu    sync.Mutex
	plans []plan // the last used one last
}

type plan struct {
	id      string
	overlay *overlay
	left    *atomic.Int64 // how much content may still be shown
}

// NewService returns a service of a machine.
func NewService(m *Machine) *Service { return &Service{machine: m} }

// plan returns what is kept of a plan, anew where there is nothing yet.
func (s *Service) plan(id string) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.plans, func(p plan) bool { return p.id == id })
	if i < 0 {
		p := plan{id, newOverlay(), new(atomic.Int64)}
		p.left.Store(shownPlan)
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
	def, res, err := decode(req.Kind, req.Args)
	if err != nil {
		return CheckReply{}, err
	}
	p := s.plan(req.Plan)
	o := p.overlay
	o.addDeltas(req.Deltas)
	h := &planHost{m: s.machine, v: &view{o: o, after: req.After}}
	h.unknown = req.Unknown
	if h.nameless(def) {
		o.add(req.Address, req.Attempt, req.After, nil)
		return CheckReply{Change: Change{Op: Create, After: map[string]any{}}}, nil
	}
	c, err := res.Check(ctx, h)
	if err != nil {
		return CheckReply{}, failure(def, err)
	}
	c.Traits = c.found
	after := c.Effects // What it leaves behind, also where it does nothing.
	if c.Op == NoOp {
		c.Effects = nil
	}
	c.Fingerprint = fingerprint(req.Key, c)
	if c.Restores, err = s.restores(ctx, h, after); err != nil {
		return CheckReply{}, err
	}
	o.add(req.Address, req.Attempt, req.After, c.Effects)
	c.boundEffects()
	shown := p.shown(c)
	c.Results = p.results(c.Results, req.Results)
	return CheckReply{Change: c.wire(shown, req.Key)}, nil
}

// boundEffects keeps the first effects of a change with very many, and says what
// that means: where another context of the machine plans something of the others,
// its apply finds that they moved, and refuses.
func (c *Change) boundEffects() {
	if len(c.Effects) <= sentEffects {
		return
	}
	c.Warnings = append(c.Warnings, *kind.NewProblem("recurse", kind.CodeMany, "Very much changes at once",
		"%d things change with this block. Contexts of other users on this machine know of the first %d of them: what they plan for the others is compared with what is there now, and refused at apply if it differs then. Plan again after this apply to see it.", len(c.Effects), sentEffects))
	c.Effects = c.Effects[:sentEffects]
}

// nameless reports whether it is not known yet which thing is meant.
func (h *planHost) nameless(def kind.Kind) bool {
	return slices.ContainsFunc(def.Args.Attrs, func(a kind.Attr) bool {
		return (a.Claims != "" || a.Edits != "") && h.Unknown(a.Name)
	})
}

// Apply makes a change, if the thing is still as it was planned.
func (s *Service) Apply(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	def, res, err := decode(req.Kind, req.Args)
	if err != nil {
		return ApplyReply{}, err
	}
	done, err := s.machine.turn(ctx, res)
	if err != nil {
		return ApplyReply{}, err
	}
	defer done()
	s.machine.begin(req.Run)
	h := &applyHost{m: s.machine, want: req.Fingerprint, key: req.Key}
	defer h.close()
	c, err := res.Apply(ctx, h)
	if err != nil {
		return ApplyReply{}, failure(def, err)
	}
	if !h.begun {
		return ApplyReply{}, errNotBegun
	}
	c.Fingerprint, c.Traits = fingerprint(req.Key, c), c.left
	c.Results = textResults(c.Results)
	c.boundEffects()
	return ApplyReply{Change: c.wire(shownContent, req.Key)}, nil
}

// decode makes a resource of a kind from its arguments.
func decode(name string, args cbor.RawMessage) (kind.Kind, Resource, error) {
	def, ok := Lookup(name)
	if !ok {
		return def, nil, kind.NewProblem("", kind.CodeUnknownKind, "Unknown resource kind",
			"This agent knows no kind %q. It may be older than the controller.", name)
	}
	res := def.New().(Resource)
	return def, res, kind.Decode(args, res)
}

// restores names the things that a chain of actions leaves as they are now.
func (s *Service) restores(ctx context.Context, h *planHost, effects []Effect) ([]kind.Thing, error) {
	var out []kind.Thing
	for _, e := range effects {
		if len(h.v.effects(e.Thing)) == 0 {
			continue
		}
		same, err := s.asNow(ctx, h, e)
		if err != nil {
			return nil, err
		}
		if same {
			out = append(out, e.Thing)
		}
	}
	return out, nil
}

// asNow reports whether an effect makes of a thing what it is now.
func (s *Service) asNow(ctx context.Context, h *planHost, e Effect) (bool, error) {
	switch {
	case e.User != nil:
		now, err := s.machine.lookupUser(e.User.Name)
		if now == nil {
			return e.User.Gone, err
		}
		return reflect.DeepEqual(now, e.User), err
	case e.Group != nil:
		now, err := s.machine.accounts.group(e.Group.Name)
		if now == nil {
			return e.Group.Gone, err
		}
		return now.GID == e.Group.GID && slices.Equal(now.Members, e.Group.Members), err
	}
	return s.entryAsNow(ctx, h, e)
}

func (s *Service) entryAsNow(ctx context.Context, h *planHost, e Effect) (bool, error) {
	p, _ := e.Thing.Path()
	now, err := s.machine.lstat(p)
	if err != nil {
		return false, err
	}
	will := e.Entry
	if will.Type != now.Type || will.Type == Absent {
		return will.Type == now.Type, nil
	}
	if !will.Owner.Same(now.Owner) || !will.Group.Same(now.Group) || will.Mode != now.Mode || string(will.Target) != string(now.Target) {
		return false, nil
	}
	if will.Type != Plain {
		return true, nil
	}
	planned := will.Content
	for _, before := range h.v.effects(e.Thing) {
		if planned != nil {
			break
		}
		planned = before.Entry.Content
	}
	if planned == nil {
		return true, nil
	}
	if planned.Unknown || planned.Size != now.Size {
		return false, nil
	}
	there, err := s.machine.read(ctx, p, 0)
	return planned.Equal(there), explain("read", p, err)
}

// shown is the longest content that the answer to a check holds, and takes
// what it holds off what is left for the plan.
func (p plan) shown(c Change) int64 {
	var sum int64
	count := func(v any) {
		switch c, ok := v.(Content); {
		case ok && c.Whole && c.Size <= shownContent:
			sum += c.Size
		case ok && c.Whole:
			sum += excerptMax
		}
	}
	for _, m := range []map[string]any{c.Before, c.After} {
		for _, v := range m {
			count(v)
		}
	}
	for _, e := range c.Effects {
		if e.Entry != nil && e.Entry.Content != nil {
			count(*e.Entry.Content)
		}
	}
	if c.Op == NoOp || sum == 0 || p.left.Add(-sum) >= 0 {
		return shownContent
	}
	p.left.Add(sum)
	return 0
}

// results are those of a check: content is in them where somebody refers to it,
// and takes its size off what is left for the plan.
func (p plan) results(m map[string]any, wanted bool) map[string]any {
	var sum int64
	for _, v := range m {
		if c, ok := v.(Content); ok {
			sum += c.Size
		}
	}
	if sum == 0 || wanted && p.left.Add(-sum) >= 0 {
		return textResults(m)
	}
	if wanted {
		p.left.Add(sum)
	}
	out := maps.Clone(m)
	maps.DeleteFunc(out, func(_ string, v any) bool { _, ok := v.(Content); return ok })
	return out
}

// textResults has content as text, and leaves out what is unknown, too long or
// no text.
func textResults(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for name, v := range m {
		c, ok := v.(Content)
		switch {
		case !ok:
		case !c.Unknown && c.Whole && c.Size <= shownContent && utf8.Valid(c.Data):
			out[name] = kind.Text(c.Data)
		default:
			delete(out, name)
		}
	}
	return out
}

// wire returns a Change as it goes over the wire, with no content in it that
// is longer than shown, and none that nothing is done to: such content is a
// digest under key, with an excerpt where it is text.
func (c Change) wire(shown int64, key []byte) Change {
	before, after := wireValues(c.Before, c.Op, shown, key), wireValues(c.After, c.Op, shown, key)
	if shown > 0 && c.Op != NoOp {
		withExcerpts(c, before, after)
	}
	c.Before, c.After = before, after
	c.Effects = slices.Clone(c.Effects)
	for i, e := range c.Effects {
		if e.Entry != nil && e.Entry.Content != nil && e.Entry.Content.Size > shown {
			entry := *e.Entry
			short := entry.Content.within(shown)
			entry.Content = &short
			c.Effects[i].Entry = &entry
		}
	}
	return c
}

func wireValues(m map[string]any, op Op, shown int64, key []byte) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		c, ok := v.(Content)
		switch {
		case !ok:
			out[name] = v
		case c.Unknown:
		case op != NoOp && c.Size <= shown && c.isText():
			out[name] = kind.Text(c.Data)
		default:
			out[name] = c.digest(key)
		}
	}
	return out
}
