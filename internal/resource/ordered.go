package resource

import (
	"context"
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// applyOrdered makes an ordered batch in one write. If an action fails, those before it are made in
// one write, or none if the first writes all of the file, as it would undo those behind. The error
// is that of the first action, after which nothing was done; errNotBegun is of a batch that cannot
// be made so.
func (s *Service) applyOrdered(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	o := &ordered{}
	done, why := s.planOrdered(ctx, req, o)
	if done != nil {
		defer done()
	}
	for n := len(o.actions); ; {
		switch {
		case ctx.Err() != nil:
			return ApplyReply{}, context.Cause(ctx)
		case errors.Is(why, errNotBegun), why != nil && n == 0:
			return ApplyReply{}, why
		case why != nil && req.Whole:
			return ApplyReply{Refused: n, Why: whyOf(why)}, nil
		}
		at, err := o.write(ctx, s.machine, n)
		if err == nil {
			return o.reply(n, why), nil
		}
		if at == 0 && !o.unchanged(s.machine) {
			return ApplyReply{Unsure: true, Why: whyOf(err)}, nil
		}
		n, why = at, err
	}
}

// planOrdered has each action of a batch see what those before it make of the file, up to one that
// fails. What is done when the batch ends is not nil if it has its turn.
func (s *Service) planOrdered(ctx context.Context, req ApplyRequest, o *ordered) (done func(), err error) {
	for k := range 1 + len(req.Then) {
		r := req
		if k > 0 {
			r = req.Then[k-1]
		}
		def, res, err := s.decode(r.Kind, r.Args, r.End)
		if err != nil {
			return done, err
		}
		if k == 0 {
			if done, err = s.machine.turn(ctx, res); err != nil {
				return nil, err
			}
			s.machine.begin(r.Session)
		}
		h := s.hostOf(r)
		h.batch, o.file.Validate, o.file.Check = o, nil, ""
		c, err := res.Apply(ctx, h)
		if err != nil {
			return done, failure(def, err)
		}
		o.actions = append(o.actions, orderedAction{def, h, r.reply(c), o.file})
	}
	if o.path == "" {
		err = errNotBegun
	}
	return done, err
}

// reply is the answer after the first n actions were made. why is the error of the next, nil if there
// is none.
func (o *ordered) reply(n int, why error) ApplyReply {
	out := o.actions[0].reply
	for _, a := range o.actions[1:n] {
		out.Then = append(out.Then, a.reply)
	}
	if why != nil {
		out.Then = append(out.Then, ApplyReply{Why: whyOf(why)})
	}
	return out
}

// whyOf is an error as a reply has it.
func whyOf(err error) *transport.RemoteError {
	var p *kind.Problem
	errors.As(err, &p)
	return &transport.RemoteError{Function: "apply", Message: err.Error(), Problem: p}
}

// applyEach makes an ordered batch one by one, up to the first that fails.
func (s *Service) applyEach(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	first, err := s.applyOne(ctx, req)
	if err != nil {
		return first, err
	}
	for _, r := range req.Then {
		transport.Advance(ctx)
		next, err := s.applyOne(ctx, r)
		if err != nil && ctx.Err() != nil {
			return ApplyReply{}, err
		}
		if err != nil {
			next.Why = whyOf(err)
		}
		if first.Then = append(first.Then, next); err != nil {
			break
		}
	}
	return first, nil
}
