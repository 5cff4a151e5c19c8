package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// Edits of one path that follow each other in one context are an ordered batch: they leave in one
// step, and the agent writes the file once, after a file that all of it is written of, too. Each
// is an action as any other, with an intent, a refusal and an end of its own. A batch never waits
// for something that its first action does not wait for. Whatever else comes after one of its
// actions is sent when the batch has been answered, as the agent cannot know which of them it
// depends on.

const (
	// longestBatch is how many actions a batch has at most.
	longestBatch = 1000
	// largestBatch is how many bytes the file has at most after all of them, each counted.
	largestBatch = 32 << 20
)

// batchOf returns the actions that leave together with one that may be sent, in their order.
func (a *Apply) batchOf(t *task) (behind []*task) {
	size, ok := t.batches()
	ok = ok && (t.Op == Create || t.inst.rewrites())
	all := []*task{t}
	for ok && len(all) < longestBatch {
		var next *task
		for _, f := range all[len(all)-1].followers {
			if f.follows(all) {
				next = f
				break
			}
		}
		if next == nil {
			break
		}
		more, _ := next.batches()
		made, diags := a.p.prepare(next.inst)
		if size += more; size > largestBatch || diags.HasErrors() || len(made.missing)+len(made.after) > 0 {
			break // By itself, it is told why.
		}
		if made.args[backupArg] == true {
			break // It keeps what is there then: the first of a batch can.
		}
		next.made = made
		all = append(all, next)
	}
	return all[1:]
}

// batches reports whether an action may be one of a batch, and how long it leaves its file: it
// makes or changes one file in one write, of which all is known, and nobody else decides how it ends.
func (t *task) batches() (size int64, ok bool) {
	i := t.inst
	c := i.change
	if i.isCall() || i.departs != nil || c == nil || c.Unsure || len(c.Writes) != 1 || t.Op != Create && t.Op != Update {
		return 0, false
	}
	if i.waitsForValues() || i.endsHere() || i.timeout != 0 || i.wire["in_place"] == true {
		return 0, false
	}
	def := i.block().Def
	if _, brought := def.New().(resource.Brought); brought || def.AsksLogin || i.wire[def.AsksLoginWith] != nil {
		return 0, false
	}
	content, known := c.After["content"]
	if d, ok := resource.AsDigest(content); ok {
		return d.Size, true
	}
	return int64(len(wireText(content))), known
}

// follows reports whether an edit may leave together with those before it.
func (t *task) follows(all []*task) bool {
	first := all[0]
	if t.state != taskWaiting || t.hopeless || t.Context != first.Context || t.inst.whole() || t.turn != nil {
		return false
	}
	if _, ok := t.batches(); !ok || t.inst.change.Writes[0] != first.inst.change.Writes[0] {
		return false
	}
	for _, b := range t.before {
		if b.state != taskSucceeded && !slices.Contains(all, b) && !slices.Contains(first.before, b) {
			return false
		}
	}
	return true
}
