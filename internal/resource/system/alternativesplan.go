package system

import (
	"context"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Thing implements Resource. All blocks of one machine take turns, as the program has no lock.
func (a *Alternatives) Thing() kind.Thing {
	return kind.PathThing(path.Clean(string(wanted(a.AltDir, altDir))))
}

// Check implements Resource.
func (a *Alternatives) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := a.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (a *Alternatives) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return carryOutAlone(ctx, h, a.plan)
}

// carryOutAlone makes what a plan says while no other agent does so in the same directory. What
// another has just done is seen by planning once more.
func carryOutAlone(ctx context.Context, h resource.Host, plan func(context.Context, resource.Host) (*alternativesPlan, error)) (resource.Change, error) {
	p, err := plan(ctx, h)
	if err == nil && len(p.runs) > 0 {
		defer resource.HoldDirectory(ctx, p.farm.resolved)()
		p, err = plan(ctx, h)
	}
	return p.carryOut(ctx, h, err)
}

// alternativesPlan is what becomes of a group.
type alternativesPlan struct {
	a      *Alternatives
	change resource.Change
	// path is the candidate, as the file of the group writes it if it has it.
	path      string
	farm      *linkFarm
	was, will *groupSeen
	// runs are the arguments of the program, one run after the other.
	runs [][]string
}

// planned is a plan that does nothing yet.
func (a *Alternatives) planned() *alternativesPlan {
	return &alternativesPlan{a: a, path: a.path(), change: resource.Change{Op: resource.NoOp}}
}

func (a *Alternatives) plan(ctx context.Context, h resource.Host) (*alternativesPlan, error) {
	p := a.planned()
	if err := resource.FirstProblem(h, a.Validate()); err != nil {
		return p, err
	}
	if err := p.look(ctx, h); err != nil || p.change.Unsure {
		return p, err
	}
	if err := p.decide(ctx, h); err != nil || p.change.Unsure {
		return p, err
	}
	return p, p.finish(h)
}

// look finds the program, and what is there.
func (p *alternativesPlan) look(ctx context.Context, h resource.Host) (err error) {
	a := p.a
	if p.farm, err = a.farm(h); err != nil {
		return err
	}
	c := &p.change
	c.Writes = []kind.Thing{kind.PathThing(p.farm.resolved)}
	if h.Unknown("name") {
		p.unsure()
		return nil
	}
	c.Writes = append(c.Writes, kind.PathThing(path.Join(p.farm.resolved, a.Name)), kind.PathThing(path.Join(p.farm.admin, a.Name)))
	if p.was, err = p.farm.read(ctx, h, a.Name); err != nil {
		return err
	}
	if is := p.was.like(p.path); is != nil {
		p.path = is.path
	}
	own := *p.was
	own.linkGroup = p.was.clone()
	p.will = &own
	if p.was.unknown || slices.ContainsFunc([]string{"path", "link", "priority", "followers", "state", "admindir"}, h.Unknown) {
		p.unsure()
	}
	return nil
}

// unsure has the change be one of which not all is known. What others plan on it is not, either.
func (p *alternativesPlan) unsure() {
	c, name := &p.change, p.a.Name
	c.Op, c.Unsure = resource.Update, true
	c.Before, c.After = map[string]any{}, map[string]any{}
	if name == "" {
		return
	}
	c.Before["name"], c.After["name"] = name, name
	file := rootsEntry(resource.TypeFile, 0o644)
	file.Content = &resource.Content{Unknown: true}
	foresee(c, path.Join(p.farm.admin, name), file)
}

// decide says what the program is run for.
func (p *alternativesPlan) decide(ctx context.Context, h resource.Host) error {
	a := p.a
	if !p.was.there && (a.gone() || a.Path == nil || a.Priority == nil) {
		if a.gone() {
			return nil
		}
		return p.missing(h, kind.NewProblem("name", kind.CodeNoAlternative, "The machine has no such name", "There is no %s among the alternatives of this machine. Correct the name, install what brings it, or set path, link and priority to make it.", a.Name))
	}
	is := p.was.find(p.path)
	switch {
	case a.gone():
		if is != nil {
			p.run(p.will.remove(p.path))
		}
		return nil
	case a.Path == nil && p.will.next() == "":
		return p.missing(h, kind.NewProblem("name", kind.CodeMissing, "No candidate is there", "Of %s none of the candidates exists, so that the mode auto would take the name away. Those are %s. Install one of them first, in a block that this one depends on.", a.Name, prose.List(p.was.paths(), 10)))
	case a.Path == nil:
	case is == nil && a.Priority == nil:
		return p.missing(h, kind.NewProblem("path", kind.CodeNoAlternative, "It is no candidate", "%s is no candidate of %s. Those are %s. Correct the path, install what brings it, or set priority to add it.", a.path(), a.Name, prose.List(p.was.paths(), 10)))
	default:
		if err := p.fileIsThere(h); err != nil {
			return err
		}
		if p.was.there && p.farm.redHat && a.Link != nil && path.Clean(string(*a.Link)) != path.Clean(p.was.link) {
			return kind.NewProblem("link", kind.ArgumentCode("link"), "The link cannot be moved", "The link of %s is %s, and the program of this machine cannot move it. Remove all candidates of the name first, or correct link.", a.Name, p.was.link)
		}
		if !p.was.there && a.Link == nil {
			return kind.NewProblem("link", kind.CodeNoAlternative, "No link", "The machine has no name %s yet. Set link to the path that everybody uses, as /usr/bin/%s.", a.Name, a.Name)
		}
		if is == nil || a.differs(p.was, is) {
			if err := p.install(ctx, h); err != nil || p.change.Unsure {
				return err
			}
		}
	}
	broken := p.was.there && (p.was.leads != p.was.target() || len(p.was.broken) > 0)
	switch {
	case a.chooses() && (p.will.auto || p.will.current != p.path || broken):
		p.run(p.will.set(p.path))
	case a.wantsAuto() && (!p.will.auto || p.will.current != p.will.next() || broken):
		p.run(p.will.setAuto())
	case broken && len(p.runs) == 0:
		return p.install(ctx, h)
	}
	return nil
}

// run adds a run of the program.
func (p *alternativesPlan) run(argv []string) { p.runs = append(p.runs, argv) }

// fileIsThere returns the problem that the candidate is not there, or warns of it if what comes
// before may bring it.
func (p *alternativesPlan) fileIsThere(h resource.Host) error {
	at, err := h.Resolve(p.path, true)
	if err != nil || !absent(h, at) {
		return err
	}
	return mayCome(h, &p.change, kind.NewProblem("path", kind.CodeMissing, "The candidate is not there", "%s does not exist, so that the name would lead nowhere. Install it first, in a block that this one depends on, or correct path.", p.path))
}

// missing is a problem, or a warning of a change that is not known if what comes before may make
// good for it.
func (p *alternativesPlan) missing(h resource.Host, why *kind.Problem) error {
	err := mayCome(h, &p.change, why)
	if err == nil {
		p.unsure()
	}
	return err
}

// differs reports whether a candidate is not as the block says.
func (a *Alternatives) differs(g *groupSeen, is *candidate) bool {
	return a.Priority != nil && *a.Priority != is.priority || a.Link != nil && path.Clean(string(*a.Link)) != path.Clean(g.link) ||
		a.Followers != nil && !slices.Equal(byName(*a.Followers), byName(g.followersOf(is.path)))
}

// install has the candidate be as the block says. What it does not say stays as it is.
func (p *alternativesPlan) install(ctx context.Context, h resource.Host) error {
	a, c := p.a, &candidate{path: p.path}
	if is := p.will.find(c.path); is != nil {
		c.priority = is.priority
	}
	if a.Priority != nil {
		c.priority = *a.Priority
	}
	link, followers := p.will.link, p.will.followersOf(c.path)
	if a.Link != nil && path.Clean(string(*a.Link)) != path.Clean(link) {
		link = path.Clean(string(*a.Link))
	}
	if a.Followers != nil {
		followers = byName(*a.Followers)
	}
	for i, f := range followers { // as the file writes it
		if is := p.will.links[f.Name]; is != "" && path.Clean(is) == string(f.Link) {
			followers[i].Link = kind.Text(is)
		}
	}
	why, err := p.will.taken(ctx, h, link, followers)
	if err == nil && why != nil {
		err = p.missing(h, why)
	}
	if err == nil && why == nil {
		p.run(p.will.install(c, link, followers))
	}
	return err
}

// carryOut runs the program, and holds that the group is then as it was planned.
func (p *alternativesPlan) carryOut(ctx context.Context, h resource.Host, err error) (resource.Change, error) {
	if err == nil {
		err = h.Begin(p.change)
	}
	for _, run := range p.runs {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = h.Run(ctx, p.farm.tool(p.a.Name, run))
		}
	}
	if err != nil || len(p.runs) == 0 {
		return p.change, err
	}
	is, err := p.farm.read(ctx, h, p.a.Name)
	if err == nil && !is.as(p.will) {
		err = kind.NewProblem("name", kind.CodeNotIdempotent, "The alternatives are not as they were to be",
			"%s ended well, but the mode of %s is %s then and not %s, or its candidates or its links are others. Look at what %s --display %s says.", p.farm.program, p.a.Name, is.choice(), p.will.choice(), p.farm.program, p.a.Name)
	}
	return p.change, err
}
