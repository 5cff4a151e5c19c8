package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// timing is what one test took, with all its subtests.
type timing struct {
	pkg, test string
	seconds   float64
	subtests  int
	// slowest is the subtest that took longest, without the name of its test.
	slowest        string
	slowestSeconds float64
	// below is what the subtests took, one after the other. Those that run beside each
	// other are not in the time that Go reports of their test.
	below float64
}

// total is in seconds.
func (t timing) total() float64 { return max(t.seconds, t.below) }

// timings are of all tests, by package and name.
type timings map[string]*timing

// add counts the end of a test, or of a subtest of the first level. Those below are in
// the time of these.
func (ts timings) add(pkg, test string, seconds float64) {
	name, sub, isSub := strings.Cut(test, "/")
	if strings.Contains(sub, "/") {
		return
	}
	key := pkg + "\x00" + name
	t := ts[key]
	if t == nil {
		t = &timing{pkg: pkg, test: name}
		ts[key] = t
	}
	if !isSub {
		t.seconds = seconds
		return
	}
	t.subtests++
	t.below += seconds
	if seconds > t.slowestSeconds {
		t.slowest, t.slowestSeconds = sub, seconds
	}
}

// print says which n tests took longest. Tests below a second are not worth a line.
func (ts timings) print(out io.Writer, n int) {
	var slow []*timing
	for _, t := range ts {
		if t.total() >= 1 {
			slow = append(slow, t)
		}
	}
	slices.SortFunc(slow, func(a, b *timing) int {
		return cmp.Or(cmp.Compare(b.total(), a.total()), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.test, b.test))
	})
	slow = slow[:min(n, len(slow))]
	if len(slow) > 0 {
		fmt.Fprintln(out, "\nSlowest, with other tests beside them:")
	}
	for _, t := range slow {
		fmt.Fprintf(out, "  %5.1fs  %s %s%s\n", t.total(), t.pkg, t.test, t.detail())
	}
}

// detail says of a test with several subtests which one took longest.
func (t timing) detail() string {
	if t.subtests < 2 {
		return ""
	}
	return fmt.Sprintf(" (of %d: %s %.1fs)", t.subtests, t.slowest, t.slowestSeconds)
}
