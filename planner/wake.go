package planner

// agenda is what has to be looked at, and what has to be looked at again since
// something that it hangs on has become known. The Planner has one: it takes from it
// what it looks at next. The agenda asks no host and needs no Planner.
type agenda struct {
	values *values
	// dirtyNodes and dirty are the blocks and the instances that are looked at next.
	dirtyNodes map[*node]bool
	dirty      map[*instance]bool
	// waiting are the instances that stand back for a predecessor that would change.
	waiting map[*instance]bool
}

func newAgenda(vs *values) *agenda {
	return &agenda{values: vs, dirtyNodes: map[*node]bool{}, dirty: map[*instance]bool{}, waiting: map[*instance]bool{}}
}

// settle ends an instance and marks everything that waited for it to be looked
// at again.
func (ag *agenda) settle(i *instance, v verdict, reason string) {
	if i.settled() {
		return
	}
	delete(ag.waiting, i)
	i.finish(v, reason)
	for _, f := range i.followers {
		ag.dirty[f] = true
	}
	for _, l := range i.lookers {
		ag.dirty[l] = true
	}
	i.lookers = nil
	for _, a := range i.attached {
		ag.dirty[a] = true
	}
	if i.node.open == 0 {
		ag.touchUsers(i.node)
	}
}

// touchUsers marks everything that refers to a node to be looked at again.
func (ag *agenda) touchUsers(n *node) {
	n.outdateValue()
	for _, u := range n.users {
		u.betterEach()
		if !u.expanded() {
			ag.dirtyNodes[u] = true
			continue
		}
		for _, i := range u.insts {
			if i.phase < sent {
				ag.dirty[i] = true
			}
		}
	}
}

// want marks an instance as needed by this plan, and for a context what it is
// reached through. An instance that nobody wants is not looked at, and a context
// that nobody wants is never started.
func (ag *agenda) want(i *instance) {
	if i == nil || i.wanted {
		return
	}
	i.wanted = true
	ag.dirty[i] = true
	if i.via != nil {
		ag.want(i.via)
	}
}

// wakeRefs marks everything as wanted that the expansion of a node refers to.
func (ag *agenda) wakeRefs(n *node) {
	for _, r := range n.refs {
		if r.expansion {
			ag.seek(r.to)
			ag.wantAll(r.to.insts)
		}
	}
}

// wakeValues marks everything as wanted that the values of an instance refer to:
// the members of a collection that it names by key, or the whole collection.
func (ag *agenda) wakeValues(i *instance) {
	ag.want(i.on)
	for _, r := range i.node.refs {
		if i.node.expandsBy(r) || r.explicit {
			continue
		}
		if len(i.node.named[r.to]) > 0 {
			if members, ok := ag.values.namedBy(i, r.to, ag.values.ownNames(i)); ok {
				for _, insts := range members {
					ag.wantAll(insts)
				}
				continue
			}
		}
		ag.seek(r.to)
		if !r.to.woken && r.to.expanded() {
			r.to.woken = true
			ag.wantAll(r.to.insts)
		}
	}
}

func (ag *agenda) wantAll(insts []*instance) {
	for _, i := range insts {
		ag.want(i)
	}
}

// seek has a block expanded, because something that was asked for depends on it.
func (ag *agenda) seek(n *node) {
	if !n.sought {
		n.sought = true
		ag.dirtyNodes[n] = true
	}
}

// undefer looks once more at an instance that was deferred, and at what waits for it.
func (ag *agenda) undefer(i *instance) {
	if i.verdict != deferred {
		return
	}
	i.attempt++
	i.reopen(undefer)
	ag.dirty[i] = true
	for _, f := range i.followers {
		ag.undefer(f)
	}
	for _, a := range i.attached {
		ag.undefer(a)
	}
}

// undeferNode looks once more for the instances of a block that was deferred, and
// at what waits for them.
func (ag *agenda) undeferNode(n *node) {
	n.undefer()
	n.dropValue()
	ag.dirtyNodes[n] = true
	for _, u := range n.users {
		if u.deferred != "" {
			ag.undeferNode(u)
		}
		for _, i := range u.insts {
			ag.undefer(i)
		}
	}
}

// betterEach says that values of for_each may be better known, of the blocks that refer
// to a node.
func (ag *agenda) betterEach(n *node) {
	for _, u := range n.users {
		u.betterEach()
	}
}
