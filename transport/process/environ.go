package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// environ returns the environment that the program gets: that of s with each name once,
// and with PWD set to the directory that it starts in. Of two values of one name the
// later one counts, because the C library would take the first. The marks of outer
// programs stay, so that those still find what belongs to them.
func (s Spec) environ() []string {
	env := s.Env
	if env == nil {
		env = os.Environ()
	}
	if filepath.IsAbs(s.Dir) {
		env = append(env[:len(env):len(env)], "PWD="+s.Dir)
	}
	seen := make(map[string]bool, len(env))
	out := make([]string, 0, len(env)+1)
	for _, entry := range slices.Backward(env) {
		name, _, _ := strings.Cut(entry, "=")
		if seen[name] && name != kin.MarkName {
			continue
		}
		seen[name] = true
		out = append(out, entry)
	}
	slices.Reverse(out)
	return out
}
