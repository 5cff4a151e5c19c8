package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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
		if seen[name] && name != markName {
			continue
		}
		seen[name] = true
		out = append(out, entry)
	}
	slices.Reverse(out)
	return out
}

// Erase takes variables out of the environment of this process and returns
// them, as "NAME=value". On Linux their memory is overwritten too, so that
// /proc/PID/environ no longer shows them, to root neither: that file is the
// memory in which execve(2) left the strings. It is called at the very start,
// before another goroutine or package reads the environment.
func Erase(drop func(name string) bool) []string {
	var taken []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); drop(name) {
			taken = append(taken, entry)
		}
	}
	for _, entry := range taken {
		name, _, _ := strings.Cut(entry, "=")
		_ = os.Unsetenv(name)
	}
	overwrite(drop)
	return taken
}
