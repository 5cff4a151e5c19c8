package function

import (
	"context"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// GlobIn are the arguments of glob.
type GlobIn struct {
	Pattern    kind.Text `cbor:"pattern" mito:"required"`
	MaxEntries *int64    `cbor:"max_entries,omitempty" mito:"default=10000"`
}

// Manual says the texts of these arguments.
func (GlobIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says which paths a pattern matches.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "glob" "releases" {
  on      = context.local.here
  pattern = "/etc/*-release"
}
output "releases" {
  value = call.glob.releases.paths
}
`,
			Reads:   "Each directory in which a part of the pattern looks for names.",
			Ansible: "the lookup fileglob, which sees the controller, and find, which sees a host.",
			Pyinfra: "the fact files.FindFiles.",
			Limits:  "Braces, as in {a,b}, and extended patterns of shells are none here: use a for_each. A path that is no UTF-8 fails the call if it matches.",
		},
		Attrs: map[string]kind.Entry{
			"pattern":     {Doc: "An absolute path in which * stands for any characters but a slash, ? for one, [a-z] for one of those, [!a-z] for one that is none of those, and a part that is ** for any directories, or none. As in a shell, a name that begins with a dot is only matched by a part that does, and links are followed, but not by **; one that leads from another user to what is not theirs fails the call. A backslash takes its meaning from the character after it.", OtherNames: "path paths patterns"},
			"max_entries": {Doc: "How many paths it may match, at most 100000. If it matches more, or paths of more than 12 MiB, the call fails.", OtherNames: "limit"},
		},
	}
}

// GlobOut are the results of glob.
type GlobOut struct {
	Paths []kind.Text `cbor:"paths" mito:"computed"`
}

// Manual says the texts of these results.
func (GlobOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"paths": {Doc: "What the pattern matches, in the order of bytes. Empty if nothing.", OtherNames: "files matches"},
		},
	}
}

func globKind() kind.Kind {
	return reads("glob", func() Function { return &GlobIn{} }, GlobOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *GlobIn) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("pattern", in.Pattern), validEntries(in.MaxEntries)...)
	return append(out, validPattern("pattern", string(in.Pattern))...)
}

// validPattern returns what is wrong with a pattern.
func validPattern(attr, pattern string) []kind.Problem {
	for _, part := range strings.Split(pattern, "/") {
		if _, err := path.Match(asGo(part), ""); err != nil {
			return bad(attr, "Bad pattern", "In %q a bracket is not closed, or the pattern ends with a backslash. Put a backslash before a character that stands for itself.", pattern)
		}
		if strings.Contains(part, "**") && part != "**" {
			return bad(attr, "Bad pattern", "In %q, ** is a part of a name. It stands for directories, so it has to be alone between slashes; within a name, * is enough.", pattern)
		}
	}
	return nil
}

// Call implements Function.
func (in *GlobIn) Call(ctx context.Context, _ Call) (any, error) {
	paths, err := newGlobber(newWalker(ctx, "pattern", in.MaxEntries), string(in.Pattern)).find()
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	return GlobOut{Paths: paths}, nil
}

// newGlobber makes ready to find what a pattern matches.
func newGlobber(w *walker, pattern string) *globber {
	g := &globber{walker: w, paths: []kind.Text{}, seen: map[globState]bool{}}
	for _, part := range strings.Split(pattern, "/") {
		if part != "" && part != "." && (part != "**" || len(g.parts) == 0 || g.parts[len(g.parts)-1] != part) {
			g.parts = append(g.parts, part)
		}
	}
	return g
}

// find returns the paths that match.
func (g *globber) find() ([]kind.Text, error) {
	err := g.match("/", 0, place{})
	return g.paths, err
}

// globber finds what the parts of a pattern match.
type globber struct {
	*walker
	parts []string
	paths []kind.Text
	// seen are the states that were tried: with more than one ** there are several ways to
	// one path.
	seen map[globState]bool
}

// globState is a path, and how many parts of the pattern it has matched.
type globState struct {
	at   string
	done int
}

// match adds what the rest of the parts matches below a path, which is perhaps known in an open
// directory.
func (g *globber) match(at string, done int, in place) error {
	if g.seen[globState{at, done}] {
		return nil
	}
	g.seen[globState{at, done}] = true
	if done == len(g.parts) {
		if err := g.take(at, len(at)); err != nil {
			return err
		}
		g.paths = append(g.paths, kind.Text(at))
		return nil
	}
	part := g.parts[done]
	switch {
	case part == "**":
		return g.matchTree(at, done, in)
	case !strings.ContainsAny(part, `*?[\`):
		return g.matchNamed(below(at, part), done+1)
	}
	return g.each(at, in, func(name string) bool { return matches(part, name) }, func(next string, in place, _ *unix.Stat_t) error {
		return g.match(next, done+1, in)
	})
}

// matchNamed goes on with a path if there is anything at it.
func (g *globber) matchNamed(at string, done int) error {
	to, err := reach(at, false)
	if err == nil {
		var st unix.Stat_t
		err = to.stat(&st)
		to.close()
	}
	switch {
	case filesystem.NotThere(err):
		return nil
	case err != nil:
		return g.failed(at, err)
	}
	return g.match(at, done, place{})
}

// each calls a function for each path in a directory whose name is wanted, in the order of
// bytes, and for none if it is no directory.
func (g *globber) each(at string, in place, wanted func(name string) bool, do func(path string, in place, st *unix.Stat_t) error) error {
	dir, err := in.openDirectory()
	if err != nil { // it is a link, or not known in a directory
		dir, err = openDirectory(at)
	}
	if filesystem.NotThere(err) {
		return nil
	}
	if err != nil {
		return g.failed(at, err)
	}
	defer dir.Close()
	names, err := g.names(dir)
	if err != nil {
		return g.failed(at, err)
	}
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		var st unix.Stat_t
		next, is := below(at, name), place{dir: dir, name: name}
		switch err := is.stat(&st); {
		case filesystem.NotThere(err):
			continue
		case err != nil:
			return g.failed(next, err)
		}
		if err := do(next, is, &st); err != nil {
			return err
		}
	}
	return nil
}

// matchTree lets ** stand for nothing, and for each directory below.
func (g *globber) matchTree(at string, done int, in place) error {
	if err := g.match(at, done+1, in); err != nil {
		return err
	}
	return g.each(at, in, func(name string) bool { return name[0] != '.' }, func(next string, in place, st *unix.Stat_t) error {
		if filesystem.TypeOf(uint32(st.Mode)) != filesystem.Directory {
			return nil
		}
		return g.match(next, done, in)
	})
}

// matches reports whether a part of a pattern matches a name, as in a shell.
func matches(part, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".") {
		return false
	}
	ok, _ := path.Match(asGo(part), name)
	return ok
}

// asGo gives brackets of a pattern of shells the form that package path wants: [!a] is [^a]
// there, and a closing bracket that comes first stands for itself.
func asGo(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		b.WriteByte(pattern[i])
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case pattern[i] == '[':
			if i+1 < len(pattern) && (pattern[i+1] == '!' || pattern[i+1] == '^') {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(pattern) && pattern[i+1] == ']' {
				i++
				b.WriteString(`\]`)
			}
			for i+1 < len(pattern) && pattern[i+1] != ']' {
				i++
				b.WriteByte(pattern[i])
			}
		}
	}
	return b.String()
}

// isPattern reports whether a path may be a pattern, too.
func isPattern(p kind.Text) bool { return strings.ContainsAny(string(p), `*?[`) }
