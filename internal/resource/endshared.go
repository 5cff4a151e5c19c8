package resource

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// sharedWith returns a path of a block at which the thing is, too, as a bind mount has it: with one
// both would go. It is "" if there is none. What cannot be looked at is not there.
func (p *endInPlace) sharedWith(h Host) string {
	for _, o := range p.others {
		if at, err := h.Resolve(string(o), false); err == nil && at != p.at && isOne(h.Lstat, p.at, at) {
			return at
		}
	}
	return ""
}

func (p *endInPlace) staysShared(other string) Change {
	return Change{Op: NoOp, Writes: []kind.Thing{kind.PathThing(p.at)}, Stays: []kind.Problem{*kind.NewProblem("path", kind.CodeStays, "It is at another path, too",
		"%s and %s are one on this host, as with a bind mount, and a block manages the other. It stays.", p.at, other)}}
}

// OneName reports whether two resolved paths, which differ, lead to one name of one file, as with
// a bind mount: who removes the one removes the other.
func OneName(h Host, a, b string) bool { return isOne(h.Lstat, a, b) }

// isOne reports whether what is at two paths goes with either: it has one name in one directory,
// which is at two places or tells no letters in upper case from others, or it is mounted by itself.
// Another name of it, a hard link, would stay.
func isOne(lstat func(string) (Entry, error), a, b string) bool {
	is, err := lstat(a)
	other, failed := lstat(b)
	nameA, nameB := path.Base(a), path.Base(b)
	switch same := is.sameFile(other); {
	case err != nil || failed != nil || is.Type == TypeAbsent || other.Type == TypeAbsent:
		return false
	case same && (is.Type == TypeDirectory || is.Names < 2):
		return true
	case !same && nameA != nameB || !strings.EqualFold(nameA, nameB):
		return false
	}
	in, err := lstat(path.Dir(a))
	also, failed := lstat(path.Dir(b))
	return err == nil && failed == nil && in.sameFile(also)
}

// sameFile reports whether two entries that were read are one file or directory, at whichever
// paths.
func (e Entry) sameFile(o Entry) bool {
	return e.stamp.ino != 0 && e.stamp.dev == o.stamp.dev && e.stamp.ino == o.stamp.ino
}
