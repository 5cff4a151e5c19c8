package resource

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// applyOrdered makes an ordered batch in one write. If it returns an error, nothing was written, and
// at is the number of the action that it is about: 0 is the first.
func (s *Service) applyOrdered(ctx context.Context, req ApplyRequest) (reply ApplyReply, at int, err error) {
	o := &ordered{}
	var hosts []*applyHost
	var defs []kind.Kind
	var replies []ApplyReply
	for k := range 1 + len(req.Then) {
		r := req
		if k > 0 {
			r = req.Then[k-1]
		}
		def, res, err := s.decode(r.Kind, r.Args, r.End)
		if err != nil {
			return reply, k, err
		}
		if k == 0 {
			done, err := s.machine.turn(ctx, res)
			if err != nil {
				return reply, k, err
			}
			defer done()
			s.machine.begin(r.Session)
		}
		h := s.hostOf(r)
		h.batch, o.now = o, k
		defer h.close()
		c, err := res.Apply(ctx, h)
		if err != nil {
			return reply, k, failure(def, err)
		}
		hosts, defs, replies = append(hosts, h), append(defs, def), append(replies, r.reply(c))
	}
	if o.path == "" {
		return reply, 0, errNotBegun
	}
	for _, h := range hosts {
		h.begun = true // What validates it runs now.
	}
	if err := s.machine.replace(ctx, o.path, o.found, o.file); err != nil {
		at, err = o.blamed(ctx, s.machine, err)
		return reply, at, failure(defs[at], explain("write", o.path, err))
	}
	replies[0].Then = replies[1:]
	return replies[0], 0, nil
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
		if next.Problem = problemOf(err); err != nil {
			return ApplyReply{Change: first.Change, Then: append(first.Then, next)}, nil
		}
		first.Then = append(first.Then, next)
	}
	return first, nil
}
