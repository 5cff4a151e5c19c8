package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
)

// scarce are the words of programs that found no process, thread, memory or descriptor
// left: those of errno(3), and those of dash and of the Go runtime.
var scarce = []string{
	"Resource temporarily unavailable", "Cannot allocate memory", "Too many open files", "Cannot fork",
	"failed to create new OS thread", "cannot allocate memory", "out of memory",
}

// ranOut reports whether a program that did not become an agent says that its machine
// has run out of something. Other starts give that back.
func ranOut(words string) bool {
	return slices.ContainsFunc(scarce, func(s string) bool { return strings.Contains(words, s) })
}

// crowdedIf marks the error of a start that may succeed when there are fewer.
func crowdedIf(so bool, err error) error {
	if so {
		return &transport.CrowdedError{Err: err}
	}
	return err
}
