package system

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// install has a candidate be so, with a link of the name and with followers of its own. What is
// known of the candidate and c does not say stays as it is. It returns the arguments of the program,
// as all runs do.
func (g *groupSeen) install(c *candidate, link string, followers []follower) []string {
	g.begin()
	to := ""
	if is := g.find(c.path); is != nil {
		c.family, c.service = is.family, is.service
		if g.farm.redHat { // It makes all links anew then.
			to = g.current
		}
	}
	g.link = link
	if !g.there {
		g.auto, g.there = true, true
	}
	g.linkGroup.install(c, followers)
	if g.auto {
		to = g.best()
	}
	g.update(to)
	run := []string{"--install", link, g.name, c.path, strconv.FormatInt(c.priority, 10)}
	for _, f := range followers {
		run = append(run, "--slave", string(f.Link), f.Name, string(f.Path))
	}
	if c.family != "" {
		run = append(run, "--family", c.family)
	}
	if c.service != "" {
		run = append(run, "--initscript", c.service)
	}
	return run
}

// set has a candidate be chosen.
func (g *groupSeen) set(to string) []string {
	g.begin()
	g.auto = false
	g.update(to)
	return []string{"--set", g.name, to}
}

// setAuto has the mode be auto.
func (g *groupSeen) setAuto() []string {
	g.begin()
	g.auto = true
	g.update(g.best())
	return []string{"--auto", g.name}
}

// remove takes a candidate away. A group without candidates is gone.
func (g *groupSeen) remove(from string) []string {
	g.begin()
	g.linkGroup.remove(from)
	to := ""
	if g.current == from {
		g.auto, to = true, g.best()
	}
	g.update(to)
	return []string{"--remove", g.name, from}
}

// begin is what the program of Debian does before all else. It drops the candidates whose files
// are gone. Where the link leads nowhere after that, it sets the mode auto.
func (g *groupSeen) begin() {
	if g.farm.redHat {
		return
	}
	if len(g.lost) > 0 {
		g.linkGroup.remove(g.lost...)
		g.forgotten, g.lost = g.lost, nil
	}
	g.auto = g.auto || g.current == "" || g.dangling && g.find(g.current) == nil
}

// next is the candidate that the mode auto leads to. That of Debian has to be there.
func (g *groupSeen) next() string {
	if g.farm.redHat {
		return g.best()
	}
	kept := *g
	kept.linkGroup = g.clone()
	kept.linkGroup.remove(g.lost...)
	return kept.best()
}

// update is what a run does in the end. It has the links lead to a candidate. Without one, that of
// Debian mends them if they lead somewhere, and that of Red Hat makes those of the mode auto anew.
func (g *groupSeen) update(to string) {
	if g.there = len(g.choices) > 0; !g.there {
		*g = groupSeen{linkGroup: &linkGroup{}, name: g.name, farm: g.farm, forgotten: g.forgotten}
		return
	}
	if !g.farm.redHat {
		g.sort()
	}
	switch {
	case to != "":
	case g.farm.redHat && g.auto:
		to = g.best()
	case g.farm.redHat:
		return
	case g.current == "" || g.leads == g.target() && (len(g.broken) == 0 || g.find(g.current) == nil):
		return
	case g.find(g.current) == nil:
		g.auto, to = true, g.best()
	default:
		to = g.current
	}
	g.current, g.leads, g.dangling, g.broken = to, g.target(), false, nil
}

// taken returns the problem that a name or a link is another's, so that the program of Debian
// refuses to install the candidate.
func (g *groupSeen) taken(ctx context.Context, h resource.Host, link string, followers []follower) (*kind.Problem, error) {
	if g.farm.redHat {
		return nil, nil
	}
	owners := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(g.links)) {
		owners[g.links[name]] = name
	}
	owners[link] = g.name
	for _, f := range followers {
		if owner := owners[string(f.Link)]; owner != "" && owner != f.Name {
			return kind.NewProblem("followers", kind.ArgumentCode("followers"), "It is another's", "The link %s of the follower %s is that of %s, and the program refuses that. Correct followers.", f.Link, f.Name, owner), nil
		}
	}
	names, err := h.ReadDir(g.farm.admin)
	for _, name := range names {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		if name == g.name || strings.HasSuffix(name, ".dpkg-tmp") { // What the program was about to write counts for nobody.
			continue
		}
		c, failed := h.Read(ctx, path.Join(g.farm.admin, name), resource.ShownContent)
		other, ok := parseLinkGroup(c.Data)
		if failed != nil || c.Unknown || !ok {
			continue
		}
		if why := g.takenBy(&groupSeen{linkGroup: other, name: name, there: true}, link, followers); why != nil {
			return why, nil
		}
	}
	return nil, resource.OfArgument("name", err)
}

// takenBy is taken for one other group.
func (g *groupSeen) takenBy(other *groupSeen, link string, followers []follower) *kind.Problem {
	links, names := other.allLinks(), map[string]string{}
	for name, link := range links {
		names[link] = name
	}
	why := func(attr, what string) *kind.Problem {
		return kind.NewProblem(attr, kind.ArgumentCode(attr), "It is another's", "%s belongs to the alternatives of %s already, and the program refuses that. Correct %s.", what, other.name, attr)
	}
	switch {
	case links[g.name] != "":
		return why("name", "The name "+g.name)
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
