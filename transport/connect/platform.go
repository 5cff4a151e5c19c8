package connect

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Platform is an operating system and architecture, as Go names them.
type Platform struct{ OS, Arch string }

func (p Platform) String() string { return p.OS + "/" + p.Arch }

// platforms are what `uname -sm` prints, as shell patterns, and the same as Go
// names it.
var platforms = []struct {
	sys, machines string
	Platform
}{
	{"Linux", "x86_64", Platform{"linux", "amd64"}},
	{"Linux", "aarch64", Platform{"linux", "arm64"}},
	{"Linux", "armv[678]*", Platform{"linux", "arm"}},
	{"Linux", "i[3-6]86", Platform{"linux", "386"}},
	{"Linux", "riscv64", Platform{"linux", "riscv64"}},
	{"Linux", "ppc64le", Platform{"linux", "ppc64le"}},
	{"Linux", "s390x", Platform{"linux", "s390x"}},
	{"Linux", "mips*el", Platform{"linux", "mipsle"}},
	{"Linux", "loongarch64", Platform{"linux", "loong64"}},
	{"Darwin", "x86_64", Platform{"darwin", "amd64"}},
	{"Darwin", "arm64", Platform{"darwin", "arm64"}},
	{"FreeBSD", "amd64", Platform{"freebsd", "amd64"}},
	{"FreeBSD", "arm64", Platform{"freebsd", "arm64"}},
}

// platformOf is the platform of a host that answers this to `uname -sm`.
func platformOf(uname string) (Platform, error) {
	sys, machine, _ := strings.Cut(uname, " ")
	for _, p := range platforms {
		if p.sys == sys && shellMatch(p.machines, machine) {
			return p.Platform, nil
		}
	}
	return Platform{}, problem(kind.CodeAgentPlatform, "No agent for this platform",
		"The host says that it is %q, which no agent exists for: there are agents for Linux, macOS and FreeBSD. If it is one of them, what `uname -sm` prints there is changed on the way.", clip(uname, 60))
}

// shellMatch matches the few patterns of the table. They have at most one * or
// [class].
func shellMatch(pattern, s string) bool {
	if head, rest, ok := strings.Cut(pattern, "["); ok {
		class, tail, _ := strings.Cut(rest, "]")
		if !strings.HasPrefix(s, head) || len(s) == len(head) || !inClass(class, s[len(head)]) {
			return false
		}
		return shellMatch(tail, s[len(head)+1:])
	}
	if head, tail, ok := strings.Cut(pattern, "*"); ok {
		return len(s) >= len(head)+len(tail) && strings.HasPrefix(s, head) && strings.HasSuffix(s, tail)
	}
	return pattern == s
}

func inClass(class string, c byte) bool {
	if len(class) == 3 && class[1] == '-' {
		return class[0] <= c && c <= class[2]
	}
	return strings.IndexByte(class, c) >= 0
}
