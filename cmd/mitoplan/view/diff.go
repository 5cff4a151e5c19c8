package view

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// diffLine is one line of a diff: Op is ' ', '-', '+', or '#' for a remark.
type diffLine struct {
	Op   byte
	Text string
}

// diffLines compares two texts line by line, with three lines of context
// around each change.
func diffLines(before, after string) []diffLine {
	raw := string(diff.Diff("before", []byte(before), "after", []byte(after)))
	var out []diffLine
	next, end := 1, 0 // the next line of before, and that after the current hunk
	for i, line := range strings.Split(strings.TrimSuffix(raw, "\n"), "\n") {
		switch {
		case i < 3: // diff, ---, +++
		case strings.HasPrefix(line, "@@ "):
			start, count := hunk(line)
			out = hidden(out, start-next)
			next, end = start, start+count
		case strings.HasPrefix(line, `\`):
			out = append(out, diffLine{'#', "(no newline at the end)"})
		default:
			out = append(out, diffLine{line[0], Strip(line[1:])})
		}
		next = max(next, end)
	}
	return hidden(out, lineCount(before)-next+1)
}

func hidden(out []diffLine, n int) []diffLine {
	switch {
	case n <= 0:
		return out
	case n == 1:
		return append(out, diffLine{'#', "(1 unchanged line hidden)"})
	}
	return append(out, diffLine{'#', fmt.Sprintf("(%d unchanged lines hidden)", n)})
}

// hunk reads "@@ -START,COUNT +START,COUNT @@". Of no lines, START is the line
// before them.
func hunk(line string) (start, count int) {
	_, _ = fmt.Sscanf(line, "@@ -%d,%d", &start, &count)
	if count == 0 {
		start++
	}
	return start, count
}

func lineCount(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}
