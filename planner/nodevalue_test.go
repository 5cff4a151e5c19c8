package planner

import "testing"

// Which event leads from which state of a block's value to which, and whether a
// reference makes the value before it looks at it.
func TestStatesOfABlocksValue(t *testing.T) {
	outdate, drop, build := (*node).outdateValue, (*node).dropValue, (*node).valueBuilt
	for _, c := range []struct {
		promise  string
		from, to nodeValue
		event    func(*node)
		open     int // instances that are not settled
		needs    bool
	}{
		{"what is built while instances are open is out of date soon", valueMissing, valueOutdated, build, 1, false},
		{"what is built when all have settled is current", valueMissing, valueCurrent, build, 0, false},
		{"and so is what is built then once more", valueOutdated, valueCurrent, build, 0, false},
		{"news make it out of date", valueCurrent, valueOutdated, outdate, 0, true},
		{"which is seen when the last instance has settled", valueCurrent, valueOutdated, outdate, 1, false},
		{"more news change nothing", valueOutdated, valueOutdated, outdate, 1, false},
		{"news of what was never built neither", valueMissing, valueMissing, outdate, 1, true},
		{"what does not hold is made at once, also while instances are open", valueCurrent, valueMissing, drop, 1, true},
		{"even if it was out of date", valueOutdated, valueMissing, drop, 1, true},
	} {
		n := &node{phase: nodeExpanded, value: c.from, open: c.open}
		c.event(n)
		if n.value != c.to || n.needsValue() != c.needs {
			t.Errorf("%s: from %d to %d, want %d; needed: %v", c.promise, c.from, n.value, c.to, n.needsValue())
		}
	}
	if (&node{}).needsValue() {
		t.Error("a block that has not expanded needs a value")
	}
}

// Which event leads from which state of for_each to which.
func TestStatesOfForEach(t *testing.T) {
	known, open, better := func(n *node) { n.eachEvaluated(true) }, func(n *node) { n.eachEvaluated(false) }, (*node).betterEach
	for _, c := range []struct {
		promise  string
		from, to eachState
		event    func(*node)
	}{
		{"a value is not known", eachKnown, eachOpen, open},
		{"it may have become known", eachOpen, eachBetter, better},
		{"it has", eachBetter, eachKnown, known},
		{"it has not", eachBetter, eachOpen, open},
		{"what is known does not become better known", eachKnown, eachKnown, better},
	} {
		n := &node{each: c.from}
		if c.event(n); n.each != c.to {
			t.Errorf("%s: from %d to %d, want %d", c.promise, c.from, n.each, c.to)
		}
	}
}
