package planner

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A roster is what a list is from which one is taken out by looking for it.
func TestRoster(t *testing.T) {
	all := make([]*instance, 40)
	for k := range all {
		all[k] = &instance{}
	}
	r, list, random := roster{}, []*instance(nil), rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		i := all[random.IntN(len(all))]
		list = slices.DeleteFunc(list, func(x *instance) bool { return x == i })
		if random.IntN(3) == 0 {
			r.add(i)
			list = append(list, i)
		} else {
			r.remove(i)
		}
		if r.len() != len(list) || !slices.Equal(r.all(), list) {
			t.Fatalf("%d instances, and the list has %d", r.len(), len(list))
		}
	}
	if len(r.order) > 3*len(all) {
		t.Errorf("%d places for %d instances", len(r.order), r.len())
	}
}
