package files

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// mostFollowed is how many links one path may go through, as in the kernel.
const mostFollowed = 40

// leads follows the target of a link that will be at a resolved path, part by part. If
// nothing is there it returns a warning, and if the way goes through the link itself a
// problem, whatever is in its place now. What cannot be looked at is neither.
func (l *Link) leads(h resource.Host, at string) (warning, problem *kind.Problem) {
	cur, left, links := "/", strings.Split(from(path.Dir(at), *l.Target), "/"), 0
	for len(left) > 0 {
		next := path.Join(cur, left[0])
		left = left[1:]
		if next == at {
			return nil, kind.NewProblem("target", kind.CodeLinkLoop, "The link would lead to itself",
				"%s would lead to %s, and from there back to itself, so that nothing could ever be reached through it. Name another target.", at, *l.Target)
		}
		is, err := h.Lstat(next)
		switch {
		case err != nil || is.Type == resource.TypeLink && is.Target == "":
			return nil, nil
		case is.Type == resource.TypeAbsent:
			return kind.NewProblem("target", kind.CodeDangling, "The link leads nowhere",
				"%s would lead to %s, but nothing is at %s, and no resource before this one makes it on this machine.", at, *l.Target, next), nil
		case is.Type != resource.TypeLink:
			cur = next
		case links == mostFollowed:
			return kind.NewProblem("target", kind.CodeDangling, "The link leads nowhere",
				"%s would lead to %s, where symbolic links lead to each other, or there are more than %d of them.", at, *l.Target, mostFollowed), nil
		default:
			links++
			cur, left = "/", append(strings.Split(from(cur, is.Target), "/"), left...)
		}
	}
	return nil, nil
}
