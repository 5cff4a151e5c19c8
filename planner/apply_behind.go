package planner

import "slices"

// putBehind is called when late values show that a task comes after other
// actions. It makes the task wait for them, and reports whether one of them has
// not ended.
func (a *Apply) putBehind(t *task, after []string) bool {
	wait := false
	for _, address := range after {
		b := a.tasks[address]
		if b == nil || b.ended() || slices.Contains(t.before, b) || a.stillWaits(b, t, map[*task]bool{}) {
			continue
		}
		t.waitFor(b)
		wait = true
	}
	return wait
}

// stillWaits reports whether a task waits for t, however far, after every wait for t
// that was only for the sake of edits has been given up. An owner that waited so
// for what turns out to come after it would never begin.
func (a *Apply) stillWaits(b, t *task, known map[*task]bool) bool {
	if waits, ok := known[b]; b == t || ok {
		return b == t || waits
	}
	known[b] = false
	for _, x := range slices.Clone(b.before) {
		switch {
		case !a.stillWaits(x, t, known):
		case slices.Contains(b.forEdits, x):
			b.giveUp(x)
			a.consider(b)
		default:
			known[b] = true
		}
	}
	return known[b]
}
