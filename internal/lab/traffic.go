//go:build linux

package lab

import (
	"fmt"
	"strings"
)

// Traffic is how many bytes have come to host i and gone from it since it was made,
// with the headers of their packets. It is read where the outer network begins.
func (l *Lab) Traffic(i int) (in, out int64) {
	l.t.Helper()
	for line := range strings.Lines(l.ReadFile(i, "/proc/1/net/dev")) {
		name, counts, _ := strings.Cut(strings.TrimSpace(line), ":")
		if f := strings.Fields(counts); name == "eth0" && len(f) > 8 {
			_, err := fmt.Sscan(f[0]+" "+f[8], &in, &out)
			l.check(err)
			return in, out
		}
	}
	l.t.Fatalf("lab: %s has no eth0", l.Name(i))
	return 0, 0
}
