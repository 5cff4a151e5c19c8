package system

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

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
	p, err := a.plan(ctx, h)
	return p.carryOut(ctx, h, err)
}

// The directories of the two programs.
const (
	altDir         = "/etc/alternatives"
	debianAdminDir = "/var/lib/dpkg/alternatives"
	redHatAdminDir = "/var/lib/alternatives"
	ostreeAdminDir = "/etc/alternatives-admindir"
)

// linkFarm is the program of a machine that manages alternatives, and where it keeps them.
type linkFarm struct {
	program string
	redHat  bool
	// alt is the directory as links name it; resolved is where it is.
	alt, resolved, admin string
	// flags tell the program of other directories.
	flags []string
}

// farm finds out which program a machine has. If it has none, that of Debian is assumed.
func (a *Alternatives) farm(h resource.Host) (f *linkFarm, err error) {
	f = &linkFarm{}
	f.program, f.admin = "update-alternatives", debianAdminDir
	if f.redHat = h.HasProgram("alternatives"); f.redHat {
		f.program = "alternatives"
	}
	if f.redHat || absent(h, debianAdminDir) {
		f.admin = redHatAdminDir
		if absent(h, redHatAdminDir) && !absent(h, ostreeAdminDir) {
			f.admin = ostreeAdminDir
		}
	}
	f.alt = path.Clean(string(wanted(a.AltDir, altDir)))
	if a.AltDir != nil {
		f.flags = append(f.flags, "--altdir", f.alt)
	}
	if a.AdminDir != nil {
		f.admin = path.Clean(string(*a.AdminDir))
		f.flags = append(f.flags, "--admindir", f.admin)
	}
	if f.resolved, err = h.Resolve(f.alt, true); err != nil {
		return f, resource.OfArgument("altdir", err)
	}
	f.admin, err = h.Resolve(f.admin, true)
	return f, resource.OfArgument("admindir", err)
}

// groupSeen is a group as the machine has it.
type groupSeen struct {
	*linkGroup
	there bool
	// unknown is set if an earlier action of the plan makes something of it that is not known yet.
	unknown bool
	// lost are the candidates that are not there.
	lost []string
	// current is where the link in the directory leads, "" if it is not there; leads is where that
	// of the group does. dangling is set if nothing is where current leads.
	current, leads string
	dangling       bool
	// broken are the links of followers that are not as the program makes them, sorted.
	broken []string
}

// read reads a group.
func (f *linkFarm) read(ctx context.Context, h resource.Host, name string) (g *groupSeen, err error) {
	g = &groupSeen{linkGroup: &linkGroup{}}
	file := path.Join(f.admin, name)
	is, err := h.Lstat(file)
	if err != nil || is.Type == resource.TypeAbsent {
		return g, resource.OfArgument("name", err)
	}
	c, err := h.Read(ctx, file, resource.ShownContent)
	if err != nil {
		return g, resource.OfArgument("name", err)
	}
	if c.Unknown {
		g.unknown = true
		return g, nil
	}
	var ok bool
	if g.linkGroup, ok = parseLinkGroup(c.Data); !ok {
		return g, kind.NewProblem("name", kind.CodeAlternativesFile, "The file of the name is broken", "%s has another form than %s writes. Nothing was changed. Correct it, or take it away and add its candidates anew.", file, f.program)
	}
	g.there = true
	if g.current, err = f.leads(h, "name", path.Join(f.resolved, name)); err == nil {
		g.leads, err = f.leads(h, "link", g.link)
	}
	for _, c := range g.choices {
		if err := ctx.Err(); err != nil {
			return g, err
		}
		if at, err := h.Resolve(c.path, true); err == nil && absent(h, at) {
			g.lost = append(g.lost, c.path)
		}
	}
	if at, err := h.Resolve(g.current, true); g.current != "" && err == nil {
		g.dangling = absent(h, at)
	}
	// Red Hat has the mode be manual where the link leads to another than the best. Debian has it be so
	// where the link leads to something that is there and no candidate.
	if f.redHat && g.current != g.best() || !f.redHat && g.current != "" && !g.dangling && g.find(g.current) == nil {
		g.auto = false
	}
	if err == nil {
		g.broken, err = f.brokenLinks(h, name, g)
	}
	return g, err
}

// brokenLinks returns the links of a group that are not as the program makes them, besides that
// of its name. Where it could make none they are left out.
func (f *linkFarm) brokenLinks(h resource.Host, name string, g *groupSeen) (out []string, err error) {
	links, err := f.links(h, name, g)
	for _, at := range slices.Sorted(maps.Keys(links)) {
		is, failed := h.Lstat(at)
		if failed != nil || string(is.Target) == links[at] || is.Type != resource.TypeLink && is.Type != resource.TypeAbsent {
			continue
		}
		if dir, failed := h.Lstat(path.Dir(at)); failed == nil && dir.Type == resource.TypeDirectory {
			out = append(out, at)
		}
	}
	return out, err
}

// links are the links of a group, and where each leads; "" if it is not there. Those of followers
// are left out where no candidate is chosen, as the program leaves them alone then.
func (f *linkFarm) links(h resource.Host, name string, g *groupSeen) (map[string]string, error) {
	out := map[string]string{}
	if !g.there {
		return out, nil
	}
	add := func(link, leads, name, to string) error {
		at, err := h.Resolve(link, false)
		out[at], out[path.Join(f.resolved, name)] = leads, to
		return resource.OfArgument("link", err)
	}
	err := add(g.link, g.leads, name, g.current)
	chosen := g.find(g.current)
	if chosen == nil {
		return out, err
	}
	for name, link := range g.links {
		leads, to := path.Join(f.alt, name), chosen.followers[name]
		if at, failed := h.Resolve(to, true); failed != nil || !f.redHat && absent(h, at) { // Debian leaves out what leads nowhere.
			to = ""
		}
		if to == "" {
			leads = ""
		}
		if err == nil {
			err = add(link, leads, name, to)
		}
	}
	return out, err
}

// leads is where a link leads; "" if nothing is there.
func (f *linkFarm) leads(h resource.Host, attr, at string) (string, error) {
	is, err := h.Lstat(at)
	switch {
	case err != nil:
		return "", resource.OfArgument(attr, err)
	case is.Type == resource.TypeAbsent || is.Type == resource.TypeLink:
		return string(is.Target), nil
	}
	return "", kind.NewProblem(attr, kind.CodeInTheWay, "Something else is there", "%s is a %s, and should be a link that %s makes. It takes the place of nothing else. Move that away first.", at, is.Type.Noun(), f.program)
}

// alternativesPlan is what becomes of a group.
type alternativesPlan struct {
	change resource.Change
	name   string
	farm   *linkFarm
	was    *groupSeen
	will   *groupSeen
	// runs are the arguments of the program, one run after the other.
	runs [][]string
}

func (a *Alternatives) plan(ctx context.Context, h resource.Host) (*alternativesPlan, error) {
	p := &alternativesPlan{name: a.Name, change: resource.Change{Op: resource.NoOp}}
	if err := resource.FirstProblem(h, a.Validate()); err != nil {
		return p, err
	}
	if err := p.look(ctx, h, a); err != nil || p.change.Unsure {
		return p, err
	}
	if err := a.decide(ctx, h, p); err != nil || p.change.Unsure {
		return p, err
	}
	return p, p.finish(h, a)
}

// look finds the program, and what is there.
func (p *alternativesPlan) look(ctx context.Context, h resource.Host, a *Alternatives) (err error) {
	if p.farm, err = a.farm(h); err != nil {
		return err
	}
	c := &p.change
	c.Writes = []kind.Thing{kind.PathThing(p.farm.resolved)}
	if h.Unknown("name") {
		p.unsure(a)
		return nil
	}
	c.Writes = append(c.Writes, kind.PathThing(path.Join(p.farm.resolved, a.Name)), kind.PathThing(path.Join(p.farm.admin, a.Name)))
	if p.was, err = p.farm.read(ctx, h, a.Name); err != nil {
		return err
	}
	own := *p.was
	own.linkGroup = p.was.clone()
	p.will = &own
	if p.was.unknown || slices.ContainsFunc([]string{"path", "link", "priority", "followers", "state", "admindir"}, h.Unknown) {
		p.unsure(a)
	}
	return nil
}

// unsure has the change be one of which not all is known. What others plan on it is not, either.
func (p *alternativesPlan) unsure(a *Alternatives) {
	c := &p.change
	c.Op, c.Unsure = resource.Update, true
	c.Before, c.After = map[string]any{}, map[string]any{}
	if a.Name == "" {
		return
	}
	c.Before["name"], c.After["name"] = a.Name, a.Name
	file := rootsEntry(resource.TypeFile, 0o644)
	file.Content = &resource.Content{Unknown: true}
	foresee(c, path.Join(p.farm.admin, a.Name), file)
}

// decide says what the program is run for.
func (a *Alternatives) decide(ctx context.Context, h resource.Host, p *alternativesPlan) error {
	if !p.was.there && (a.gone() || a.Path == nil || a.Priority == nil) {
		if a.gone() {
			return nil
		}
		return p.missing(h, a, kind.NewProblem("name", kind.CodeNoAlternative, "The machine has no such name", "There is no %s among the alternatives of this machine. Correct the name, install what brings it, or set path, link and priority to make it.", a.Name))
	}
	is := p.was.find(a.path())
	switch {
	case a.gone():
		if is != nil {
			p.remove(a.path())
		}
		return nil
	case a.Path == nil && p.next() == "":
		return p.missing(h, a, kind.NewProblem("name", kind.CodeMissing, "No candidate is there", "Of %s none of the candidates exists, so that the mode auto would take the name away. Those are %s. Install one of them first, in a block that this one depends on.", a.Name, prose.List(p.was.paths(), 10)))
	case a.Path == nil:
	case is == nil && a.Priority == nil:
		return p.missing(h, a, kind.NewProblem("path", kind.CodeNoAlternative, "It is no candidate", "%s is no candidate of %s. Those are %s. Correct the path, install what brings it, or set priority to add it.", a.path(), a.Name, prose.List(p.was.paths(), 10)))
	default:
		if err := a.fileIsThere(h, p); err != nil {
			return err
		}
		if p.was.there && p.farm.redHat && a.Link != nil && path.Clean(string(*a.Link)) != p.was.link {
			return kind.NewProblem("link", kind.ArgumentCode("link"), "The link cannot be moved", "The link of %s is %s, and the program of this machine cannot move it. Remove all candidates of the name first, or correct link.", a.Name, p.was.link)
		}
		if !p.was.there && a.Link == nil {
			return kind.NewProblem("link", kind.CodeNoAlternative, "No link", "The machine has no name %s yet. Set link to the path that everybody uses, as /usr/bin/%s.", a.Name, a.Name)
		}
		if is == nil || a.differs(p.was, is) {
			if err := p.install(ctx, h, a); err != nil || p.change.Unsure {
				return err
			}
		}
	}
	broken := p.was.there && (p.was.leads != path.Join(p.farm.alt, a.Name) || len(p.was.broken) > 0)
	switch {
	case a.chooses() && (p.will.auto || p.will.current != a.path() || broken):
		p.set(a.path())
	case a.wantsAuto() && (!p.will.auto || p.will.current != p.next() || broken):
		p.setAuto()
	case broken && len(p.runs) == 0:
		return p.install(ctx, h, a)
	}
	return nil
}

// fileIsThere returns the problem that the candidate is not there, or warns of it if what comes
// before may bring it.
func (a *Alternatives) fileIsThere(h resource.Host, p *alternativesPlan) error {
	at, err := h.Resolve(a.path(), true)
	if err != nil {
		return err
	}
	if !absent(h, at) {
		return nil
	}
	why := kind.NewProblem("path", kind.CodeMissing, "The candidate is not there", "%s does not exist, so that the name would lead nowhere. Install it first, in a block that this one depends on, or correct path.", a.path())
	if !h.Behind() {
		return why
	}
	p.change.Warnings = append(p.change.Warnings, *why)
	return nil
}

// missing is a problem, or a warning if what comes before may make good for it.
func (p *alternativesPlan) missing(h resource.Host, a *Alternatives, why *kind.Problem) error {
	if !h.Behind() {
		return why
	}
	p.change.Warnings = append(p.change.Warnings, *why)
	p.unsure(a)
	return nil
}

func (g *groupSeen) paths() (out []string) {
	for _, c := range g.choices {
		out = append(out, c.path)
	}
	return out
}

// differs reports whether a candidate is not as the block says.
func (a *Alternatives) differs(g *groupSeen, is *candidate) bool {
	return a.Priority != nil && *a.Priority != is.priority || a.Link != nil && path.Clean(string(*a.Link)) != g.link ||
		a.Followers != nil && !slices.Equal(byName(*a.Followers), byName(g.followersOf(is.path)))
}

// byName are followers in the order of their names, with clean paths.
func byName(list []follower) []follower {
	of := map[string]follower{}
	for _, f := range list {
		f.Link, f.Path = kind.Text(path.Clean(string(f.Link))), kind.Text(path.Clean(string(f.Path)))
		of[f.Name] = f
	}
	var out []follower
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[name])
	}
	return out
}

// install has the candidate be as the block says. What it does not say stays as it is.
func (p *alternativesPlan) install(ctx context.Context, h resource.Host, a *Alternatives) error {
	link, followers := p.will.link, p.will.followersOf(a.path())
	if a.Link != nil {
		link = path.Clean(string(*a.Link))
	}
	if a.Followers != nil {
		followers = byName(*a.Followers)
	}
	if why, err := p.taken(ctx, h, link, followers); err != nil || why != nil {
		if err == nil {
			err = p.missing(h, a, why)
		}
		return err
	}
	p.begin()
	c := &candidate{path: a.path()}
	to := ""
	if is := p.will.find(c.path); is != nil {
		c.priority, c.family, c.service = is.priority, is.family, is.service
		if p.farm.redHat { // It makes all links anew then.
			to = p.will.current
		}
	}
	if a.Priority != nil {
		c.priority = *a.Priority
	}
	p.will.link = link
	if !p.will.there {
		p.will.auto, p.will.there = true, true
	}
	p.will.linkGroup.install(c, followers)
	if p.will.auto {
		to = p.will.best()
	}
	p.update(to)
	run := []string{"--install", p.will.link, a.Name, c.path, strconv.FormatInt(c.priority, 10)}
	for _, f := range followers {
		run = append(run, "--slave", string(f.Link), f.Name, string(f.Path))
	}
	if c.family != "" {
		run = append(run, "--family", c.family)
	}
	if c.service != "" {
		run = append(run, "--initscript", c.service)
	}
	p.runs = append(p.runs, run)
	return nil
}

// taken returns the problem that a name or a link is another's, so that the program of Debian
// refuses to install the candidate.
func (p *alternativesPlan) taken(ctx context.Context, h resource.Host, link string, followers []follower) (*kind.Problem, error) {
	if p.farm.redHat {
		return nil, nil
	}
	owners := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.will.links)) {
		owners[p.will.links[name]] = name
	}
	owners[link] = p.name
	for _, f := range followers {
		if owner := owners[string(f.Link)]; owner != "" && owner != f.Name {
			return kind.NewProblem("followers", kind.ArgumentCode("followers"), "It is another's", "The link %s of the follower %s is that of %s, and the program refuses that. Correct followers.", f.Link, f.Name, owner), nil
		}
	}
	names, err := h.ReadDir(p.farm.admin)
	for _, name := range names {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		if name == p.name || strings.HasSuffix(name, ".dpkg-tmp") { // What the program was about to write counts for nobody.
			continue
		}
		c, failed := h.Read(ctx, path.Join(p.farm.admin, name), resource.ShownContent)
		other, ok := parseLinkGroup(c.Data)
		if failed != nil || c.Unknown || !ok {
			continue
		}
		if why := p.takenBy(&groupSeen{linkGroup: other, there: true}, name, link, followers); why != nil {
			return why, nil
		}
	}
	return nil, resource.OfArgument("name", err)
}

// takenBy is taken for one other group.
func (p *alternativesPlan) takenBy(g *groupSeen, group, link string, followers []follower) *kind.Problem {
	links, names := g.allLinks(group), map[string]string{}
	for name, link := range links {
		names[link] = name
	}
	why := func(attr, what string) *kind.Problem {
		return kind.NewProblem(attr, kind.ArgumentCode(attr), "It is another's", "%s belongs to the alternatives of %s already, and the program refuses that. Correct %s.", what, group, attr)
	}
	switch {
	case links[p.name] != "":
		return why("name", "The name "+p.name)
	case names[link] != "":
		return why("link", "The link "+link)
	}
	for _, f := range followers {
		switch {
		case links[f.Name] != "":
			return why("followers", "The name "+f.Name)
		case names[string(f.Link)] != "":
			return why("followers", "The link "+string(f.Link))
		}
	}
	return nil
}

// set has a candidate be chosen.
func (p *alternativesPlan) set(to string) {
	p.begin()
	p.will.auto = false
	p.update(to)
	p.runs = append(p.runs, []string{"--set", p.name, to})
}

// setAuto has the mode be auto.
func (p *alternativesPlan) setAuto() {
	p.begin()
	p.will.auto = true
	p.update(p.will.best())
	p.runs = append(p.runs, []string{"--auto", p.name})
}

// remove takes a candidate away. A group without candidates is gone.
func (p *alternativesPlan) remove(from string) {
	p.begin()
	p.will.linkGroup.remove(from)
	to := ""
	if p.will.current == from {
		p.will.auto, to = true, p.will.best()
	}
	p.update(to)
	p.runs = append(p.runs, []string{"--remove", p.name, from})
}

// begin is what the program of Debian does before all else. It drops the candidates whose files
// are gone. Where the link leads nowhere after that, it sets the mode auto.
func (p *alternativesPlan) begin() {
	g := p.will
	if p.farm.redHat {
		return
	}
	if len(g.lost) > 0 {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("name", kind.CodeMissing, "Candidates are forgotten", "Of %s the candidates %s do not exist. %s forgets them, as it does whenever it changes something.", p.name, prose.List(g.lost, 10), p.farm.program))
		g.linkGroup.remove(g.lost...)
		g.lost = nil
	}
	g.auto = g.auto || g.current == "" || g.dangling && g.find(g.current) == nil
}

// next is the candidate that the mode auto leads to. That of Debian has to be there.
func (p *alternativesPlan) next() string {
	if p.farm.redHat {
		return p.will.best()
	}
	kept := p.will.clone()
	kept.remove(p.will.lost...)
	return kept.best()
}

// update is what a run does in the end. It has the links lead to a candidate. Without one, that of
// Debian mends them if they lead somewhere, and that of Red Hat makes those of the mode auto anew.
func (p *alternativesPlan) update(to string) {
	g := p.will
	if g.there = len(g.choices) > 0; !g.there {
		p.will = &groupSeen{linkGroup: &linkGroup{}}
		return
	}
	if !p.farm.redHat {
		g.sort()
	}
	target := path.Join(p.farm.alt, p.name)
	switch {
	case to != "":
	case p.farm.redHat && g.auto:
		to = g.best()
	case p.farm.redHat:
		return
	case g.current == "" || g.leads == target && (len(g.broken) == 0 || g.find(g.current) == nil):
		return
	case g.find(g.current) == nil:
		g.auto, to = true, g.best()
	default:
		to = g.current
	}
	g.current, g.leads, g.dangling, g.broken = to, target, false, nil
}

// finish makes a change of what was decided.
func (p *alternativesPlan) finish(h resource.Host, a *Alternatives) error {
	c := &p.change
	c.Before, c.After = p.shown(a, p.was), p.shown(a, p.will)
	c.Found, c.Left = p.traits(a, p.was), p.traits(a, p.will)
	if len(p.runs) == 0 {
		return nil
	}
	c.Op = resource.Update
	if p.was.there { // What is chosen then follows from all candidates, also from those that are not shown.
		c.See("candidates", p.was.format())
		c.See("links", prose.List(p.was.broken, prose.All))
		c.See("missing candidates", prose.List(p.was.lost, prose.All))
	}
	had, has := p.was.find(a.path()) != nil, p.will.find(a.path()) != nil
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

// choice is what is chosen, as the record keeps it.
func (g *groupSeen) choice() string {
	if g.auto {
		return "auto"
	}
	return "manual " + g.current
}

// shown is what people are shown of a group.
func (p *alternativesPlan) shown(a *Alternatives, g *groupSeen) map[string]any {
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
	if target := path.Join(p.farm.alt, a.Name); p.was.there && p.was.leads != target && !a.gone() {
		if out["leads"] = kind.Text(g.leads); g.leads == "" {
			out["leads"] = "nowhere"
		}
	}
	if len(p.was.broken) > 0 && !a.gone() {
		out["broken"] = kind.Text(prose.List(g.broken, 10))
	}
	if out["priority"] = nil; a.Path == nil {
		delete(out, "priority")
	}
	if is := g.find(a.path()); is != nil {
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
func (p *alternativesPlan) traits(a *Alternatives, g *groupSeen) (out []resource.Trait) {
	add := func(attr string, part, value any) { out = append(out, resource.NewTrait(attr, part, value)) }
	add(resource.TypeTrait, nil, string(resource.TypeDirectory))
	is := g.find(a.path())
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
	add("link", a.Name, []any{[]byte(g.link), g.leads == path.Join(p.farm.alt, a.Name) && len(g.broken) == 0})
	if a.chooses() || a.wantsAuto() {
		add("state", a.Name, g.choice())
	}
	return out
}

// effects says which files and links there are after the runs.
func (p *alternativesPlan) effects(h resource.Host) error {
	file := rootsEntry(resource.TypeAbsent, 0)
	if p.will.there {
		content := p.will.format()
		if !p.farm.redHat {
			content = append(content, '\n')
		}
		all := resource.ContentOf(content)
		file = rootsEntry(resource.TypeFile, 0o644)
		file.Content = &all
	}
	dir, err := h.Lstat(p.farm.resolved)
	if err == nil && dir.Type != resource.TypeDirectory {
		err = kind.NewProblem("altdir", kind.CodeNoParent, "The directory does not exist", "%s is no directory. The package that brings %s makes it.", p.farm.alt, p.farm.program)
	}
	if err != nil {
		return resource.OfArgument("altdir", err)
	}
	at := path.Join(p.farm.admin, p.name)
	foresee(&p.change, p.farm.resolved, &dir)
	foresee(&p.change, at, file)
	if err := h.Refused(at, true); err != nil {
		return resource.OfArgument("name", err)
	}
	will, err := p.farm.links(h, p.name, p.will)
	if err != nil {
		return err
	}
	if err := p.goneLinks(h, will); err != nil {
		return err
	}
	known := map[kind.Thing]bool{}
	for _, thing := range p.change.Writes {
		known[thing] = true
	}
	for _, at := range slices.Sorted(maps.Keys(will)) {
		n := len(p.change.Effects)
		if err := p.linkEffect(h, at, will[at]); err != nil {
			return err
		}
		if thing := kind.PathThing(at); len(p.change.Effects) > n && !known[thing] {
			p.change.Writes = append(p.change.Writes, thing)
		}
	}
	return nil
}

// goneLinks adds the links that the group had and has no more.
func (p *alternativesPlan) goneLinks(h resource.Host, will map[string]string) error {
	had, has := p.was.allLinks(p.name), p.will.allLinks(p.name)
	for name, link := range had {
		at, err := h.Resolve(link, false)
		if err != nil {
			return resource.OfArgument("link", err)
		}
		if _, made := will[at]; !made && has[name] != link {
			will[at] = ""
		}
		if has[name] == "" {
			will[path.Join(p.farm.resolved, name)] = ""
		}
	}
	return nil
}

// allLinks are the links outside of the directory, by the names that they have in it.
func (g *groupSeen) allLinks(name string) map[string]string {
	out := map[string]string{}
	if g.there {
		maps.Copy(out, g.links)
		out[name] = g.link
	}
	return out
}

// linkEffect is what becomes of a link, which is to lead to a path, or to be gone.
func (p *alternativesPlan) linkEffect(h resource.Host, at, to string) error {
	is, err := h.Lstat(at)
	if err != nil {
		return resource.OfArgument("link", err)
	}
	if to == "" && is.Type != resource.TypeLink { // What is no link stays.
		return nil
	}
	if _, err := p.farm.leads(h, "link", at); err != nil || string(is.Target) == to {
		return err
	}
	if dir, err := h.Lstat(path.Dir(at)); err != nil || dir.Type != resource.TypeDirectory {
		if err == nil {
			err = kind.NewProblem("link", kind.CodeNoParent, "The directory does not exist", "%s is no directory, so that %s cannot be made in it.", path.Dir(at), path.Base(at))
		}
		return resource.OfArgument("link", err)
	}
	will := rootsEntry(resource.TypeAbsent, 0)
	if to != "" {
		will = rootsEntry(resource.TypeLink, 0o777)
		will.Target = kind.Text(to)
	}
	foresee(&p.change, at, will)
	return resource.OfArgument("link", h.Refused(at, true))
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
			err = h.Run(ctx, p.farm.tool(p.name, run))
		}
	}
	if err != nil || len(p.runs) == 0 {
		return p.change, err
	}
	is, err := p.farm.read(ctx, h, p.name)
	if err == nil && !is.as(p.will) {
		err = kind.NewProblem("name", kind.CodeNotIdempotent, "The alternatives are not as they were to be",
			"%s ended well, but the mode of %s is %s then and not %s, or its candidates or its links are others. Look at what %s --display %s says.", p.farm.program, p.name, is.choice(), p.will.choice(), p.farm.program, p.name)
	}
	return p.change, err
}

// as reports whether a group is as another one. The order of the candidates does not count.
func (g *groupSeen) as(will *groupSeen) bool {
	plain := func(g *groupSeen) string {
		own := g.clone()
		own.tidy()
		own.sort()
		return string(own.format())
	}
	return g.there == will.there && g.current == will.current && g.leads == will.leads &&
		len(g.broken) == len(will.broken) && plain(g) == plain(will)
}

// tool is one run of the program.
func (f *linkFarm) tool(name string, run []string) resource.Tool {
	argv := append([]string{f.program}, f.flags...)
	return resource.Tool{Argv: append(argv, run...), Explain: func(code int) *kind.Problem {
		return kind.NewProblem("name", kind.CodeToolFailed, "The alternatives could not be changed", "%s %s of %s ended with status %d.", f.program, run[0], name, code)
	}}
}
