package planner

import "slices"

// What turns up late rewinds: an instance goes back to an earlier phase, and what
// was made of it is looked at again.

// rewinder takes instances back. The Planner has one, and it needs no Planner.
type rewinder struct {
	*agenda
	order    *ordering
	problems *problems
}

// askAgain sends an instance, and what was checked on top of it, to be checked
// again with the arguments that they have. It is called when their order has
// changed.
func (rw *rewinder) askAgain(i *instance) {
	if i.phase < sent {
		return
	}
	i.attempt++
	rw.order.forgetWrites(i)
	i.answer = answer{}
	switch i.verdict {
	case pending:
		i.move(askAgain)
	case done:
		i.reopen(askAgain)
	case failed:
		rw.problems.withdraw(i)
		i.reopen(askAgain)
		rw.unskip(i)
	default:
		i.forget()
	}
	rw.dirty[i] = true
	for _, f := range i.followers {
		if f.machine == i.machine && f.asked() && !f.isContext() {
			rw.askAgain(f)
		}
	}
}

// evaluateAnew takes an instance back to be evaluated once more. Its host is
// asked again with the new arguments.
func (rw *rewinder) evaluateAnew(i *instance) {
	rw.askAgain(i)
	if i.may(evaluateAnew) {
		delete(rw.waiting, i)
		i.move(evaluateAnew)
		rw.dirty[i] = true
	}
}

// unskip takes back what was skipped because an instance failed. It is called
// when that instance is looked at again and may not fail this time.
func (rw *rewinder) unskip(i *instance) {
	for _, f := range slices.Concat(i.followers, i.attached) {
		if f.verdict == skipped {
			f.attempt++
			f.reopen(askAgain)
			rw.dirty[f] = true
			rw.unskip(f)
		}
	}
}

// evaluateUsers evaluates anew what is made of the values of instances that are
// checked again, or of what comes after them.
func (rw *rewinder) evaluateUsers(anew []*instance) {
	seen, nodes := map[*instance]bool{}, map[*node]bool{}
	for len(anew) > 0 {
		i := anew[len(anew)-1]
		anew = anew[:len(anew)-1]
		if seen[i] || i.isContext() || i.verdict != pending {
			continue
		}
		seen[i] = true
		anew = append(anew, i.followers...)
		i.node.dropValue() // or what refers to it sees what was said before
		if !i.node.valued || nodes[i.node] {
			continue
		}
		nodes[i.node] = true
		for _, u := range i.node.users {
			for _, x := range u.insts {
				if x.isContext() || x.verdict != done && x.verdict != pending || !x.looksAt(i.node) {
					continue
				}
				rw.evaluateAnew(x)
				anew = append(anew, x)
			}
		}
	}
}

// looksAt reports whether the arguments of an instance are made of a block.
func (i *instance) looksAt(n *node) bool {
	return slices.ContainsFunc(i.node.refs, func(r ref) bool { return r.to == n && !r.explicit })
}
