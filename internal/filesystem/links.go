package filesystem

import (
	"errors"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// maxLinks is how many links one path may go through, as in the kernel.
const maxLinks = 40

// Seen is what is at a path, as far as it says where a path leads.
type Seen struct {
	Absent, Link bool
	Target       string // where a link points
	Owner        int64
}

// NotThere reports whether an error means that nothing is there. A path below a
// file is absent too.
func NotThere(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR)
}

// Look says what is at a path whose parent holds no links. A link that only the kernel can
// follow is none.
func Look(p string) (Seen, error) {
	var st unix.Stat_t
	if err := unix.Lstat(p, &st); err == unix.EINTR {
		return Look(p)
	} else if NotThere(err) {
		return Seen{Absent: true}, nil
	} else if err != nil {
		return Seen{}, &os.PathError{Op: "lstat", Path: p, Err: err}
	}
	is := Seen{Link: TypeOf(uint32(st.Mode)) == Link, Owner: int64(st.Uid)}
	if !is.Link {
		return is, nil
	}
	var err error
	if is.Target, err = os.Readlink(p); errors.Is(err, os.ErrNotExist) {
		return Seen{Absent: true}, nil
	}
	is.Link = !OfKernel(p, is.Target)
	return is, err
}

// Resolve follows every link in p and returns where it leads, going by what look says of
// paths whose parents hold no links. A link in the last part is followed only if follow is
// set. Parts that do not exist stay as they are. A link of another user, neither root nor
// this one, may lead only to what that user owns; otherwise Resolve refuses.
func Resolve(p string, follow bool, look func(path string) (Seen, error)) (string, error) {
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
			return next, refuseLinks(theirs, next, look)
		}
		is, err := look(next)
		if err != nil {
			return "", err
		}
		if !is.Link {
			cur = next
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		if is.Owner != 0 && is.Owner != int64(os.Geteuid()) {
			theirs[next] = is.Owner
		}
		if strings.HasPrefix(is.Target, "/") {
			cur = "/"
		}
		left = append(parts(is.Target), left...)
	}
	return cur, refuseLinks(theirs, cur, look)
}

// refuseLinks returns a problem if one of other users' links leads to what its owner
// does not own. They could otherwise have us change or tell what they may not.
func refuseLinks(theirs map[string]int64, to string, look func(string) (Seen, error)) error {
	for link, owner := range theirs {
		own, err := belongs(to, owner, look)
		if err != nil {
			return err
		}
		if !own {
			return kind.NewProblem("path", kind.CodeUnsafeLink, "A link of another user leads elsewhere",
				"%s is a link of user %d and leads to %s, which is not theirs. Following it could let them read or change something that they may not. Name the path itself.", link, owner, to)
		}
	}
	return nil
}

// belongs reports whether a user owns what is at a path, or the directory that it
// is in or will be made in.
func belongs(p string, owner int64, look func(string) (Seen, error)) (bool, error) {
	is, err := look(p)
	if err != nil || !is.Absent && is.Owner == owner {
		return err == nil, err
	}
	for p != "/" {
		p = path.Dir(p)
		if is, err = look(p); err != nil || !is.Absent {
			break
		}
	}
	return err == nil && is.Owner == owner, err
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
