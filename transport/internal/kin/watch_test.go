//go:build unix

package kin

import (
	"fmt"
	"strings"
	"testing"
)

// A watcher looks for what it was told that runs, and for nothing that could be in the
// environment of any process.
func TestWhatAWatcherIsTold(t *testing.T) {
	one, two, gone := NewMark(), NewMark(), NewMark()
	told := line("", 77) + line(one, 0) + line(two, 0) + line(two, 12) + line(gone, 13) + line(gone, -1) +
		line("HOME=", 5) + line(MarkName+"=", 5) + line("HOME=/"+strings.Repeat("x", 40), 5) + "x " + one + "y\n" + "\n" + " \n"
	agent, runs := running(strings.NewReader(told))
	if want := map[string]int{one: 0, two: 12}; agent != 77 || fmt.Sprint(runs) != fmt.Sprint(want) {
		t.Errorf("the agent %d runs %v, want 77 and %v", agent, runs, want)
	}
	if len(one) != markLength {
		t.Errorf("%q has %d bytes", one, len(one))
	}
}
