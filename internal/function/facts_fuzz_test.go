package function

import (
	"net/netip"
	"testing"
)

// Whatever the kernel's tables hold, and whoever wrote them, a line is read or left out.
func FuzzFactsLine(f *testing.F) {
	f.Add(`36 35 98:0 / / rw,noatime master:1 - ext4 /dev/root rw,errors=continue`)
	f.Add(`40 36 0:31 / /a\040b\011c\134 ro - tmpfs tmp\0123fs rw,size=1k`)
	f.Add("010200C0")
	f.Add(`"a \"b\" \$c"`)
	f.Fuzz(func(t *testing.T, line string) {
		if m, ok := parseMount(line); ok {
			for _, o := range m.Options {
				if o == "" {
					t.Errorf("%q has an empty option: %q", line, m.Options)
				}
			}
		}
		if a := routeAddress(line); a != "" {
			if _, err := netip.ParseAddr(a); err != nil {
				t.Errorf("%q is the address %q", line, a)
			}
		}
		if v := shellValue(line); len(v) > len(line) {
			t.Errorf("%q became %q", line, v)
		}
	})
}
