// Package view shows what happens to people and to programs: plans, progress,
// diagnostics, drift and outputs, as text and as JSON.
//
// Both forms are made from the same model (Plan, Diagnostic), so that they
// cannot disagree. The package decides nothing and talks to no host. What it
// writes contains no sensitive value and no control characters of a host that a
// terminal would obey. Start reading at NewPlan, then Human and JSON. Read the
// files in this order: the model
//
//	plan.go complete.go drifted.go output_changes.go outputs.go state.go diagnostic.go gather.go
//	source.go hidden_source.go mask.go
//
// text for people
//
//	human.go tree.go group.go edits.go body.go along.go difference.go diff.go alike.go
//	large_sources.go kinds.go drift.go diagnostic_text.go progress.go progress_text.go live.go
//	transfer.go screen.go layout.go value.go text.go cut.go visible.go unseen.go strip.go paint.go
//	width.go
//
// and JSON
//
//	json.go json_events.go kinds_json.go
package view
