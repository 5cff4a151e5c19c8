package filesystem

import (
	"strings"
	"testing"
)

// FuzzMount: a line of mountinfo is read or left out, and a path that the kernel has escaped is
// decoded to what it was.
func FuzzMount(f *testing.F) {
	f.Add(`36 35 98:0 / /mnt/a\040b rw,noatime master:1 - ext4 /dev/root rw,errors=continue`, "/mnt/a b")
	f.Add(`x y z / /mnt/\9 `, "/")
	f.Add(`40 36 0:31 / /a\040b\011c\134 ro - tmpfs tmp\0123fs rw,size=1k`, "\\")
	f.Fuzz(func(t *testing.T, line, path string) {
		if m, ok := ParseMount(line); ok && len(m.Path)+len(m.Source)+len(m.Type) > len(line) {
			t.Errorf("%q became longer: %+v", line, m)
		}
		written := strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`).Replace(path)
		m, ok := ParseMount("1 2 3:4 / " + written + " rw - ext4 " + written + " rw")
		if !ok || m.Path != path || m.Source != path || m.ID != 1 {
			t.Errorf("%q is decoded as %+v, %v", path, m, ok)
		}
	})
}
