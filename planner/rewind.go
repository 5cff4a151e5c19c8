package planner

import "slices"

// What turns up late rewinds: an instance goes back to an earlier phase, and what
// was made of it is looked at again.

// askAgain sends an instance, and what was checked on top of it, to be checked
// again with the arguments that they have. It is called when their order has
// changed.
func (p *Planner) askAgain(i *instance) {
	if i.phase < sent {
		return
	}
	i.attempt++
	p.order.forgetWrites(i)
	i.answer = answer{}
	switch i.verdict {
	case pending:
		i.move(askAgain)
	case done:
		i.reopen(askAgain)
	case failed:
		p.withdraw(i)
		i.reopen(askAgain)
		p.unskip(i)
	default:
		i.forget()
	}
	p.dirty[i] = true
	for _, f := range i.followers {
		if f.machine == i.machine && f.asked() && !f.isContext() {
			p.askAgain(f)
		}
	}
}

// evaluateAnew takes an instance back to be evaluated once more. Its host is
// asked again with the new arguments.
func (p *Planner) evaluateAnew(i *instance) {
	p.askAgain(i)
	if i.may(evaluateAnew) {
		delete(p.waiting, i)
		i.move(evaluateAnew)
		p.dirty[i] = true
	}
}

// unskip takes back what was skipped because an instance failed. It is called
// when that instance is looked at again and may not fail this time.
func (p *Planner) unskip(i *instance) {
	for _, f := range slices.Concat(i.followers, i.attached) {
		if f.verdict == skipped {
			f.attempt++
			f.reopen(askAgain)
			p.dirty[f] = true
			p.unskip(f)
		}
	}
}
