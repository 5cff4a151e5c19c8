package planner

import (
	"maps"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// backupArg is the argument of the kinds that can keep what was there before
// they write.
const backupArg = "backup"

// withBackup adds to the arguments of an action the backup that it has to make. Several
// actions may write one thing, one after the other. If a block that is about it asks for a backup,
// whether that has something to do or not, the first one makes it, so what was there before all
// of them is kept, and no state in between. If an action fails, those after it are not applied. So the first that writes
// is always the first of the plan.
func (p *Planner) withBackup(i *instance, args map[string]any) map[string]any {
	if _, has := i.block().Def.Args.Attr(backupArg); !has {
		return args
	}
	keep, alone := i.keeps()
	if alone || keep == (args[backupArg] == true) {
		return args
	}
	args = maps.Clone(args)
	args[backupArg] = keep
	return args
}

// keeps reports whether an instance makes a backup, and whether no other is about the same thing.
func (i *instance) keeps() (keep, alone bool) {
	alone = true
	first, asked := i.writes(), false
	for _, thing := range i.things {
		for _, c := range i.machine.things[thing] {
			q := c.inst
			asked = asked || q.wire[backupArg] == true || contains(q.unknown, backupArg)
			if q != i {
				alone = false
				first = first && !(q.writes() && comesAfter(i, q))
			}
		}
	}
	return first && asked, alone
}

// writes reports whether an instance makes, replaces or removes something, and
// does not only change who may use it.
func (i *instance) writes() bool {
	if i.isCall() || i.isContext() || i.change == nil || !i.changes() {
		return false
	}
	switch i.change.Op {
	case resource.Create, resource.Delete, resource.Replace:
		return true
	}
	return i.rewrites()
}
