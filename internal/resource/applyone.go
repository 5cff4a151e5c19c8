package resource

import (
	"context"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// applyOne is Apply of one action.
func (s *Service) applyOne(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	def, res, err := s.decode(req.Kind, req.Args, req.End)
	if err != nil {
		return ApplyReply{}, err
	}
	done, err := s.machine.turn(ctx, res)
	if err != nil {
		return ApplyReply{}, err
	}
	defer done()
	s.machine.begin(req.Session)
	h := s.hostOf(req)
	defer h.close()
	c, err := res.Apply(ctx, h)
	if err != nil {
		return ApplyReply{}, failure(def, err)
	}
	if !h.begun {
		return ApplyReply{}, errNotBegun
	}
	return req.reply(c), nil
}

// hostOf is the Host of an apply.
func (s *Service) hostOf(req ApplyRequest) *applyHost {
	h := &applyHost{m: s.machine, want: req.Fingerprint, key: req.Key, pipe: req.Pipe, hidden: req.Hidden}
	h.from, h.paranoid, h.login = req.From, req.Paranoid, req.Login
	return h
}

// reply answers a request with what was done.
func (r ApplyRequest) reply(c Change) ApplyReply {
	c.Fingerprint, c.Traits = fingerprint(r.Key, c), summed(c.Left)
	if r.Bare {
		c.Results = bareResults(c.Results)
	}
	c.Results = textResults(c.Results)
	c.boundEffects()
	return ApplyReply{Change: c.wire(ShownContent, r.Key)}
}

// decode makes a resource of a kind from its arguments, or what takes away what they
// made.
func (s *Service) decode(name string, args cbor.RawMessage, end *End) (kind.Kind, Resource, error) {
	def, ok := s.lookup(name)
	if !ok {
		return def, nil, kind.NewProblem("", kind.CodeUnknownKind, "Unknown resource kind",
			"This agent does not know the kind %q. It may be older than the controller, or the usual edition of the agent, which lacks the kinds that few need. If agent_path leads to it, put the full edition there. Otherwise report this: mitoplan sends an agent that has what the plan names.", name)
	}
	res := def.New().(Resource)
	if err := kind.Decode(args, res); err != nil {
		return def, nil, err
	}
	res, err := ended(res, end)
	return def, res, err
}
