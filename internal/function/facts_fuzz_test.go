package function

import (
	"net/netip"
	"strings"
	"testing"
)

// Whatever the kernel's tables hold, and whoever wrote them, a line is read or left out.
func FuzzFactsLine(f *testing.F) {
	f.Add(`36 35 98:0 / / rw,noatime master:1 - ext4 /dev/root rw,errors=continue`)
	f.Add(`40 36 0:31 / /a\040b\011c\134 ro - tmpfs tmp\0123fs rw,size=1k`)
	f.Add("010200C0")
	f.Add("bash\t5.2-1\tx86_64")
	f.Add("P:a\nV:1\n\nP:b")
	f.Add("\u25cf ssh.service loaded active running OpenSSH")
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
		if p, ok := parseRPM(line); ok && (p.Name == "" || strings.ContainsAny(p.Name+p.Version+p.Arch, "\t")) {
			t.Errorf("%q is the package %+v", line, p)
		}
		eachStanza(strings.NewReader(line), ":", func(f map[string]string) {
			if len(f) > 2 {
				t.Errorf("%q has %q", line, f)
			}
		}, "P", "V")
		for _, s := range systemdServices(line, line) {
			if s.Name == "" || strings.HasSuffix(s.Name, "@") {
				t.Errorf("%q has the service %+v", line, s)
			}
		}
		if v := shellValue(line); len(v) > len(line) {
			t.Errorf("%q became %q", line, v)
		}
	})
}
