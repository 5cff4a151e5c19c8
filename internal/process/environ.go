package process

import (
	"os"
	"strings"
)

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
