package system

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// finish makes a change of what was decided.
func (p *alternativesPlan) finish(h resource.Host) error {
	c, a := &p.change, p.a
	c.Before, c.After = p.shown(p.was), p.shown(p.will)
	c.Found, c.Left = p.traits(p.was), p.traits(p.will)
	if len(p.runs) == 0 {
		return nil
	}
	c.Op = resource.Update
	if gone := p.will.forgotten; len(gone) > 0 {
		c.Warnings = append(c.Warnings, *kind.NewProblem("name", kind.CodeMissing, "Candidates are forgotten", "Of %s the candidates %s do not exist. %s forgets them, as it does whenever it changes something.", a.Name, prose.List(gone, 10), p.farm.program))
	}
	if p.was.there { // What is chosen then follows from all candidates, also from those that are not shown.
		c.See("candidates", p.was.format())
		c.See("links", prose.List(p.was.broken, prose.All))
		c.See("missing candidates", prose.List(p.was.lost, prose.All))
	}
	had, has := p.was.find(p.path) != nil, p.will.find(p.path) != nil
	switch {
	case !p.was.there:
		c.Op, c.Before = resource.Create, nil
	case !p.will.there:
		c.Op, c.After = resource.Delete, nil
	case has && !had:
		c.Made = true
	}
	if has && !had && !a.gone() {
		c.Keep().Along = []kind.Thing{kind.PathThing(a.path())}
	}
	if !a.gone() && p.was.there && (p.was.auto != p.will.auto || !p.will.auto && p.was.current != p.will.current) {
		c.Keep().Backup = kind.Text(p.was.choice())
	}
	if err := needsProgram(h, p.farm.program); err != nil {
		return err
	}
	return p.effects(h)
}

// shown is what people are shown of a group.
func (p *alternativesPlan) shown(g *groupSeen) map[string]any {
	a := p.a
	out := map[string]any{"name": a.Name}
	if a.Path != nil {
		out["path"] = kind.Text(a.path())
	}
	if a.AltDir != nil {
		out["altdir"] = kind.Text(p.farm.alt)
	}
	if a.AdminDir != nil {
		out["admindir"] = kind.Text(p.farm.admin)
	}
	if !g.there {
		return out
	}
	mode := "manual"
	if g.auto {
		mode = "auto"
	}
	out["link"], out["mode"], out["choice"] = kind.Text(g.link), mode, kind.Text(g.current)
	if p.was.there && p.was.leads != p.was.target() && !a.gone() {
		if out["leads"] = kind.Text(g.leads); g.leads == "" {
			out["leads"] = "nowhere"
		}
	}
	if len(p.was.broken) > 0 && !a.gone() {
		out["broken"] = kind.Text(prose.List(g.broken, 10))
	}
	is := g.find(p.path)
	if is == nil && a.Path != nil {
		out["priority"] = nil
	}
	if is != nil {
		out["priority"] = is.priority
		if a.Followers != nil && !a.gone() {
			out["followers"] = followerValues(byName(g.followersOf(is.path)))
		}
	}
	return out
}

// followerValues are followers in their wire form.
func followerValues(list []follower) []any {
	out := []any{}
	for _, f := range list {
		out = append(out, map[string]any{"name": f.Name, "link": f.Link, "path": f.Path})
	}
	return out
}

// traits are those of a group, as far as the block manages it.
func (p *alternativesPlan) traits(g *groupSeen) (out []resource.Trait) {
	a := p.a
	add := func(attr string, part, value any) { out = append(out, resource.NewTrait(attr, part, value)) }
	add(resource.TypeTrait, nil, string(resource.TypeDirectory))
	is := g.find(p.path)
	own := []any{a.Name, []byte(a.path())}
	if a.Path != nil {
		add("path", own, is != nil)
	}
	if a.gone() || !g.there {
		return out
	}
	if is != nil && a.Priority != nil {
		add("priority", own, is.priority)
	}
	if is != nil && a.Followers != nil {
		add("followers", own, followerValues(byName(g.followersOf(is.path))))
	}
	add("link", a.Name, []any{[]byte(g.link), g.leads == g.target() && len(g.broken) == 0})
	if a.chooses() || a.wantsAuto() {
		add("state", a.Name, g.choice())
	}
	return out
}
