package planner

import "fmt"

// nodePhase is how far a block is: whether it is known which instances it has. It
// goes from the first to one of the others. Only one that is deferred goes back, if
// what it waited for became known after all:
//
//	nodeOpen ─become─▶ nodeExpanded, nodeFailed, nodeLeftOut, nodeDeferred
//	nodeDeferred ─undefer─▶ nodeOpen
type nodePhase int

const (
	nodeOpen     nodePhase = iota // nobody knows yet
	nodeExpanded                  // it has all its instances
	// The others do not expand.
	nodeFailed   // because of a problem, which was reported
	nodeLeftOut  // because it, or what that hangs on, was left out
	nodeDeferred // because only an apply can tell; node.deferred says why
)

// become moves a block on from nodeOpen.
func (n *node) become(to nodePhase) {
	if n.phase != nodeOpen && n.phase != to {
		panic(fmt.Sprintf("%s goes from phase %d to %d", n.addr, n.phase, to))
	}
	n.phase = to
}

// undefer takes back that a block is deferred, so that it is expanded after all.
func (n *node) undefer() {
	if n.phase != nodeDeferred {
		panic(fmt.Sprintf("%s is undeferred in phase %d", n.addr, n.phase))
	}
	n.phase, n.deferred = nodeOpen, ""
}

func (n *node) expanded() bool { return n.phase == nodeExpanded }
func (n *node) failed() bool   { return n.phase == nodeFailed }
func (n *node) leftOut() bool  { return n.phase == nodeLeftOut }

// ended reports whether the node has no instances and will not get any in this
// plan.
func (n *node) ended() bool { return n.phase > nodeExpanded }

// settled reports whether nothing about the node changes any more in this plan.
func (n *node) settled() bool { return n.ended() || n.expanded() && n.open == 0 }
