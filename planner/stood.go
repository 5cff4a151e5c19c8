package planner

import (
	"maps"
	"slices"
)

// stands tells whether the content of a file stands as it is, because its edits bring back what
// it would change.
type stands uint8

const (
	standsUntold stands = iota
	standsSo
	standsNot // one of the edits has something to do, or is not in the plan
)

// otherContent reports whether a content after an action is another one than before it, as far as
// that is here.
func (i *instance) otherContent() bool {
	content := i.block().Def.Parts()
	was, isWas := i.change.Before[content]
	will, isWill := i.change.After[content]
	return isWas != isWill || !alike(was, will)
}

// replaceArg is the argument of the kind file that leaves what a file holds alone.
const replaceArg = "replace"

// canStand reports whether an instance is of that kind, and does not do so anyway.
func (i *instance) canStand() bool {
	return i.block().Def.Name == "file" && len(i.unknown) == 0 && i.wire[replaceArg] != false
}

// stood reports whether the host was asked with the content left alone. A plan that is made again
// of a file has no other answer.
func (i *instance) stood() bool {
	return i.stands == standsSo || i.change != nil && i.canStand() && slices.Contains(i.change.Uses, replaceArg)
}

// sentArgs are the arguments that a host is sent: if the content stands, those that leave it alone.
func (i *instance) sentArgs() map[string]any {
	if !i.stood() {
		return i.wire
	}
	args := maps.Clone(i.wire)
	args[replaceArg] = false
	for _, name := range [...]string{"force", "create"} {
		delete(args, name) // The file is there, or the apply is refused.
	}
	return args
}
