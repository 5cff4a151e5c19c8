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
	return Mount{id, parent, f[2], charset.UnescapeOctal(f[3]), charset.UnescapeOctal(f[4]), f[5], charset.UnescapeOctal(f[dash+1]), charset.UnescapeOctal(f[dash+2]), f[dash+3]}, err == nil && bad == nil
}

// MountOptions takes options of a mount apart.
func MountOptions(s string) []string {
	all := strings.Split(s, ",")
	for i, o := range all {
		all[i] = charset.UnescapeOctal(o)
	}
	return all
}
