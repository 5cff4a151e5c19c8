package resource

import (
	"context"
	"reflect"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// restores returns the things that earlier actions change and that this one leaves
// as they are on the machine now.
func (s *Service) restores(ctx context.Context, h *planHost, c Change) ([]kind.Thing, error) {
	var out []kind.Thing
	for _, e := range c.Effects {
		if _, ok := h.v.latest(e.Thing); !ok {
			continue
		}
		same, err := c.AsNow, error(nil)
		if what, _ := e.Thing.Parts(); !kind.BlocksTell(what) {
			same, err = s.asNow(ctx, h, e)
		}
		if err != nil {
			return nil, err
		}
		if same {
			out = append(out, e.Thing)
		}
	}
	return out, nil
}

// asNow reports whether an effect leaves a thing as it is on the machine now.
func (s *Service) asNow(ctx context.Context, h *planHost, e Effect) (bool, error) {
	switch {
	case e.User != nil:
		now, err := s.machine.accounts.account(e.User.Name)
		if now == nil {
			return e.User.Gone, err
		}
		return reflect.DeepEqual(now, e.User), err
	case e.Group != nil:
		now, err := s.machine.accounts.group(e.Group.Name)
		if now == nil {
			return e.Group.Gone, err
		}
		if e.Group.ofMember() {
			return slices.Contains(now.Members, e.Group.Joins+e.Group.Leaves) == (e.Group.Joins != ""), err
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
	if will.Type != now.Type || will.Type == TypeAbsent {
		return will.Type == now.Type, nil
	}
	if !will.Owner.Same(now.Owner) || !will.Group.Same(now.Group) || will.Mode != now.Mode || string(will.Target) != string(now.Target) {
		return false, nil
	}
	if will.Type != TypeFile {
		return true, nil
	}
	if will.SameAs != "" {
		return false, nil // It is another file by then.
	}
	planned := will.Content
	for before := range h.v.effects(e.Thing) {
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
	there, err := s.machine.read(ctx, p, 0, !h.paranoid)
	return planned.Equal(there), explain("read", p, err)
}
