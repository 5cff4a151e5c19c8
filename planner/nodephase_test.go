package planner

import "testing"

// A block goes to one of its last phases, once. Only a deferred block can go back.
func TestNodePhases(t *testing.T) {
	for _, last := range []nodePhase{nodeExpanded, nodeFailed, nodeLeftOut, nodeDeferred} {
		n := &node{}
		if n.ended() || n.settled() || n.expanded() {
			t.Fatal("a new block is already in a last phase")
		}
		n.become(last)
		n.become(last)
		if n.expanded() != (last == nodeExpanded) || n.failed() != (last == nodeFailed) || n.leftOut() != (last == nodeLeftOut) || n.ended() == n.expanded() || !n.settled() {
			t.Errorf("in phase %d the block says other things of itself: %+v", last, n)
		}
		for _, other := range []nodePhase{nodeOpen, nodeExpanded, nodeFailed, nodeLeftOut, nodeDeferred} {
			if other != last && !panics(func() { n.become(other) }) {
				t.Errorf("a block may go from phase %d to %d", last, other)
			}
		}
		if back := !panics(n.undefer); back != (last == nodeDeferred) || back && n.ended() {
			t.Errorf("that a block goes back from phase %d is %v", last, back)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
