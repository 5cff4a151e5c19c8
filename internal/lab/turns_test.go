//go:build linux

package lab

import "testing"

// What passes is counted by what it waited for, and not by who was faster.
func TestTurnsAreChains(t *testing.T) {
	type step struct {
		d      direction
		leaves bool
	}
	var (
		sent, arrives   = step{there, false}, step{there, true}
		answer, answers = step{back, false}, step{back, true}
	)
	tests := []struct {
		name  string
		steps []step
		want  int
	}{
		{"question and answer", []step{sent, arrives, answer, answers}, 2},
		{"two questions, one after the other", []step{sent, arrives, answer, answers, sent, arrives, answer, answers}, 4},
		{"both speak at once", []step{sent, answer, arrives, answers}, 1},
		{"both speak at once, in several chunks", []step{sent, answer, sent, answer, sent, answer, arrives, arrives, answers, answers, arrives, answers}, 1},
		{"an answer beside more of the question", []step{sent, sent, arrives, answer, arrives, sent, answers}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var all turns
			var line [2][]turn
			for _, s := range test.steps {
				if !s.leaves {
					line[s.d] = append(line[s.d], all.enter(s.d))
					continue
				}
				all.leave(s.d, line[s.d][0])
				line[s.d] = line[s.d][1:]
			}
			if got := max(all.in[there], all.in[back]); got != test.want {
				t.Errorf("%d turns, want %d", got, test.want)
			}
		})
	}
}

// What was on the line when the counts were set to zero is not counted afterwards.
func TestTurnsBeginAnew(t *testing.T) {
	var all turns
	before := all.enter(there)
	all = turns{since: all.since + 1}
	all.leave(there, before)
	if got := all.enter(back).n; got != 1 {
		t.Errorf("the first chunk is in turn %d, want 1", got)
	}
}
