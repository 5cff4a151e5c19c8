package system

import (
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
	auto      bool
	link      string
	followers []followerLink
	choices   []candidate
}

// followerLink is a link that goes along with that of its group.
type followerLink struct{ name, link string }

// candidate is what the link of a group may lead to.
type candidate struct {
	path            string
	priority        int64
	family, service string
	// followers are where those of the group lead to, in their order; "" is nowhere.
	followers []string
}

// parseLinkGroup reads the file of a group. ok is false if it has another form.
func parseLinkGroup(content []byte) (g linkGroup, ok bool) {
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	next := func() (line string) {
		if len(lines) > 0 {
			line, lines = lines[0], lines[1:]
		}
		return line
	}
	mode := next()
	g.auto, g.link = mode == "auto", next()
	if !g.auto && mode != "manual" || !rooted(g.link) {
		return g, false
	}
	for len(lines) > 0 && lines[0] != "" {
		f := followerLink{next(), next()}
		if rooted(f.name) || !rooted(f.link) {
			return g, false
		}
		g.followers = append(g.followers, f)
	}
	if len(lines) == 0 {
		return g, false
	}
	next()
	for len(lines) > 0 && lines[0] != "" {
		c := candidate{path: next()}
		if !rooted(c.path) || !c.readPriority(next()) || len(lines) < len(g.followers) {
			return g, false
		}
		for range g.followers {
			to := next()
			if to != "" && !rooted(to) {
				return g, false
			}
			c.followers = append(c.followers, to)
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
func (g linkGroup) format() []byte {
	mode := "manual"
	if g.auto {
		mode = "auto"
	}
	lines := []string{mode, g.link}
	for _, f := range g.followers {
		lines = append(lines, f.name, f.link)
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
		lines = append(append(lines, c.path, line), c.followers...)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// find returns the candidate with a path; nil if there is none.
func (g linkGroup) find(path string) *candidate {
	for i := range g.choices {
		if g.choices[i].path == path {
			return &g.choices[i]
		}
	}
	return nil
}

// best is the candidate that a group in the mode auto leads to: of those with the highest priority
// the first.
func (g linkGroup) best() string {
	best := candidate{}
	for i, c := range g.choices {
		if i == 0 || c.priority > best.priority {
			best = c
		}
	}
	return best.path
}

// followersOf are the followers of a candidate that lead somewhere.
func (g linkGroup) followersOf(path string) (out []follower) {
	c := g.find(path)
	if c == nil {
		return nil
	}
	for i, to := range c.followers {
		if to != "" {
			out = append(out, follower{Name: g.followers[i].name, Link: kind.Text(g.followers[i].link), Path: kind.Text(to)})
		}
	}
	return out
}

// install is the group after a candidate was added, or was given another priority or other
// followers.
func (g linkGroup) install(c candidate, followers []follower) linkGroup {
	g.followers, g.choices = slices.Clone(g.followers), slices.Clone(g.choices)
	if is := g.find(c.path); is != nil {
		*is = c
	} else {
		g.choices = append(g.choices, c)
	}
	for _, f := range followers {
		i := 0
		for i < len(g.followers) && g.followers[i].name != f.Name {
			i++
		}
		if i == len(g.followers) {
			g.followers = append(g.followers, followerLink{name: f.Name})
		}
		g.followers[i].link = string(f.Link)
	}
	for i := range g.choices {
		now := make([]string, len(g.followers))
		copy(now, g.choices[i].followers)
		g.choices[i].followers = now
	}
	own := g.find(c.path).followers
	for i, l := range g.followers {
		own[i] = ""
		for _, f := range followers {
			if f.Name == l.name {
				own[i] = string(f.Path)
			}
		}
	}
	return g.tidy()
}

// without is the group without some of its candidates.
func (g linkGroup) without(gone ...string) linkGroup {
	all := g.choices
	g.choices = nil
	for _, c := range all {
		if !slices.Contains(gone, c.path) {
			g.choices = append(g.choices, c)
		}
	}
	return g.tidy()
}

// tidy is the group without followers that no candidate has.
func (g linkGroup) tidy() linkGroup {
	out := g
	out.followers, out.choices = nil, slices.Clone(g.choices)
	for i := range out.choices {
		out.choices[i].followers = nil
	}
	for k, f := range g.followers {
		leads := ""
		for _, c := range g.choices {
			leads += c.followers[k]
		}
		if leads == "" {
			continue
		}
		out.followers = append(out.followers, f)
		for i, c := range g.choices {
			out.choices[i].followers = append(out.choices[i].followers, c.followers[k])
		}
	}
	return out
}

// sorted is the group in the order in which Debian writes it.
func (g linkGroup) sorted() linkGroup {
	order := make([]int, len(g.followers))
	for i := range order {
		order[i] = i
	}
	sortBy(order, func(k int) string { return g.followers[k].name })
	out := g
	out.followers, out.choices = nil, slices.Clone(g.choices)
	for _, k := range order {
		out.followers = append(out.followers, g.followers[k])
	}
	for i, c := range g.choices {
		out.choices[i].followers = nil
		for _, k := range order {
			out.choices[i].followers = append(out.choices[i].followers, c.followers[k])
		}
	}
	sortBy(out.choices, func(c candidate) string { return c.path })
	return out
}

// sortBy sorts a short list by a text. It takes a twentieth of what slices.SortFunc does in the
// agent.
func sortBy[T any](list []T, text func(T) string) {
	for i := range list {
		for k := i; k > 0 && text(list[k]) < text(list[k-1]); k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
}
