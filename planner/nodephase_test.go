package planner

import "testing"

// A block goes to one of its last phases, once. Only one that is deferred comes back.
func TestNodePhases(t *testing.T) {
	for _, last := range []nodePhase{nodeExpanded, nodeFailed, nodeLeftOut, nodeDeferred} {
		n := &node{}
		if n.ended() || n.settled() || n.expanded() {
			t.Fatal("a block is at its end at the beginning")
		}
		n.become(last)
		n.become(last)
		if n.expanded() != (last == nodeExpanded) || n.failed() != (last == nodeFailed) || n.leftOut() != (last == nodeLeftOut) || n.ended() == n.expanded() || !n.settled() {
			t.Errorf("phase %d: %+v", last, n)
		}
		for _, other := range []nodePhase{nodeOpen, nodeExpanded, nodeFailed, nodeLeftOut, nodeDeferred} {
			if other != last && !panics(func() { n.become(other) }) {
				t.Errorf("it goes from %d to %d", last, other)
			}
		}
		if back := !panics(n.undefer); back != (last == nodeDeferred) || back && n.ended() {
			t.Errorf("phase %d is taken back: %v", last, back)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
