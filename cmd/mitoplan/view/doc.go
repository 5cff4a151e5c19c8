// Package view shows what happens to people and to programs: plans, progress,
// diagnostics, drift and outputs, as text and as JSON.
//
// Both forms are made from the same model (Plan, Diagnostic), so that they
// cannot disagree. The package decides nothing and talks to no host; what it
// writes has no terminal control characters of a host in it and no sensitive
// value. Start reading at NewPlan, then Human and JSON.
package view
