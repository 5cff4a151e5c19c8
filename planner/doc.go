// Package planner turns blocks into a tree of contexts and a graph of actions.
//
// It is passive: it is asked what may start now (Next) and told what came back
// (Done). It does no I/O and reads no clock, so that whole plans are tested in
// microseconds, and so that a plan file can be replayed into the very same plan
// without a host. Planning is data flow over unknown values: a block whose
// arguments are known is sent at once, though something it refers to is still
// being read, and is looked at again only where it was not wholly known.
//
// # The life of an instance
//
// A block expands to instances. Each is in one phase (phase.go), and goes on from
// the first to the last as more becomes known:
//
//	named ─enable─▶ enabled ─place─▶ placed ─link─▶ linked ─evaluate─▶ evaluated ─claim─▶ claimed
//	                                                                                     │    ▲
//	                                                                                   queue  │ stand back
//	                                                                                     ▼    │
//	               settled ◀─settle─ sent ◀───────────────send────────────────────────── queued ◀─┐
//	                                                                                     │        │ release
//	                                                                                     └─wait─▶ waiting
//
// From every phase an instance may settle: done, disabled, failed, skipped,
// deferred or excluded. What turns up late takes it back, but never to a phase
// that it had not reached:
//
//	ask again       sent, settled ─▶ claimed                          another comes before it now
//	evaluate anew   evaluated, claimed, queued, waiting ─▶ linked     its arguments are better known
//	undefer         settled ─▶ linked                                 what it waited for does not run
//	amend           settled ─▶ settled                                it ends otherwise than it did
//
// # Where to read
//
// Start at Planner.Next; then advance.go for the way through the phases,
// expand.go for where instances come from, machine.go and edits.go for the order that
// follows from what they claim, finish.go and decision.go for what is decided last, result.go for the plan that comes of it.
package planner
