package resource

import (
	"os"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// record is what both hosts keep of one action: what it was given and what it
// has read.
type record struct {
	reads   map[kind.Thing]bool
	unknown []string
}

func (r *record) read(thing kind.Thing) {
	if r.reads == nil {
		r.reads = map[kind.Thing]bool{}
	}
	r.reads[thing] = true
}

// maxReads is how many of them an answer names.
const maxReads = 1000

// sorted are the first of what was read, by name.
func (r *record) sorted() []kind.Thing {
	out := make([]kind.Thing, 0, len(r.reads))
	for thing := range r.reads {
		out = append(out, thing)
	}
	slices.Sort(out)
	return out[:min(len(out), maxReads)]
}

// Unknown implements Host.
func (r *record) Unknown(attr string) bool { return slices.Contains(r.unknown, attr) }

// Self implements Host.
func (r *record) Self() (uid int64, gids []int64) {
	gids = []int64{int64(os.Getegid())}
	more, _ := os.Getgroups()
	for _, g := range more {
		gids = append(gids, int64(g))
	}
	return int64(os.Geteuid()), gids
}
