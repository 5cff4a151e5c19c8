package planner

// nullNews is what an instance told those that refer to it about results that
// will never come, because it is a call that does not run, and what it heard of
// such calls itself. It is not dropped when the instance is looked at again: it says
// what others have seen.
type nullNews struct {
	said  nullResults
	heard nullHeard
}

// nullResults is how far the news has spread that the results of a call are null
// because it does not run:
//
//	unsaid ─sayNull─▶ saidNull ─retract─▶ retracted ─sayForGood─▶ saidNull
type nullResults uint8

const (
	unsaid    nullResults = iota
	saidNull              // its results were said to be null
	retracted             // it runs after all: its results stay unknown
)

// sayNull has those that refer to a call see that its results are null.
func (i *instance) sayNull() {
	i.said = saidNull
	i.node.tell(betterKnown)
	i.node.outdateValue()
}

// retract has those that refer to a call see that its results are unknown after all.
// In this plan they are not said to be null again, so that planning ends.
func (i *instance) retract() {
	i.said = retracted
	i.node.outdateValue()
}

// sayForGood is called when an apply begins: what runs is decided by then.
func (i *instance) sayForGood() {
	if i.said == retracted {
		i.said = saidNull
		i.node.outdateValue()
	}
}

// nullHeard says whether an instance was looked at again because the results of a
// call were said to be null:
//
//	unheard ─hearNull─▶ heardNull ─forgetNull─▶ unheard
type nullHeard uint8

const (
	unheard nullHeard = iota
	heardNull
)

// hearNull says that an instance is looked at again because of null results, and
// with it what refers to it.
func (i *instance) hearNull() {
	i.heard = heardNull
	i.node.tell(betterKnown)
}

// forgetNull says that what an instance heard was taken back.
func (i *instance) forgetNull() { i.heard = unheard }

// blockNews is what became known of a block after it had settled. It only goes on
// from one to the next.
type blockNews uint8

const (
	noNews       blockNews = iota
	betterKnown            // values of its instances are better known
	expandedAnew           // its instances were looked for once more, which is done once
)

func (n *node) tell(news blockNews) { n.news = max(n.news, news) }

// hasNews reports whether something that a block refers to has become better
// known since the block was looked at.
func (n *node) hasNews() bool {
	for _, r := range n.refs {
		if r.to.news != noNews && !r.explicit {
			return true
		}
	}
	return false
}
