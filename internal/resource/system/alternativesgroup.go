package system

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// linkGroup is what the program that manages alternatives keeps of one name, in a file of its own.
// Those of Debian and of Red Hat have one form:
//
//	auto
//	/usr/bin/editor
//	editor.1.gz
//	/usr/share/man/man1/editor.1.gz
//
//	/usr/bin/vim.basic
//	30
//	/usr/share/man/man1/vim.1.gz
//
// The links of followers come in pairs. Each candidate has its path, its priority, and one line for
// each follower, which is empty if it has none. Debian ends the file with an empty line. Red Hat may
// have a family before the priority, as @java@1700, and a service behind it.
type linkGroup struct {
	auto bool
	link string
	// links are the links of followers by their names.
	links   map[string]string
	choices []*candidate
}

// candidate is what the link of a group may lead to.
type candidate struct {
	path            string
	priority        int64
	family, service string
	// followers are where those of the group lead to, by their names.
	followers map[string]string
}

// parseLinkGroup reads the file of a group. ok is false if it has another form.
func parseLinkGroup(content []byte) (g *linkGroup, ok bool) {
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	next := func() (line string) {
		if len(lines) > 0 {
			line, lines = lines[0], lines[1:]
		}
		return line
	}
	mode := next()
	g = &linkGroup{auto: mode == "auto", link: next(), links: map[string]string{}}
	if !g.auto && mode != "manual" || !rooted(g.link) {
		return g, false
	}
	var names []string
	for len(lines) > 0 && lines[0] != "" {
		name, link := next(), next()
		if rooted(name) || !rooted(link) || g.links[name] != "" {
			return g, false
		}
		names, g.links[name] = append(names, name), link
	}
	if len(lines) == 0 {
		return g, false
	}
	next()
	seen := map[string]bool{}
	for len(lines) > 0 && lines[0] != "" {
		c := &candidate{path: next(), followers: map[string]string{}}
		if !rooted(c.path) || seen[c.path] || !c.readPriority(next()) {
			return g, false
		}
		seen[c.path] = true
		for _, name := range names {
			if to := next(); rooted(to) {
				c.followers[name] = to
			} else if to != "" {
				return g, false
			}
		}
		g.choices = append(g.choices, c)
	}
	return g, len(g.choices) > 0 && strings.Join(lines, "") == ""
}

func rooted(s string) bool { return strings.HasPrefix(s, "/") }

// readPriority reads the line with the priority of a candidate.
func (c *candidate) readPriority(line string) bool {
	if rest, ok := strings.CutPrefix(line, "@"); ok {
		if c.family, line, ok = strings.Cut(rest, "@"); !ok || c.family == "" {
			return false
		}
	}
	number, service, _ := strings.Cut(line, " ")
	n, err := strconv.ParseInt(number, 10, 32)
	c.priority, c.service = n, strings.TrimSpace(service)
	return err == nil
}

// format is the file of a group.
func (g *linkGroup) format() []byte {
	lines := []string{"manual", g.link}
	if g.auto {
		lines[0] = "auto"
	}
	names := slices.Sorted(maps.Keys(g.links))
	for _, name := range names {
		lines = append(lines, name, g.links[name])
	}
	lines = append(lines, "")
	for _, c := range g.choices {
		line := strconv.FormatInt(c.priority, 10)
		if c.family != "" {
			line = "@" + c.family + "@" + line
		}
		if c.service != "" {
			line += " " + c.service
		}
		lines = append(lines, c.path, line)
		for _, name := range names {
			lines = append(lines, c.followers[name])
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// clone is a copy that may be changed.
func (g *linkGroup) clone() *linkGroup {
	out := *g
	out.links, out.choices = maps.Clone(g.links), nil
	if out.links == nil {
		out.links = map[string]string{}
	}
	for _, c := range g.choices {
		own := *c
		out.choices = append(out.choices, &own)
	}
	return &out
}

// find returns the candidate with a path; nil if there is none.
func (g *linkGroup) find(path string) *candidate {
	for _, c := range g.choices {
		if c.path == path {
			return c
		}
	}
	return nil
}

// like returns the candidate with a path, or the one whose path is another text for it, as
// /usr/bin//vi; nil if there is none.
func (g *linkGroup) like(is string) *candidate {
	if c := g.find(is); c != nil {
		return c
	}
	for _, c := range g.choices {
		if path.Clean(c.path) == is {
			return c
		}
	}
	return nil
}

// best is the candidate that a group in the mode auto leads to: of those with the highest priority
// the first.
func (g *linkGroup) best() string {
	var best *candidate
	for _, c := range g.choices {
		if best == nil || c.priority > best.priority {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.path
}

// followersOf are the followers of a candidate, in the order of their names.
func (g *linkGroup) followersOf(path string) (out []follower) {
	c := g.find(path)
	if c == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.followers)) {
		out = append(out, follower{Name: name, Link: kind.Text(g.links[name]), Path: kind.Text(c.followers[name])})
	}
	return out
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

// install adds a candidate with its followers, or has the one with its path be so.
func (g *linkGroup) install(c *candidate, followers []follower) {
	c.followers = map[string]string{}
	for _, f := range followers {
		g.links[f.Name], c.followers[f.Name] = string(f.Link), string(f.Path)
	}
	if is := g.find(c.path); is != nil {
		*is = *c
	} else {
		g.choices = append(g.choices, c)
	}
	g.tidy()
}

// remove takes candidates away.
func (g *linkGroup) remove(gone ...string) {
	goes := map[string]bool{}
	for _, path := range gone {
		goes[path] = true
	}
	all := g.choices
	g.choices = nil
	for _, c := range all {
		if !goes[c.path] {
			g.choices = append(g.choices, c)
		}
	}
	g.tidy()
}

// tidy drops the followers that no candidate has.
func (g *linkGroup) tidy() {
	used := map[string]bool{}
	for _, c := range g.choices {
		for name := range c.followers {
			used[name] = true
		}
	}
	for name := range g.links {
		if !used[name] {
			delete(g.links, name)
		}
	}
}

// sort sorts the candidates by their paths, as Debian writes them. A sort of texts is in the
// agent anyway, and one of candidates would make it larger.
func (g *linkGroup) sort() {
	of := map[string]*candidate{}
	for _, c := range g.choices {
		of[c.path] = c
	}
	for i, path := range slices.Sorted(maps.Keys(of)) {
		g.choices[i] = of[path]
	}
}
