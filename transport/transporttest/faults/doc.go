// Package faults is what the fault table of package e2e is made with: a line that can be
// cut, silent, slow or full of garbage in the middle of a chain of contexts, the connectors
// that put it there, and functions that wait while something fails, or use up what there is. The agents of these
// tests serve it, so that a hop that an agent starts fails in the same ways as one that the
// controller starts. It is never part of a program. Start reading at Line, then Piped.
package faults
