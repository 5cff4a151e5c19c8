package resource

import (
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// maxLinks is how many links one path may go through, as in the kernel.
const maxLinks = 40

// seen is what is at a path: its type, where a link points, and the number of
// its owner.
type seen struct {
	typ    EntryType
	target string
	owner  int64
}

// look says what is at a path whose parent holds no links.
type look func(path string) (seen, error)

// resolve follows every link in p and returns where it leads. A link in the last
// part is followed only if follow is set. Parts that do not exist stay as they are.
// A link of another user, neither root nor this one, may lead only to what that
// user owns; otherwise resolve refuses.
func resolve(p string, follow bool, at look) (string, error) {
	left, cur, links := parts(p), "/", 0
	theirs := map[string]int64{} // owners by link
	for len(left) > 0 {
		part := left[0]
		left = left[1:]
		if part == ".." {
			cur = path.Dir(cur)
			continue
		}
		next := path.Join(cur, part)
		if len(left) == 0 && !follow {
			return next, refuseLinks(theirs, next, at)
		}
		is, err := at(next)
		if err != nil {
			return "", err
		}
		if is.typ != TypeLink {
			cur = next
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		if is.owner != 0 && is.owner != int64(os.Geteuid()) {
			theirs[next] = is.owner
		}
		if strings.HasPrefix(is.target, "/") {
			cur = "/"
		}
		left = append(parts(is.target), left...)
	}
	return cur, refuseLinks(theirs, cur, at)
}

// refuseLinks returns a problem if one of other users' links leads to what its owner
// does not own. They could otherwise have us change what they may not.
func refuseLinks(theirs map[string]int64, to string, at look) error {
	for link, owner := range theirs {
		own, err := belongs(to, owner, at)
		if err != nil {
			return err
		}
		if !own {
			return kind.NewProblem("path", kind.CodeUnsafeLink, "A link of another user leads elsewhere",
				"%s is a link of user %d and leads to %s, which is not theirs. Following it could let them change something that they may not. Name the path itself.", link, owner, to)
		}
	}
	return nil
}

// belongs reports whether a user owns what is at a path, or the directory that it
// is in or will be made in.
func belongs(p string, owner int64, at look) (bool, error) {
	is, err := at(p)
	if err != nil || is.typ != TypeAbsent && is.owner == owner {
		return err == nil, err
	}
	for p != "/" {
		p = path.Dir(p)
		if is, err = at(p); err != nil || is.typ != TypeAbsent {
			break
		}
	}
	return err == nil && is.owner == owner, err
}

func parts(p string) []string {
	var out []string
	for _, s := range strings.Split(p, "/") {
		if s != "" && s != "." {
			out = append(out, s)
		}
	}
	return out
}
