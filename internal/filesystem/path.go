package filesystem

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// CheckPath returns what can be seen to be wrong with a path without asking a host, or
// nil. attr is the argument that names the path.
func CheckPath(attr string, path kind.Text) []kind.Problem {
	s := string(path)
	switch {
	case s == "":
		return []kind.Problem{*kind.NewProblem(attr, kind.CodePath, "The path is empty", "Name the path on the target, beginning with a slash.")}
	case s == "~" || strings.HasPrefix(s, "~/"):
		return []kind.Problem{*kind.NewProblem(attr, kind.CodePath, "The path is relative", "Only a shell expands a tilde. The home directory of the context's user is on.home: write %q.", "${on.home}"+s[1:])}
	case !strings.HasPrefix(s, "/"):
		return []kind.Problem{*kind.NewProblem(attr, kind.CodePath, "The path is relative", "A context has no directory that %q could be relative to. Begin the path with a slash.", s)}
	case strings.ContainsRune(s, 0):
		return []kind.Problem{*kind.NewProblem(attr, kind.CodePath, "The path contains a zero byte", "No file can have such a name.")}
	}
	return nil
}
