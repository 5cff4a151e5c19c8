package filesystem

import (
	"strconv"
	"strings"
)

// Mount is a line of /proc/self/mountinfo: see proc_pid_mountinfo(5).
type Mount struct {
	ID           uint64
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
	return Mount{id, unescapeMount(f[4]), f[5], unescapeMount(f[dash+1]), unescapeMount(f[dash+2]), f[dash+3]}, err == nil
}

// MountOptions takes options of a mount apart.
func MountOptions(s string) []string {
	all := strings.Split(s, ",")
	for i, o := range all {
		all[i] = unescapeMount(o)
	}
	return all
}

// unescapeMount is a field of mountinfo, in which blanks, line ends and
// backslashes are written as octal numbers.
func unescapeMount(s string) string {
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(s, `\`)
		b.WriteString(head)
		if !found {
			return b.String()
		}
		code, err := strconv.ParseUint(rest[:min(3, len(rest))], 8, 8)
		if err != nil || len(rest) < 3 {
			b.WriteByte('\\')
			s = rest
			continue
		}
		b.WriteByte(byte(code))
		s = rest[3:]
	}
}
