package resource

import "github.com/mitoplan/mitoplan/internal/kind"

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
