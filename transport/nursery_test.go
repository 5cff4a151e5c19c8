package transport

import (
	"slices"
	"testing"
)

// A child knows whose connections it carries, however deep they begin, until nothing is left
// of those.
func TestAChildKnowsWhomItCarries(t *testing.T) {
	var n nursery
	n.open(Options{}, Address{})
	bastion, beside := Address{}.Child(1, 0), Address{}.Child(2, 0)
	begin := func(a Address, via *Context) *child {
		c := &child{done: make(chan struct{})}
		if via != nil {
			c.via = via
		}
		n.mu.Lock()
		n.add(c, a, a.String())
		n.mu.Unlock()
		return c
	}
	first, second := begin(bastion, nil), begin(beside, nil)
	through := begin(Address{}.Child(3, 0), &Context{address: bastion})
	deeper := begin(Address{}.Child(4, 0), &Context{address: bastion.Child(7, 0)})
	holds := func(c *child, want ...*child) {
		t.Helper()
		got := n.carriedBy(c)
		if len(got) != len(want) || slices.ContainsFunc(want, func(w *child) bool { return !slices.Contains(got, w) }) {
			t.Errorf("%s carries %v, want %v", c.name, got, want)
		}
	}
	holds(first, through, deeper)
	holds(second)
	holds(through)
	n.over(through)
	holds(first, deeper)
	n.over(deeper)
	holds(first)
	if len(n.carried) > 0 {
		t.Errorf("%d contexts are still said to carry others", len(n.carried))
	}
}
