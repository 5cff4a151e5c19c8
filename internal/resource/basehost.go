package resource

import (
	"os"
	"slices"
)

// baseHost is what both hosts keep of one action: what it was not given.
type baseHost struct {
	unknown []string
}

// Unknown implements Host.
func (r *baseHost) Unknown(attr string) bool { return slices.Contains(r.unknown, attr) }

// Self implements Host.
func (r *baseHost) Self() (uid int64, gids []int64) {
	gids = []int64{int64(os.Getegid())}
	more, _ := os.Getgroups()
	for _, g := range more {
		gids = append(gids, int64(g))
	}
	return int64(os.Geteuid()), gids
}
