package system

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (a *Alternatives) End(e resource.End) (resource.Resource, error) {
	if a.gone() || a.Name == "" || e.Adopted && e.Backup == "" && len(e.Along) == 0 {
		return resource.LeaveAlone(a.Thing(), kind.NewProblem("name", kind.CodeStays, "It was there before", "What %s stands for was so before mitoplan managed it, or nothing tells what it was. It stays as it is.", a.Name)), nil
	}
	return &alternativesEnd{*a, e}, nil
}

// alternativesEnd removes a candidate that was added, and chooses what was chosen before.
type alternativesEnd struct {
	Alternatives
	end resource.End
}

// Check implements Resource.
func (a *alternativesEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := a.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (a *alternativesEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return carryOutAlone(ctx, h, a.plan)
}

func (a *alternativesEnd) plan(ctx context.Context, h resource.Host) (*alternativesPlan, error) {
	p := a.planned()
	err := p.look(ctx, h)
	if err != nil || p.change.Unsure || !p.was.there {
		return p, err
	}
	was, manual := strings.CutPrefix(string(a.end.Backup), "manual ")
	ours := a.chooses() && !p.was.auto && p.was.current == p.path || a.wantsAuto() && p.was.auto
	added := a.added(p.was)
	switch {
	case a.end.Backup == "" || p.was.choice() == string(a.end.Backup):
	case !ours && a.end.Adopted && len(added) == 0:
		p.change.Stays = []kind.Problem{*kind.NewProblem("name", kind.CodeStays, "Something else was chosen since", "Of %s something else was chosen than the last apply left: it is %s now. It stays. Before the first apply it was %s.", a.Name, p.was.choice(), a.end.Backup)}
	case !ours:
	case manual && p.was.find(was) != nil && !slices.Contains(p.was.lost, was):
		p.run(p.will.set(was))
	case !p.was.auto:
		p.run(p.will.setAuto())
	}
	// What was chosen before comes first, so that an end that is cut short still knows what is ours.
	// The block may have another path since it was made, which was a candidate before.
	earlier := false
	for _, at := range added {
		earlier = earlier || at != p.path
		if p.will.find(at) != nil { // Else an earlier run forgets it.
			p.run(p.will.remove(at))
		}
	}
	err = p.finish(h)
	if earlier {
		p.showCandidates()
	}
	return p, err
}

// added are the candidates that applies added and that are there.
func (a *alternativesEnd) added(was *groupSeen) (out []string) {
	for _, thing := range a.end.Along {
		if at, ok := thing.Path(); ok && was.find(at) != nil {
			out = append(out, at)
		}
	}
	return out
}

// showCandidates has the difference name all candidates, as one goes that is not the path of the block.
func (p *alternativesPlan) showCandidates() {
	for shown, g := range map[*map[string]any]*groupSeen{&p.change.Before: p.was, &p.change.After: p.will} {
		if *shown != nil {
			(*shown)["candidates"] = kind.Text(prose.List(g.paths(), prose.All))
		}
	}
}
