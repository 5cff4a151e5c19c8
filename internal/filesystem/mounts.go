package filesystem

import (
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// Mount is a line of /proc/self/mountinfo: see proc_pid_mountinfo(5).
type Mount struct {
	ID, Parent   uint64 // Parent is the mount that it is mounted on
	Device       string // that of the file system, as 8:1
	Root         string // the directory of the file system that is seen
	Path         string
	Options      string // of this mount
	Type, Source string
	Shared       string // options of its file system, which all its mounts share
	// PeerGroup is shared with the mounts on which the same is mounted and unmounted, and Master
	// the group from which it only gets that; "" if there is none.
	PeerGroup, Master string
}

// ParseMount reads a line of mountinfo. Optional fields end with a dash.
func ParseMount(line string) (m Mount, ok bool) {
	f := strings.Split(line, " ")
	dash := 6
	for dash < len(f) && f[dash] != "-" {
		dash++
	}
	if len(f) < dash+4 {
		return Mount{}, false
	}
	id, err := strconv.ParseUint(f[0], 10, 64)
	parent, bad := strconv.ParseUint(f[1], 10, 64)
	m = Mount{ID: id, Parent: parent, Device: f[2], Root: charset.UnescapeOctal(f[3]), Path: charset.UnescapeOctal(f[4]), Options: f[5], Type: charset.UnescapeOctal(f[dash+1]), Source: charset.UnescapeOctal(f[dash+2]), Shared: f[dash+3]}
	for _, field := range f[6:dash] {
		switch what, group, _ := strings.Cut(field, ":"); what {
		case "shared":
			m.PeerGroup = group
		case "master":
			m.Master = group
		}
	}
	return m, err == nil && bad == nil
}

// MountOptions takes options of a mount apart.
func MountOptions(s string) []string {
	all := strings.Split(s, ",")
	for i, o := range all {
		all[i] = charset.UnescapeOctal(o)
	}
	return all
}
