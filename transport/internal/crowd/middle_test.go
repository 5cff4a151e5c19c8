package crowd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The middle one is the one that half of the others are not greater than.
func TestMiddle(t *testing.T) {
	for n := 1; n <= 32; n++ {
		all := make([]float64, n)
		for i := range all {
			all[i] = float64(rand.IntN(n))
		}
		sorted := slices.Sorted(slices.Values(all))
		if got := middle(slices.Clone(all)); got != sorted[(n-1)/2] {
			t.Errorf("the middle of %v is %v, want %v", all, got, sorted[(n-1)/2])
		}
	}
}
