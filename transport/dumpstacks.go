package transport

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

const (
	// dumpStacks is how many bytes of stacks are looked at.
	dumpStacks = 48 << 10
	// dumpFrames is how many functions of a stack are named.
	dumpFrames = 4
)

// alike are goroutines that wait in the same way in the same place.
type alike struct {
	n     int
	first string // the state of the first one, with the time in it
	where string
}

// stacks are those of the goroutines of this process.
func stacks() string {
	b := make([]byte, dumpStacks)
	return string(b[:runtime.Stack(b, true)])
}

// goroutines says what goroutines do by their stacks, those together that are alike. It
// names functions, and never what they were called with.
func goroutines(stacks string) string {
	var w strings.Builder
	var groups []*alike
	seen := make(map[string]*alike)
	for _, stack := range strings.Split(stacks, "\n\n") {
		state, where := readStack(stack)
		doing, _, _ := strings.Cut(state, ",")
		g := seen[doing+where]
		if g == nil {
			g = &alike{first: state, where: where}
			seen[doing+where] = g
			groups = append(groups, g)
		}
		g.n++
	}
	slices.SortFunc(groups, func(x, y *alike) int { return y.n - x.n })
	fmt.Fprintf(&w, "%10s  goroutines:\n", "")
	for _, g := range groups[:min(len(groups), dumpLines)] {
		fmt.Fprintf(&w, "%10s  %d: %s: %s\n", "", g.n, g.first, shorten(g.where, dumpWidth))
	}
	if more := len(groups) - dumpLines; more > 0 {
		fmt.Fprintf(&w, "%10s  and %d more places\n", "", more)
	}
	if len(stacks) == dumpStacks {
		fmt.Fprintf(&w, "%10s  and more, which are not looked at\n", "")
	}
	return w.String()
}

// readStack reads what runtime.Stack says of one goroutine: what it waits for, and the
// functions that it is in, the innermost first.
func readStack(stack string) (state, where string) {
	head, rest, _ := strings.Cut(stack, "\n")
	_, state, _ = strings.Cut(head, "[")
	state, _, _ = strings.Cut(state, "]")
	n := 0
	for line := range strings.Lines(rest) {
		if line[0] == '\t' || strings.HasPrefix(line, "runtime.") || n == dumpFrames {
			continue
		}
		end := strings.LastIndexByte(line, '(')
		if strings.HasPrefix(line, "created by ") || end < 0 {
			continue
		}
		if n++; n > 1 {
			where += " < "
		}
		where += line[strings.LastIndexByte(line[:end], '/')+1 : end]
	}
	return state, where
}
