package resource

import (
	"path"
	"strings"
	"syscall"
)

// maxLinks is how many links one path may go through, as in the kernel.
const maxLinks = 40

// look says what is at a path whose parent holds no links, and where a link
// points.
type look func(path string) (EntryType, string, error)

// resolve follows every link in p but one in its last part, and that one too
// where follow is set. What does not exist is kept as it is.
func resolve(p string, follow bool, at look) (string, error) {
	left, cur, links := parts(p), "/", 0
	for len(left) > 0 {
		part := left[0]
		left = left[1:]
		if part == ".." {
			cur = path.Dir(cur)
			continue
		}
		next := path.Join(cur, part)
		if len(left) == 0 && !follow {
			return next, nil
		}
		typ, target, err := at(next)
		if err != nil {
			return "", err
		}
		if typ != Link {
			cur = next
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		if strings.HasPrefix(target, "/") {
			cur = "/"
		}
		left = append(parts(target), left...)
	}
	return cur, nil
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
