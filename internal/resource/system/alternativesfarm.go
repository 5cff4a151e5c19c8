package system

import (
	"context"
	"maps"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

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
	// name is that of the group, which farm keeps.
	name  string
	farm  *linkFarm
	there bool
	// unknown is set if an earlier action of the plan makes something of it that is not known yet.
	unknown bool
	// lost are the candidates that are not there. forgotten are those that a run dropped for that.
	lost, forgotten []string
	// current is where the link in the directory leads, "" if it is not there; leads is where that
	// of the group does. dangling is set if nothing is where current leads.
	current, leads string
	dangling       bool
	// broken are the links of followers that are not as the program makes them, sorted.
	broken []string
}

// read reads a group.
func (f *linkFarm) read(ctx context.Context, h resource.Host, name string) (g *groupSeen, err error) {
	g = &groupSeen{linkGroup: &linkGroup{}, name: name, farm: f}
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
		g.broken, err = g.brokenLinks(h)
	}
	return g, err
}

// brokenLinks returns the links of a group that are not as the program makes them, besides that
// of its name. Where it could make none they are left out.
func (g *groupSeen) brokenLinks(h resource.Host) (out []string, err error) {
	links, err := g.linksTo(h)
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

// linksTo are the links of a group, and where each leads; "" if it is not there. Those of followers
// are left out where no candidate is chosen, as the program leaves them alone then.
func (g *groupSeen) linksTo(h resource.Host) (map[string]string, error) {
	f, out := g.farm, map[string]string{}
	if !g.there {
		return out, nil
	}
	add := func(link, leads, name, to string) error {
		at, err := h.Resolve(link, false)
		out[at], out[path.Join(f.resolved, name)] = leads, to
		return resource.OfArgument("link", err)
	}
	err := add(g.link, g.leads, g.name, g.current)
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

// allLinks are the links outside of the directory, by the names that they have in it.
func (g *groupSeen) allLinks() map[string]string {
	out := map[string]string{}
	if g.there {
		maps.Copy(out, g.links)
		out[g.name] = g.link
	}
	return out
}

// target is where the link of the name leads, which is outside of the directory.
func (g *groupSeen) target() string { return path.Join(g.farm.alt, g.name) }

func (g *groupSeen) paths() (out []string) {
	for _, c := range g.choices {
		out = append(out, c.path)
	}
	return out
}

// choice is what is chosen, as the record keeps it.
func (g *groupSeen) choice() string {
	if g.auto {
		return "auto"
	}
	return "manual " + g.current
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

// tool is one run of the program.
func (f *linkFarm) tool(name string, run []string) resource.Tool {
	argv := append([]string{f.program}, f.flags...)
	return resource.Tool{Argv: append(argv, run...), Explain: func(code int) *kind.Problem {
		return kind.NewProblem("name", kind.CodeToolFailed, "The alternatives could not be changed", "%s %s of %s ended with status %d.", f.program, run[0], name, code)
	}}
}

// best is the candidate of the highest priority. Of several the program of Debian keeps the one
// that is chosen, and both take the first of others.
func (g *groupSeen) best() string {
	best := g.linkGroup.best()
	if c := g.find(g.current); c != nil && !g.farm.redHat && c.priority >= g.find(best).priority {
		return c.path
	}
	return best
}
