package system

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (s *Swap) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(s.Thing(), "path"), nil
	}
	out := &swapEnd{Swap: *s, end: e}
	if !s.persists() {
		return out, nil
	}
	var err error
	out.line, err = s.item().End(e)
	return out, err
}

// swapEnd takes a line out that was added, has the machine not swap to the file any more if it
// did not before, and removes the file if it was made.
type swapEnd struct {
	Swap
	end resource.End
	// line is the end of the line; nil if none was kept.
	line resource.Resource
	// lineGoes is set if it changes the file.
	lineGoes bool
}

// Check implements Resource.
func (s *swapEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource.
func (s *swapEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	err = begin(ctx, h, *p.change, err)
	if err == nil && p.off {
		if err = p.swapOff(ctx, h); err == nil {
			err = p.holds(ctx, h)
		}
	}
	if err == nil && s.lineGoes {
		if _, err = s.line.Apply(ctx, begun{h}); err == nil {
			err = reloadUnits(ctx, h, s.item().Path)
		}
	}
	if err == nil && p.removes {
		err = h.Remove(p.at)
	}
	return *p.change, err
}

func (s *swapEnd) plan(ctx context.Context, h resource.Host) (*swapPlan, error) {
	c := resource.Change{Op: resource.NoOp}
	p := &swapPlan{s: &s.Swap, of: &s.Swap, change: &c}
	if s.line != nil {
		var err error
		if c, err = s.line.Check(ctx, h); err != nil || len(c.Stays) > 0 {
			return p, resource.OfArgument("fstab", err)
		}
		s.lineGoes = c.Op != resource.NoOp
		ofFstab(&c, s.Path)
	}
	known, err := p.look(ctx, h)
	if err != nil {
		return p, err
	}
	if !known {
		p.unsure()
		return p, nil
	}
	made := s.end.Made(kind.PathThing(p.at)) && p.is.Type != resource.TypeAbsent
	p.off = p.active != nil && (made || s.end.Made(kind.ThingOf(kind.MountOf, p.at)))
	if p.removes = made && (p.off || p.isOurs()); made && !p.removes {
		c.Warnings = append(c.Warnings, *kind.NewProblem("path", kind.CodeStays, "Something else is there", "%s is no swap file any more, as the one that was made. It stays.", p.at))
	}
	// The end takes out of use whatever runtime says, as the file is ours.
	all := true
	p.s = &Swap{s.swapArgs}
	p.s.State, p.s.Runtime = "absent", &all
	if err := p.possible(ctx, h); err != nil {
		return p, err
	}
	if p.off || p.removes {
		p.show()
	}
	return p, nil
}
