package planner

import "testing"

// What a call that does not run says of its results, and what those that refer to
// it see of that.
func TestNewsOfNullResults(t *testing.T) {
	n := &node{value: valueCurrent}
	i := &instance{node: n}
	for _, step := range []struct {
		promise string
		event   func()
		said    nullResults
		news    blockNews
		value   nodeValue
	}{
		{"nothing was said that an apply has to say for good", i.sayForGood, unsaid, noNews, valueCurrent},
		{"its results are null", i.sayNull, saidNull, betterKnown, valueOutdated},
		{"it runs after all", i.retract, retracted, betterKnown, valueOutdated},
		{"when the apply begins, it is decided that it does not", i.sayForGood, saidNull, betterKnown, valueOutdated},
	} {
		n.value = valueCurrent
		step.event()
		if i.said != step.said || n.news != step.news || n.value != step.value {
			t.Errorf("%s: said %d, news %d, value %d", step.promise, i.said, n.news, n.value)
		}
	}
}

// An instance that heard of null results passes that on, until it is taken back. News of
// a block only grow.
func TestNewsArePassedOn(t *testing.T) {
	source, user, listed := &node{}, &node{}, &node{}
	user.refs = []ref{{to: source}}
	listed.refs = []ref{{to: source, explicit: true}}
	i := &instance{node: source}
	if user.hasNews() {
		t.Error("there is news at the beginning")
	}
	i.hearNull()
	if i.heard != heardNull || !user.hasNews() || listed.hasNews() {
		t.Errorf("heard %d, news of a value %v, news of an order %v", i.heard, user.hasNews(), listed.hasNews())
	}
	source.tell(expandedAnew)
	i.forgetNull()
	i.hearNull()
	if source.news != expandedAnew {
		t.Errorf("the block was expanded anew, and its news are %d", source.news)
	}
}
