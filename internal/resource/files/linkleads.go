package files

import (
	"path"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// mostFollowed is how many links one path may go through, as in the kernel.
const mostFollowed = 40

// leads follows the target of a link that will be at a resolved path. If nothing is there
// it returns a warning, and if that is the link itself a problem. What cannot be looked at
// is neither.
func (l *Link) leads(h resource.Host, at string) (warning, problem *kind.Problem) {
	to := from(path.Dir(at), *l.Target)
	for range mostFollowed {
		if passes(to, at) {
			return nil, loops(at, *l.Target)
		}
		got, err := h.Resolve(to, false)
		if err != nil {
			return nil, nil
		}
		if passes(got, at) {
			return nil, loops(at, *l.Target)
		}
		is, err := h.Lstat(got)
		switch {
		case err != nil || is.Type == resource.TypeLink && is.Target == "":
			return nil, nil
		case is.Type == resource.TypeAbsent:
			return kind.NewProblem("target", kind.CodeDangling, "The link leads nowhere",
				"%s would lead to %s, but nothing is at %s, and no resource before this one makes it on this machine.", at, *l.Target, got), nil
		case is.Type != resource.TypeLink:
			return nil, nil
		}
		to = from(path.Dir(got), is.Target)
	}
	return kind.NewProblem("target", kind.CodeDangling, "The link leads nowhere",
		"%s would lead to %s, where symbolic links lead to each other, or there are more than %d of them.", at, *l.Target, mostFollowed), nil
}

func loops(at string, target kind.Text) *kind.Problem {
	return kind.NewProblem("target", kind.CodeLinkLoop, "The link would lead to itself",
		"%s would lead to %s, and from there back to itself, so that nothing could ever be reached through it. Name another target.", at, target)
}
